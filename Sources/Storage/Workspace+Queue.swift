import Feedback
import GRDB

extension Workspace {
  /// Seconds without a heartbeat after which another labeler may take what one had claimed.
  public static let claimExpiry = 30.0

  /// The next slate for a labeler; nil when none is there or on its way.
  ///
  /// First the slate they already have, also after a restart; then the oldest that waits for
  /// anyone; then the one being drawn, which is theirs from now on and is returned again, in time
  /// `.ready`, at each call. A slate whose labeler has gone away waits for anyone again, unless a
  /// draft of theirs lies on it.
  ///
  /// - Parameters:
  ///   - session: the workstation's session. Two workstations of one labeler then get two slates.
  ///   - expiry: seconds since the last heartbeat after which a labeler has gone away.
  public func claimNextSlate(
    labeler: String, session: String? = nil, expiry: Double = claimExpiry
  ) throws(StorageError) -> ClaimedSlate? {
    try write { db in
      let labeler = try labelerID(labeler, db)
      try releaseExpiredClaims(except: labeler, expiry: expiry, db)
      if let slate = try ownSlate(.claimed, labeler, session, expiry: expiry, db) {
        try claim(slate, labeler, session, keepTime: true, db)
        return try Self.slate(slate, db).map(ClaimedSlate.ready)
      }
      let waiting = try Int64.fetchOne(
        db, sql: "SELECT id FROM slates WHERE status = 'ready' ORDER BY id LIMIT 1")
      let watched = try ownSlate(.generating, labeler, session, expiry: expiry, db)
      if let waiting {
        try claim(waiting, labeler, session, db)
        try setStatus(.claimed, of: waiting, db)
        if let watched { try release(watched, db) }
        return try Self.slate(waiting, db).map(ClaimedSlate.ready)
      }
      let drawn =
        try watched
        ?? Int64.fetchOne(
          db,
          sql: """
            SELECT id FROM slates WHERE status = 'generating' AND claimed_by IS NULL
            ORDER BY id LIMIT 1
            """)
      guard let drawn else { return nil }
      try claim(drawn, labeler, session, keepTime: true, db)
      return try Self.progress(slate: drawn, db).map(ClaimedSlate.generating)
    }
  }

  /// Puts what a labeler has claimed back for anyone, drafts or not.
  public func releaseClaims(labeler: String) throws(StorageError) {
    try write { db in
      let claimed = try Int64.fetchAll(
        db,
        sql: """
          SELECT id FROM slates WHERE status IN ('claimed', 'generating')
          AND claimed_by = (SELECT id FROM labelers WHERE name = ?)
          """, arguments: [labeler])
      for slate in claimed { try release(slate, db) }
    }
  }

  /// The slates that wait for anyone, oldest first.
  public func readySlates() throws(StorageError) -> [ReadySlate] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, prompt_id, reward_version, actively_chosen, \(Self.isRepeat) AS is_repeat,
            (SELECT group_concat(policy_version) FROM slate_completions
             JOIN completions ON completions.id = completion_id
             WHERE slate_id = slates.id) AS versions
          FROM slates WHERE status = 'ready' ORDER BY id
          """
      ).map { row in
        let versions: String = row["versions"] ?? ""
        return ReadySlate(
          id: row["id"], prompt: row["prompt_id"],
          policyVersions: Set(versions.split(separator: ",").compactMap { Int64($0) }),
          rewardVersion: row["reward_version"], activelyChosen: row["actively_chosen"],
          isRepeat: row["is_repeat"])
      }
    }
  }

  /// How many slates are in a state.
  public func slateCount(_ status: SlateStatus) throws(StorageError) -> Int {
    try read { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM slates WHERE status = '\(status.rawValue)'")!
    }
  }

  /// The newest slate of a labeler in a state, those of their other live workstations left out.
  private func ownSlate(
    _ status: SlateStatus, _ labeler: Int64, _ session: String?, expiry: Double, _ db: Database
  ) throws -> Int64? {
    try Int64.fetchOne(
      db,
      sql: """
        SELECT id FROM slates WHERE status = '\(status.rawValue)' AND claimed_by = ?1
        AND (?2 IS NULL OR claimed_session IS NULL OR claimed_session = ?2
          OR NOT EXISTS (SELECT 1 FROM workstations
            WHERE session = claimed_session AND heartbeat > ?3))
        ORDER BY claimed_at DESC, id DESC LIMIT 1
        """, arguments: [labeler, session, clock() - expiry])
  }

  func claim(
    _ slate: Int64, _ labeler: Int64, _ session: String?, keepTime: Bool = false, _ db: Database
  ) throws {
    try db.run(
      sql: """
        UPDATE slates SET claimed_by = ?, claimed_session = ?,
          claimed_at = CASE WHEN ? THEN ifnull(claimed_at, ?) ELSE ? END
        WHERE id = ?
        """, arguments: [labeler, session, keepTime, clock(), clock(), slate])
  }

  private func release(_ slate: Int64, _ db: Database) throws {
    try db.run(
      sql: """
        UPDATE slates SET claimed_by = NULL, claimed_session = NULL, claimed_at = NULL WHERE id = ?
        """, arguments: [slate])
    if try status(of: slate, db) == .claimed { try setStatus(.ready, of: slate, db) }
  }

  private func releaseExpiredClaims(
    except labeler: Int64, expiry: Double, _ db: Database
  ) throws {
    let expired = try Int64.fetchAll(
      db,
      sql: """
        SELECT id FROM slates
        WHERE status IN ('claimed', 'generating') AND claimed_by <> ?1 AND claimed_at <= ?2
        AND NOT EXISTS (SELECT 1 FROM workstations
          WHERE labeler_id = claimed_by AND heartbeat > ?2)
        AND NOT EXISTS (SELECT 1 FROM drafts
          WHERE slate_id = slates.id AND labeler_id = claimed_by)
        """, arguments: [labeler, clock() - expiry])
    for slate in expired { try release(slate, db) }
  }

  /// The row of a labeler, made when it is the first time.
  func labelerID(_ name: String, _ db: Database) throws -> Int64 {
    if let id = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM labelers WHERE name = ?"), arguments: [name])
    {
      return id
    }
    guard !name.allSatisfy(\.isWhitespace) else {
      throw StorageError("a labeler needs a name: give one with --labeler NAME")
    }
    try db.run(
      sql: "INSERT INTO labelers (name, created) VALUES (?, ?)", arguments: [name, clock()])
    return db.lastInsertedRowID
  }
}
