import Feedback
import Foundation
import GRDB

extension Workspace {
  /// Adds prompts to the pool, all of them or none, and brings retired ones back.
  ///
  /// - Returns: how many are new in the pool; the same prompt again counts nothing, and so does one without a key
  ///   whose words a prompt of the pool has.
  /// - Throws: when a prompt does not end with a user's words, or when its key names another prompt.
  @discardableResult
  public func addPrompts(_ prompts: [NewPrompt]) throws(StorageError) -> Int {
    try write { db in
      var added = 0
      for prompt in prompts where try insert(prompt, db).isNew { added += 1 }
      return added
    }
  }

  /// Takes a prompt out of the pool; its labels stay. A slate of it that nobody has claimed goes too.
  public func retirePrompt(key: String) throws(StorageError) {
    try write { db in
      guard
        let row = try Row.fetchOne(
          db.cachedStatement(sql: "SELECT id, use_case, retired FROM prompts WHERE key = ?"),
          arguments: [key])
      else { throw StorageError("there is no prompt “\(key)” in \(databasePath)") }
      guard row["retired"] == nil else { return }
      try db.run(
        sql: "UPDATE prompts SET retired = ? WHERE id = ?", arguments: [clock(), row["id"]])
      try count(prompts: -1, useCase: row["use_case"], db)
      let queued = try Int64.fetchAll(
        db, sql: "SELECT id FROM slates WHERE prompt_id = ? AND status = 'ready'",
        arguments: [row["id"]])
      for slate in queued { try setStatus(.discarded, of: slate, db) }
    }
  }

  /// The pool in the order in which it was filled.
  ///
  /// - Parameter limit: the first so many; nil for all.
  public func prompts(
    includingRetired: Bool = false, limit: Int? = nil
  ) throws(StorageError) -> [PooledPrompt] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM prompts \(includingRetired ? "" : "WHERE retired IS NULL") ORDER BY id LIMIT ?
          """, arguments: [limit ?? -1]
      ).map { row in
        PooledPrompt(
          prompt: try Prompt(row: row), isRetired: row["retired"] != nil,
          slateCount: row["slate_count"])
      }
    }
  }

  /// How many prompts the pool holds, retired ones left out.
  public func promptCount() throws(StorageError) -> Int {
    try read { db in
      try Int.fetchOne(db, sql: "SELECT ifnull(sum(prompt_count), 0) FROM use_cases")!
    }
  }

  /// The prompt of that row, retired or not.
  public func prompt(_ id: Int64) throws(StorageError) -> Prompt? {
    try read { db in try Self.prompt(id, db) }
  }

  /// The prompt of that name, retired or not.
  public func prompt(key: String) throws(StorageError) -> Prompt? {
    try read { db in
      try Row.fetchOne(
        db.cachedStatement(sql: "SELECT * FROM prompts WHERE key = ?"), arguments: [key]
      )
      .map(Prompt.init(row:))
    }
  }

  static func prompt(_ id: Int64, _ db: Database) throws -> Prompt? {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM prompts WHERE id = ?"), arguments: [id]
    )
    .map(Prompt.init(row:))
  }

  /// - Parameter isPooled: whether slates are to be made for it; a prompt that is there already
  ///   stays as it is without.
  func insert(
    _ prompt: NewPrompt, isPooled: Bool = true, _ db: Database
  ) throws -> (id: Int64, isNew: Bool) {
    let messages = try JSON.encode(prompt.messages)
    let known = try prompt.key == nil ? key(ofMessages: messages, db) : nil
    let key = prompt.key ?? known ?? "p\(String(stableHash(messages, salt: 0), radix: 36))"
    guard let last = prompt.messages.last, last.role == .user,
      !last.content.allSatisfy(\.isWhitespace)
    else { throw StorageError("the prompt “\(key)” does not end with a user's words") }
    if let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT id, use_case, messages, retired FROM prompts WHERE key = ?"),
      arguments: [key])
    {
      let known = try JSON.decode([Message].self, from: row["messages"])
      guard known == prompt.messages else {
        throw StorageError(
          "there is already another prompt “\(key)” in the workspace: give this one another id")
      }
      guard isPooled, row["retired"] != nil else { return (row["id"], false) }
      try db.run(sql: "UPDATE prompts SET retired = NULL WHERE id = ?", arguments: [row["id"]])
      try count(prompts: 1, useCase: row["use_case"], db)
      return (row["id"], true)
    }
    let shuffle = Int64(bitPattern: stableHash(key, salt: 0x7368_7566_666C_6500))
    try db.cachedStatement(
      sql: """
        INSERT INTO prompts (key, use_case, messages, shuffle, created, retired)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      key, prompt.useCase.rawValue, messages, shuffle, clock(), isPooled ? nil : clock(),
    ])
    let id = db.lastInsertedRowID
    if isPooled { try count(prompts: 1, useCase: prompt.useCase.rawValue, db) }
    return (id, true)
  }

  /// The name of the oldest prompt with these words; nil when there is none.
  private func key(ofMessages messages: String, _ db: Database) throws -> String? {
    try String.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT key FROM prompts
          WHERE \(Schema.promptWords(of: "messages")) = \(Schema.promptWords(of: "?1"))
            AND messages = ?1 ORDER BY id LIMIT 1
          """), arguments: [messages])
  }

  /// Adds to the counters that the mix of use cases is kept with.
  func count(prompts: Int = 0, slates: Int = 0, useCase: String, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO use_cases (use_case, prompt_count, slate_count) VALUES (?1, ?2, ?3)
        ON CONFLICT (use_case) DO UPDATE SET
          prompt_count = prompt_count + ?2, slate_count = slate_count + ?3
        """
    ).execute(arguments: [useCase, prompts, slates])
  }
}

extension Prompt {
  init(row: Row) throws {
    let useCase: String = row["use_case"]
    self.init(
      id: row["id"], key: row["key"], useCase: UseCase(rawValue: useCase) ?? .other,
      messages: try JSON.decode([Message].self, from: row["messages"]))
  }
}
