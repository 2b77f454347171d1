import GRDB

/// A piece of the trainer's work, for people to watch.
public struct Job: Sendable, Hashable, Identifiable {
  /// How far a job is.
  public enum State: String, Sendable {
    case running, done, failed
  }

  public var id: Int64
  /// What kind of work, such as `generate` or `reward`.
  public var kind: String
  /// What people read.
  public var detail: String
  public var state: State
  /// 0 to 1.
  public var progress: Double
  /// Seconds still to go, as far as is known.
  public var remaining: Double?
  /// 1 for the first try.
  public var attempt: Int
  /// Seconds since 1970, like the others.
  public var started: Double
  public var updated: Double
  public var ended: Double?
  /// Why it failed.
  public var error: String?
}

extension Workspace {
  /// Begins a job that people can watch.
  public func beginJob(
    kind: String, detail: String, attempt: Int = 1
  ) throws(StorageError) -> Int64 {
    try writeLightly { db in
      try db.execute(
        sql: """
          INSERT INTO jobs (kind, detail, state, attempt, started, updated)
          VALUES (?, ?, 'running', ?, ?, ?)
          """, arguments: [kind, detail, attempt, clock(), clock()])
      let id = db.lastInsertedRowID
      try db.execute(
        sql: "DELETE FROM jobs WHERE id <= ? AND state <> 'running'", arguments: [id - 1000])
      return id
    }
  }

  /// Moves a job on.
  ///
  /// - Parameters:
  ///   - progress: 0 to 1.
  ///   - remaining: seconds still to go, as far as is known.
  public func updateJob(
    _ id: Int64, progress: Double, detail: String? = nil, remaining: Double? = nil
  ) throws(StorageError) {
    try writeLightly { db in
      try db.execute(
        sql: """
          UPDATE jobs SET progress = ?, detail = ifnull(?, detail), remaining = ?, updated = ?
          WHERE id = ? AND state = 'running'
          """, arguments: [min(max(progress, 0), 1), detail, remaining, clock(), id])
    }
  }

  /// Ends a job: done, or failed with a sentence.
  public func endJob(_ id: Int64, error: String? = nil) throws(StorageError) {
    try writeLightly { db in try Self.end("id = \(id)", error: error, at: clock(), db) }
  }

  /// Ends the jobs that a trainer left running when it died: for a trainer's start.
  public func endAbandonedJobs() throws(StorageError) {
    try writeLightly { db in
      try Self.end("true", error: "the trainer ended before it was done", at: clock(), db)
    }
  }

  /// The jobs that run.
  public func currentJobs() throws(StorageError) -> [Job] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM jobs WHERE state = 'running' ORDER BY id")
        .map(Job.init(row:))
    }
  }

  /// The newest jobs, running or not, the newest first.
  public func recentJobs(limit: Int = 20) throws(StorageError) -> [Job] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM jobs ORDER BY id DESC LIMIT ?", arguments: [limit]
      ).map(Job.init(row:))
    }
  }

  private static func end(
    _ filter: String, error: String?, at time: Double, _ db: Database
  ) throws {
    try db.execute(
      sql: """
        UPDATE jobs SET state = ?1, error = ?2, remaining = NULL, updated = ?3, ended = ?3,
          progress = CASE WHEN ?2 IS NULL THEN 1 ELSE progress END
        WHERE state = 'running' AND \(filter)
        """,
      arguments: [(error == nil ? Job.State.done : .failed).rawValue, error, time])
  }
}

extension Job {
  init(row: Row) {
    self.init(
      id: row["id"], kind: row["kind"], detail: row["detail"],
      state: State(rawValue: row["state"]) ?? .failed, progress: row["progress"],
      remaining: row["remaining"], attempt: row["attempt"], started: row["started"],
      updated: row["updated"], ended: row["ended"], error: row["error"])
  }
}
