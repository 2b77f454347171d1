import Feedback
import Foundation
import GRDB

/// A folder that holds all the state there is: `apprentice.sqlite`, `adapters/` and `exports/`.
///
/// Several processes may have the same workspace open. Every write is one short immediate
/// transaction, durable when the call returns unless its documentation says otherwise.
public final class Workspace: Sendable {
  public let directory: URL

  let pool: DatabasePool
  let poll: DatabaseQueue
  private let use: DatabaseUse
  let clock: @Sendable () -> Double

  /// How long a call waits for another program's transaction before it gives up.
  static let busySeconds = 5

  /// Opens the workspace in a folder, which is made when only its last part is missing.
  ///
  /// - Parameters:
  ///   - baseModel: the model to be taught. The first open that names one fixes it for the
  ///     workspace; a later one with another model is refused.
  ///   - clock: seconds since 1970.
  /// - Throws: a sentence, and leaves everything as it was, when the folder cannot be made or
  ///   written, when its database is another program's, a newer version's or another model's, when
  ///   another program blocks it, and when the disk is full.
  public static func open(
    _ directory: URL, baseModel: BaseModel? = nil,
    clock: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) throws(StorageError) -> Workspace {
    let directory = directory.standardizedFileURL
    let path = databasePath(in: directory)
    do {
      var made = WorkspaceFiles.Made()
      let use = try DatabaseUse(path: path) {
        made = try WorkspaceFiles.prepare(directory, path: path)
      }
      do {
        return try whileBusy {
          try prepareDatabase(path: path, baseModel: baseModel)
          try WorkspaceFiles.prepareSubfolders(of: directory)
          return try Workspace(directory: directory, path: path, use: use, clock: clock)
        }
      } catch {
        // Whoever blocks a database that was only just made is at work in it.
        if (error as? DatabaseError)?.resultCode != .SQLITE_BUSY { WorkspaceFiles.remove(made) }
        throw error
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  private init(
    directory: URL, path: String, use: DatabaseUse, clock: @escaping @Sendable () -> Double
  ) throws {
    self.directory = directory
    self.use = use
    self.clock = clock
    pool = try DatabasePool(path: path, configuration: Self.configuration)
    // GRDB's set-up of write-ahead logging chooses NORMAL, which may lose the last labels when the
    // power goes.
    try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    var configuration = Self.configuration
    configuration.readonly = true
    poll = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Closes the database; calls after it fail.
  public func close() {
    try? poll.close()
    try? pool.close()
    use.end()
  }

  /// The path of the database.
  public var databasePath: String { Self.databasePath(in: directory) }

  static func databasePath(in directory: URL) -> String {
    directory.appendingPathComponent("apprentice.sqlite").path
  }

  /// A number that changes whenever any process, this one included, has changed the database.
  public func dataVersion() throws(StorageError) -> Int {
    do {
      return try poll.read { db in try Int.fetchOne(db, sql: "PRAGMA data_version")! }
    } catch {
      throw StorageError(error, path: databasePath)
    }
  }
}

extension Workspace {
  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(TimeInterval(busySeconds))
    configuration.label = "Apprentice"
    return configuration
  }

  /// Tries again what opens a database while others open it too: SQLite does not wait, however long
  /// it is told to, where it changes the kind of journal.
  private static func whileBusy<T>(_ open: () throws -> T) throws -> T {
    let start = ContinuousClock.now
    while true {
      do {
        return try open()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        guard ContinuousClock.now - start < .seconds(busySeconds) else { throw error }
        Thread.sleep(forTimeInterval: .random(in: 0.005...0.05))
      }
    }
  }

  /// Checks and migrates on a single connection before the pool opens, so that a database that is
  /// refused stays as it was.
  private static func prepareDatabase(path: String, baseModel: BaseModel?) throws {
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    try queue.read { db in
      try WorkspaceFiles.check(formatVersion: Schema.formatVersion(db), path: path)
      try check(baseModel, db, path: path)
    }
    try Schema.migrate(queue)
    if let baseModel {
      try queue.inDatabase { db in
        guard try storedBaseModel(db) == nil else { return }
        try db.inTransaction(.immediate) {
          try check(baseModel, db, path: path)
          try store(baseModel, db)
          return .commit
        }
      }
    }
  }

  /// Runs one read on a snapshot of the database.
  func read<T>(_ body: (Database) throws -> T) throws(StorageError) -> T {
    do {
      return try pool.read(body)
    } catch {
      throw StorageError(error, path: databasePath)
    }
  }

  /// Runs one immediate transaction, on disk when it returns.
  func write<T>(_ body: (Database) throws -> T) throws(StorageError) -> T {
    do {
      return try pool.writeWithoutTransaction { db in try transaction(db, body) }
    } catch {
      throw StorageError(error, path: databasePath)
    }
  }

  /// Runs one immediate transaction that survives the death of this process, but not a loss of
  /// power in the seconds after: for what is written often and can be made again.
  func writeLightly<T>(_ body: (Database) throws -> T) throws(StorageError) -> T {
    do {
      return try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = NORMAL")
        defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
        return try transaction(db, body)
      }
    } catch {
      throw StorageError(error, path: databasePath)
    }
  }

  private func transaction<T>(_ db: Database, _ body: (Database) throws -> T) throws -> T {
    var result: T?
    try db.inTransaction(.immediate) {
      result = try body(db)
      return .commit
    }
    return result!
  }
}
