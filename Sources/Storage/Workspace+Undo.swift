import Feedback
import GRDB

extension Workspace {
  /// The last submission of a labeler that can still be taken back, also after a restart; empty when
  /// there is none. Imported labels are no submissions.
  public func lastSubmission(labeler: String) throws(StorageError) -> [Label] {
    try read { db in
      guard let submission = try Self.lastSubmission(labeler: labeler, db) else { return [] }
      return try Self.labels("submission = ?", arguments: [submission], db)
    }
  }

  /// Takes back a labeler's last submission and gives them its slate again; nil when there is none.
  @discardableResult
  public func undoLast(labeler: String) throws(StorageError) -> Undone? {
    try write { db in
      guard let submission = try Self.lastSubmission(labeler: labeler, db) else { return nil }
      return try retract(submission: submission, by: labeler, db)
    }
  }

  /// Takes back a label and what was submitted with it; its slate goes back to its labeler, an
  /// imported one is discarded.
  ///
  /// - Parameter labeler: who takes it back; nil for its own labeler.
  /// - Throws: when there is no such label, or it was taken back already.
  @discardableResult
  public func retract(label: Int64, by labeler: String? = nil) throws(StorageError) -> Undone {
    try write { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT submission, retracted_at, name FROM labels
            JOIN labelers ON labelers.id = labeler_id WHERE labels.id = ?
            """, arguments: [label])
      else { throw StorageError("there is no label \(label) in \(databasePath)") }
      guard row["retracted_at"] == nil else {
        throw StorageError("label \(label) has been taken back already")
      }
      return try retract(submission: row["submission"], by: labeler ?? row["name"], db)
    }
  }

  private static func lastSubmission(labeler: String, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db,
      sql: """
        SELECT submission FROM labels
        WHERE labeler_id = (SELECT id FROM labelers WHERE name = ?)
        AND retracted_at IS NULL AND imported = 0 ORDER BY id DESC LIMIT 1
        """, arguments: [labeler])
  }

  private static func isImported(slate: Int64, _ db: Database) throws -> Bool {
    try Bool.fetchOne(db, sql: "SELECT imported FROM slates WHERE id = ?", arguments: [slate])!
  }

  private func retract(submission: Int64, by labeler: String, _ db: Database) throws -> Undone {
    let labels = try Self.labels("submission = ?", arguments: [submission], db)
    let annotations = try Self.annotations(submissionOf: submission, db)
    try db.execute(
      sql: "UPDATE labels SET retracted_by = ?, retracted_at = ? WHERE submission = ?",
      arguments: [labelerID(labeler, db), clock(), submission])
    try db.execute(
      sql: """
        DELETE FROM pending_labels WHERE label_id IN (SELECT id FROM labels WHERE submission = ?)
        """, arguments: [submission])
    var slate: Slate?
    if let id = labels.first?.slate, try Self.isImported(slate: id, db) {
      try setStatus(.discarded, of: id, db)
    } else if let id = labels.first?.slate {
      let session = try String.fetchOne(
        db, sql: "SELECT claimed_session FROM slates WHERE id = ?", arguments: [id])
      try claim(id, labelerID(labels[0].labeler, db), session, db)
      try setStatus(.claimed, of: id, db)
      slate = try Self.slate(id, db)
    }
    return Undone(
      labels: labels, slate: slate, quality: annotations.quality, flags: annotations.flags)
  }
}
