import GRDB

extension Workspace {
  /// Whether the workspace has ever held a prompt.
  public func hasPrompts() throws(StorageError) -> Bool {
    try read(Self.hasPrompts)
  }

  /// Fills the pool of a new workspace: does nothing when it has ever held a prompt, so that several
  /// processes that open it at the same time fill it once.
  ///
  /// - Returns: how many prompts were added.
  @discardableResult
  public func seedPrompts(_ prompts: [NewPrompt]) throws(StorageError) -> Int {
    try write { db in
      guard try !Self.hasPrompts(db) else { return 0 }
      for prompt in prompts { _ = try insert(prompt, db) }
      return prompts.count
    }
  }

  private static func hasPrompts(_ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM prompts)")!
  }
}
