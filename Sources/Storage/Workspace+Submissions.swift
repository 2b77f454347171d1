import Feedback
import GRDB

extension Workspace {
  /// Stores a submission, deletes its drafts and completes its slate: on disk when it returns.
  ///
  /// - Returns: the labels' ids, in the order of the contents.
  /// - Throws: and stores nothing, when the slate is done, discarded or another labeler's, or when a
  ///   content does not fit it.
  @discardableResult
  public func submit(_ submission: Submission) throws(StorageError) -> [Int64] {
    try write { db in
      let labeler = try labelerID(submission.labeler, db)
      let completions = try checkSlate(of: submission, labeler: labeler, db)
      try check(submission, completions: completions)
      let ids = try insertLabels(submission, labeler: labeler, db)
      try deleteDrafts(labeler: labeler, slate: submission.slate, db)
      if let slate = submission.slate {
        let skipped = submission.contents.contains { $0.kind == .skip }
        try setStatus(skipped ? .skipped : .labelled, of: slate, db)
        try db.run(
          sql: """
            UPDATE slates SET claimed_by = ?, claimed_at = ifnull(claimed_at, ?) WHERE id = ?
            """, arguments: [labeler, clock(), slate])
      }
      return ids
    }
  }

  /// The completions of the slate, if it may be labelled by this labeler now.
  private func checkSlate(
    of submission: Submission, labeler: Int64, _ db: Database
  ) throws -> Set<Int64> {
    guard let prompt = try Self.prompt(submission.prompt, db) else {
      throw StorageError("there is no prompt \(submission.prompt) in \(databasePath)")
    }
    guard let id = submission.slate else { return [] }
    guard
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT prompt_id, status, claimed_by, name FROM slates
          LEFT JOIN labelers ON labelers.id = claimed_by WHERE slates.id = ?
          """, arguments: [id])
    else { throw StorageError("there is no slate \(id) in \(databasePath)") }
    guard row["prompt_id"] == prompt.id else {
      throw StorageError("slate \(id) is not of the prompt “\(prompt.key)”")
    }
    let name: String = row["name"] ?? "someone"
    switch SlateStatus(rawValue: row["status"])! {
    case .ready: break
    case .claimed:
      guard row["claimed_by"] == labeler else {
        throw StorageError("slate \(id) is being labelled by \(name): take the next one")
      }
    case .labelled, .skipped:
      throw StorageError(
        "slate \(id) has already been submitted by \(name): undo that first to change it")
    case .generating: throw StorageError("slate \(id) is still being generated")
    case .discarded: throw StorageError("slate \(id) was thrown away: take the next one")
    }
    return Set(
      try Int64.fetchAll(
        db, sql: "SELECT completion_id FROM slate_completions WHERE slate_id = ?",
        arguments: [id]))
  }

  /// Inserts labels that have been checked.
  func insertLabels(
    _ submission: Submission, labeler: Int64, imported: Bool = false, created: Double? = nil,
    _ db: Database
  ) throws -> [Int64] {
    let key = try String.fetchOne(
      db.cachedStatement(sql: "SELECT key FROM prompts WHERE id = ?"),
      arguments: [submission.prompt])!
    let heldOut = HeldOut.contains(promptKey: key, share: try Self.heldOutShare(db))
    var ids: [Int64] = []
    for content in submission.contents {
      let next = try Int64.fetchOne(
        db, sql: "SELECT ifnull(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'labels'")!
      try db.cachedStatement(
        sql: """
          INSERT INTO labels (id, kind, labeler_id, prompt_id, slate_id, submission, duration,
            held_out, imported, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        next, content.kind.rawValue, labeler, submission.prompt, submission.slate,
        ids.first ?? next, submission.duration, heldOut, imported, created ?? clock(),
      ])
      ids.append(next)
      try insert(content, label: next, slate: submission.slate, db)
    }
    for (completion, quality) in submission.quality {
      try db.run(
        sql: "INSERT INTO ratings (label_id, completion_id, quality) VALUES (?, ?, ?)",
        arguments: [ids[0], completion, quality])
    }
    for (completion, flags) in submission.flags {
      for flag in flags {
        try db.run(
          sql: "INSERT INTO flags (label_id, completion_id, flag) VALUES (?, ?, ?)",
          arguments: [ids[0], completion, flag.rawValue])
      }
    }
    return ids
  }

  private func insert(
    _ content: LabelContent, label: Int64, slate: Int64?, _ db: Database
  ) throws {
    switch content {
    case .ranking(let ranking):
      let statement = try db.cachedStatement(
        sql: "INSERT INTO ranking_entries (label_id, completion_id, tier) VALUES (?, ?, ?)")
      for (completion, tier) in ranking.tierNumbers {
        try statement.execute(arguments: [label, completion, tier])
      }
      if let slate { try storeOutcome(of: ranking, label: label, slate: slate, db) }
      try addPending(label, for: [.policy, .reward], db)
    case .demonstration(let demonstration):
      try db.run(
        sql: "INSERT INTO demonstrations (label_id, text, edited_from) VALUES (?, ?, ?)",
        arguments: [label, demonstration.text, demonstration.editedFrom])
      try addPending(label, for: [.policy], db)
    case .skip(let reason):
      try db.run(
        sql: "INSERT INTO skips (label_id, reason) VALUES (?, ?)", arguments: [label, reason])
    }
  }

  static func heldOutShare(_ db: Database) throws -> Double {
    try setting(HeldOut.setting, db).flatMap(Double.init) ?? HeldOut.defaultShare
  }
}
