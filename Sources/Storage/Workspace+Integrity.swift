import GRDB

extension Workspace {
  /// What SQLite finds wrong with the database; empty when all is well. Reads all of it.
  public func integrityProblems() throws(StorageError) -> [String] {
    try read { db in
      let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      let dangling = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
        "a row of \($0["table"] as String? ?? "?") refers to what is not there"
      }
      return problems + dangling
    }
  }

  /// Lets the database grow to so many pages and no further, as a full disk would: for tests.
  func limitSize(pages: Int) throws {
    try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
  }

  /// How SQLite would answer a question: for tests.
  func plan(_ sql: String) throws(StorageError) -> [String] {
    try read { db in
      let nulls = StatementArguments(
        [(any DatabaseValueConvertible)?](
          repeating: nil, count: sql.count { $0 == "?" }))
      return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: nulls).map {
        $0["detail"]
      }
    }
  }

  /// 2 when a commit is on disk before it returns: for tests.
  func synchronousLevel() throws -> Int {
    try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous")! }
  }
}
