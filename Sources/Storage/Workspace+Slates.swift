import Feedback
import GRDB

extension Workspace {
  /// Begins a slate whose completions are still to be drawn.
  ///
  /// - Parameter count: how many completions it will have, 2 to 9.
  public func beginSlate(
    prompt: Int64, activelyChosen: Bool, count: Int
  ) throws(StorageError) -> Int64 {
    try write { db in
      guard (2...9).contains(count) else {
        throw StorageError("a slate has 2 to 9 completions, not \(count)")
      }
      guard try Self.prompt(prompt, db) != nil else {
        throw StorageError("there is no prompt \(prompt) in \(databasePath)")
      }
      return try insertSlate(
        prompt: prompt, activelyChosen: activelyChosen, count: count, status: .generating, db)
    }
  }

  /// Shows what has been drawn so far. Cheap: not on disk when it returns.
  ///
  /// - Returns: false when the slate is no longer being generated, so that drawing may stop.
  @discardableResult
  public func updateProgress(slate: Int64, texts: [String]) throws(StorageError) -> Bool {
    try writeLightly { db in
      guard try status(of: slate, db) == .generating else { return false }
      try db.run(
        sql: """
          INSERT INTO slate_progress (slate_id, texts, updated) VALUES (?, ?, ?)
          ON CONFLICT (slate_id) DO UPDATE SET texts = excluded.texts, updated = excluded.updated
          """, arguments: [slate, JSON.encode(texts), clock()])
      return true
    }
  }

  /// Puts the completions into a slate: it is ready, or claimed when a labeler has been watching it.
  ///
  /// - Parameters:
  ///   - rewardVersion: the reward model that scored it; nil when none did.
  ///   - scores: one list per completion, one score per head; nil without a reward model.
  ///   - displayOrder: indices into `completions`, first shown first.
  /// - Returns: the completions' ids, in the order given.
  @discardableResult
  public func finishSlate(
    _ id: Int64, completions: [NewCompletion], rewardVersion: Int64? = nil,
    scores: [[Float]]? = nil, displayOrder: [Int]
  ) throws(StorageError) -> [Int64] {
    try write { db in
      guard
        let row = try Row.fetchOne(
          db.cachedStatement(sql: "SELECT prompt_id, status, claimed_by FROM slates WHERE id = ?"),
          arguments: [id])
      else { throw StorageError("there is no slate \(id) in \(databasePath)") }
      guard row["status"] == SlateStatus.generating.rawValue else {
        throw StorageError("slate \(id) is not being generated: it is \(row["status"] as String)")
      }
      let ids = try fill(
        slate: id, prompt: row["prompt_id"], completions: completions, displayOrder: displayOrder,
        db)
      try store(scores: scores, rewardVersion: rewardVersion, slate: id, completions: ids, db)
      try db.run(
        sql: "UPDATE slates SET finished = ?, candidate_count = ? WHERE id = ?",
        arguments: [clock(), completions.count, id])
      try setStatus(row["claimed_by"] == nil ? .ready : .claimed, of: id, db)
      return ids
    }
  }

  /// Throws a slate away that nobody has claimed.
  ///
  /// - Returns: false when it was not there to be thrown away: a labeler has it, or is done with it.
  @discardableResult
  public func discardSlate(_ id: Int64) throws(StorageError) -> Bool {
    try write { db in
      let status = try status(of: id, db)
      guard status == .ready || status == .generating else { return false }
      try setStatus(.discarded, of: id, db)
      return true
    }
  }

  /// Throws away the slates that a trainer left unfinished when it died: for a trainer's start.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public func discardUnfinished() throws(StorageError) -> Int {
    try write { db in
      let slates = try Int64.fetchAll(
        db, sql: "SELECT id FROM slates WHERE status = 'generating'")
      for slate in slates { try setStatus(.discarded, of: slate, db) }
      return slates.count
    }
  }

  func insertSlate(
    prompt: Int64, activelyChosen: Bool, count: Int, status: SlateStatus, imported: Bool = false,
    created: Double? = nil, _ db: Database
  ) throws -> Int64 {
    try db.run(
      sql: """
        INSERT INTO slates (prompt_id, status, actively_chosen, candidate_count, imported, created)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        prompt, status.rawValue, activelyChosen, count, imported, created ?? clock(),
      ])
    let id = db.lastInsertedRowID
    // What was imported says nothing about the mix to label by.
    if !imported { try use(prompt: prompt, slates: 1, live: status.isLive ? 1 : 0, db) }
    return id
  }

  func fill(
    slate: Int64, prompt: Int64, completions: [NewCompletion], displayOrder: [Int], _ db: Database
  ) throws -> [Int64] {
    guard displayOrder.sorted() == Array(completions.indices) else {
      throw StorageError(
        "the display order \(displayOrder) does not name each of \(completions.count) completions "
          + "once")
    }
    let ids = try completions.map { try insert($0, prompt: prompt, db) }
    for (position, index) in displayOrder.enumerated() {
      try db.run(
        sql: "INSERT INTO slate_completions (slate_id, completion_id, position) VALUES (?, ?, ?)",
        arguments: [slate, ids[index], position])
    }
    return ids
  }

  /// Changes where a slate is, with the counters that depend on it.
  func setStatus(_ status: SlateStatus, of slate: Int64, _ db: Database) throws {
    guard let old = try self.status(of: slate, db) else {
      throw StorageError("there is no slate \(slate) in \(databasePath)")
    }
    try db.run(
      sql: "UPDATE slates SET status = ? WHERE id = ?", arguments: [status.rawValue, slate])
    if old == .generating {
      try db.run(sql: "DELETE FROM slate_progress WHERE slate_id = ?", arguments: [slate])
    }
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT prompt_id, imported FROM slates WHERE id = ?"),
      arguments: [slate])!
    guard !row["imported"] else { return }
    try use(
      prompt: row["prompt_id"],
      slates: (status == .discarded ? 0 : 1) - (old == .discarded ? 0 : 1),
      live: (status.isLive ? 1 : 0) - (old.isLive ? 1 : 0), db)
  }

  func status(of slate: Int64, _ db: Database) throws -> SlateStatus? {
    try String.fetchOne(
      db.cachedStatement(sql: "SELECT status FROM slates WHERE id = ?"), arguments: [slate]
    )
    .flatMap(SlateStatus.init)
  }

  private func use(prompt: Int64, slates: Int, live: Int, _ db: Database) throws {
    guard slates != 0 || live != 0 else { return }
    let useCase = try String.fetchOne(
      db,
      sql: """
        UPDATE prompts SET slate_count = slate_count + ?, live_slates = live_slates + ?
        WHERE id = ? RETURNING use_case
        """, arguments: [slates, live, prompt])!
    if slates != 0 { try count(slates: slates, useCase: useCase, db) }
  }
}
