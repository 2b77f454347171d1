import GRDB

/// The model that a workspace teaches.
public struct BaseModel: Sendable, Hashable {
  /// The SHA-256 of its file, in hexadecimal.
  public var sha256: String
  /// The name people read, such as the file's.
  public var name: String

  public init(sha256: String, name: String) {
    self.sha256 = sha256
    self.name = name
  }
}

extension Workspace {
  /// The setting that is there while the trainer has practice to come: steps of the policy on its own draws.
  public static let practiceKey = "practice"

  /// The model that the workspace teaches; nil until an open has named one.
  public func baseModel() throws(StorageError) -> BaseModel? {
    try read(Self.storedBaseModel)
  }

  /// The value of a setting; nil when it was never set.
  public func setting(_ key: String) throws(StorageError) -> String? {
    try read { db in try Self.setting(key, db) }
  }

  /// Sets a setting, or removes it with nil.
  public func set(_ key: String, to value: String?) throws(StorageError) {
    try write { db in try Self.set(key, to: value, db) }
  }

  static func setting(_ key: String, _ db: Database) throws -> String? {
    try String.fetchOne(
      db.cachedStatement(sql: "SELECT value FROM settings WHERE key = ?"), arguments: [key])
  }

  static func set(_ key: String, to value: String?, _ db: Database) throws {
    if let value {
      try db.execute(
        sql: """
          INSERT INTO settings (key, value) VALUES (?, ?)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value
          """, arguments: [key, value])
    } else {
      try db.execute(sql: "DELETE FROM settings WHERE key = ?", arguments: [key])
    }
  }

  static func storedBaseModel(_ db: Database) throws -> BaseModel? {
    guard try db.tableExists("settings"), let sha256 = try setting("base_model_sha256", db)
    else { return nil }
    return BaseModel(sha256: sha256, name: try setting("base_model_name", db) ?? "")
  }

  static func store(_ baseModel: BaseModel, _ db: Database) throws {
    guard try storedBaseModel(db) == nil else { return }
    try set("base_model_sha256", to: baseModel.sha256, db)
    try set("base_model_name", to: baseModel.name, db)
  }

  /// Refuses a model other than the one the workspace was made with.
  static func check(_ baseModel: BaseModel?, _ db: Database, path: String) throws {
    guard let baseModel, let stored = try storedBaseModel(db), stored.sha256 != baseModel.sha256
    else { return }
    throw StorageError(
      "\(path) teaches the model \(stored.name) (SHA-256 \(stored.sha256.prefix(12))…), not "
        + "\(baseModel.name) (\(baseModel.sha256.prefix(12))…): give that model with --model, or "
        + "choose another workspace")
  }
}
