import GRDB

/// What a labeler has typed and not submitted.
public struct Draft: Sendable, Hashable {
  /// nil for a demonstration of a prompt alone.
  public var slate: Int64?
  /// What it is a draft of, such as `ranking` or `demonstration`.
  public var kind: String
  public var json: String
  /// Seconds since 1970.
  public var updated: Double
}

extension Workspace {
  /// Keeps what a labeler is typing, in place of the draft of that slate and kind. It survives the
  /// death of every process; submitting the slate deletes it.
  public func saveDraft(
    labeler: String, slate: Int64?, kind: String, json: String
  ) throws(StorageError) {
    try writeLightly { db in
      try db.execute(
        sql: """
          INSERT INTO drafts (labeler_id, slate_id, kind, json, updated) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (labeler_id, ifnull(slate_id, 0), kind)
          DO UPDATE SET json = excluded.json, updated = excluded.updated
          """, arguments: [labelerID(labeler, db), slate, kind, json, clock()])
    }
  }

  /// Throws one draft away.
  public func deleteDraft(labeler: String, slate: Int64?, kind: String) throws(StorageError) {
    try writeLightly { db in
      try db.execute(
        sql: "DELETE FROM drafts WHERE labeler_id = ? AND slate_id IS ? AND kind = ?",
        arguments: [labelerID(labeler, db), slate, kind])
    }
  }

  /// The drafts of a labeler, the newest first.
  public func drafts(labeler: String) throws(StorageError) -> [Draft] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT slate_id, kind, json, updated FROM drafts
          WHERE labeler_id = (SELECT id FROM labelers WHERE name = ?) ORDER BY updated DESC, id DESC
          """, arguments: [labeler]
      ).map {
        Draft(slate: $0["slate_id"], kind: $0["kind"], json: $0["json"], updated: $0["updated"])
      }
    }
  }

  func deleteDrafts(labeler: Int64, slate: Int64?, _ db: Database) throws {
    try db.execute(
      sql: "DELETE FROM drafts WHERE labeler_id = ? AND slate_id IS ?",
      arguments: [labeler, slate])
  }
}
