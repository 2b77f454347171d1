import GRDB

/// A workstation that is open.
public struct Presence: Sendable, Hashable {
  public var session: String
  public var labeler: String
  public var pid: Int32
  /// Whether its labeler waits for a slate.
  public var isWaiting: Bool
  /// Seconds since 1970.
  public var started: Double
  public var heartbeat: Double
}

extension Workspace {
  /// Says that a workstation is open: to be repeated every few seconds.
  ///
  /// - Parameter session: a name of its own for each time a workstation is opened.
  public func heartbeat(
    session: String, labeler: String, pid: Int32, isWaiting: Bool = false
  ) throws(StorageError) {
    try writeLightly { db in
      try db.execute(
        sql: """
          INSERT INTO workstations (session, labeler_id, pid, waiting, started, heartbeat)
          VALUES (?1, ?2, ?3, ?4, ?5, ?5)
          ON CONFLICT (session) DO UPDATE SET waiting = excluded.waiting, heartbeat = ?5
          """, arguments: [session, labelerID(labeler, db), pid, isWaiting, clock()])
    }
  }

  /// Says that a workstation has closed. What its labeler has claimed stays theirs for a while.
  public func leave(session: String) throws(StorageError) {
    try writeLightly { db in
      try db.execute(sql: "DELETE FROM workstations WHERE session = ?", arguments: [session])
      try db.execute(
        sql: "DELETE FROM workstations WHERE heartbeat < ?", arguments: [clock() - 86_400])
    }
  }

  /// The workstations that were heard from in the last so many seconds.
  public func activeWorkstations(
    within seconds: Double = claimExpiry
  ) throws(StorageError) -> [Presence] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT workstations.*, name FROM workstations JOIN labelers ON labelers.id = labeler_id
          WHERE heartbeat > ? ORDER BY workstations.started, session
          """, arguments: [clock() - seconds]
      ).map {
        Presence(
          session: $0["session"], labeler: $0["name"], pid: $0["pid"], isWaiting: $0["waiting"],
          started: $0["started"], heartbeat: $0["heartbeat"])
      }
    }
  }
}
