import Feedback
import GRDB

extension VersionKind {
  /// What a model of this kind learns from.
  public var learnsFrom: Set<Label.Kind> {
    switch self {
    case .policy: [.demonstration, .ranking]
    case .reward: [.ranking]
    }
  }
}

extension Workspace {
  /// The labels that no version of a kind has met yet, neither a published nor a rejected one, nor
  /// been told to pass over: what there is to do. Held-out labels are among them.
  public func pendingLabels(_ kind: VersionKind) throws(StorageError) -> [Label] {
    try read { db in
      try Self.labels(
        """
        labels.id IN (SELECT label_id FROM pending_labels WHERE kind = '\(kind.rawValue)')
        AND retracted_at IS NULL
        """, arguments: [], db)
    }
  }

  /// Passes over pending labels that no version is to be made for, such as held-out ones.
  public func markHandled(_ labels: some Collection<Int64>, for kind: VersionKind)
    throws(StorageError)
  {
    try write { db in try removePending(labels, for: kind, db) }
  }

  /// The labels a version has learnt, those of its ancestors included, in order.
  public func learntLabels(version: Int64) throws(StorageError) -> [Int64] {
    try read { db in
      try Int64.fetchAll(
        db, sql: "\(Self.chain) SELECT label_id FROM learnt ORDER BY label_id",
        arguments: [version])
    }
  }

  /// The labels that the current version of a kind has not learnt, nor its ancestors: a rejected
  /// version's are among them, and so are held-out ones unless the filter says otherwise.
  public func unlearntLabels(
    _ kind: VersionKind, heldOut: HeldOutFilter = .all
  ) throws(StorageError) -> [Label] {
    let current = try currentVersion(kind)?.id ?? 0
    let learnt = Set(try learntLabels(version: current))
    return try labels(kinds: kind.learnsFrom, heldOut: heldOut).filter { !learnt.contains($0.id) }
  }

  /// Goes back from what has learnt a label that was taken back: the newest version without one, by way of
  /// the parents, is put into use, and what only later ones have learnt is pending again.
  ///
  /// - Returns: whether the version in use had learnt such a label.
  @discardableResult
  public func leaveRetracted(_ kind: VersionKind) throws(StorageError) -> Bool {
    try write { db in
      guard
        let current = try Int64.fetchOne(
          db, sql: "SELECT version_id FROM current_versions WHERE kind = ?",
          arguments: [kind.rawValue])
      else { return false }
      let chain = try Row.fetchAll(
        db,
        sql: """
          \(Self.chain) SELECT versions.id, parent, has_files AND NOT rejected AS usable,
            EXISTS (SELECT 1 FROM version_labels JOIN labels ON labels.id = label_id
              WHERE version_id = versions.id AND retracted_at IS NOT NULL) AS tainted
          FROM ancestors JOIN versions USING (id) ORDER BY versions.id
          """, arguments: [current])
      guard let tainted = chain.firstIndex(where: { $0["tainted"] }) else { return false }
      let kept = chain[..<tainted].lastIndex { $0["usable"] }
      for row in chain[(kept.map { $0 + 1 } ?? 0)...] {
        try db.run(
          sql: """
            INSERT OR IGNORE INTO pending_labels (kind, label_id)
            SELECT ?, label_id FROM version_labels JOIN labels ON labels.id = label_id
            WHERE version_id = ? AND retracted_at IS NULL
            """, arguments: [kind.rawValue, row["id"] as Int64])
      }
      try setCurrent(kind, kept.map { chain[$0]["id"] }, db)
      return true
    }
  }

  /// How many labels each version has learnt, itself or through its ancestors, that were taken back
  /// since; versions without one are left out.
  public func retractedCounts() throws(StorageError) -> [Int64: Int] {
    try read { db in
      // Counts go down the chain, since a version holds only what it learnt beyond its parent.
      let rows = try Row.fetchAll(
        db,
        sql: """
          WITH RECURSIVE own(id, parent, labels) AS MATERIALIZED (
            SELECT versions.id, parent, count(labels.id) FROM versions
            LEFT JOIN version_labels ON version_id = versions.id
            LEFT JOIN labels ON labels.id = label_id AND retracted_at IS NOT NULL
            GROUP BY versions.id
          ), total(id, labels) AS (
            SELECT id, labels FROM own WHERE parent IS NULL
            UNION ALL
            SELECT own.id, own.labels + total.labels FROM total JOIN own ON own.parent = total.id
          )
          SELECT id, labels FROM total WHERE labels > 0
          """)
      return Dictionary(uniqueKeysWithValues: rows.map { ($0["id"], $0["labels"]) })
    }
  }

  /// The versions that learnt a label themselves, rejected ones included, oldest first.
  public func versions(thatLearnt label: Int64) throws(StorageError) -> [Version] {
    try read { db in
      try Self.versions(
        "versions.id IN (SELECT version_id FROM version_labels WHERE label_id = ?)",
        arguments: [label], db)
    }
  }

  /// Whether labels of a prompt are kept from learning, by the workspace's setting.
  public func isHeldOut(promptKey: String) throws(StorageError) -> Bool {
    try read { db in
      HeldOut.contains(promptKey: promptKey, share: try Self.heldOutShare(db))
    }
  }

  /// Sets the share of prompts whose future labels are held out: 0 holds out none.
  public func setHeldOutShare(_ share: Double) throws(StorageError) {
    guard (0...1).contains(share) else {
      throw StorageError("the share of held-out prompts goes from 0 to 1, not \(share)")
    }
    try set(HeldOut.setting, to: String(share))
  }

  /// Walks from a version to its ancestors, and gives the labels each of them learnt.
  private static let chain = """
    WITH RECURSIVE ancestors(id) AS (
      SELECT ?1 UNION SELECT parent FROM versions JOIN ancestors USING (id)
      WHERE parent IS NOT NULL
    ), learnt(label_id) AS (
      SELECT DISTINCT label_id FROM version_labels JOIN ancestors ON version_id = ancestors.id
    )
    """

  /// Has labels wait to be learnt that no one has taken back; those that wait already go on waiting.
  func addPending(_ label: Int64, for kinds: [VersionKind], _ db: Database) throws {
    for kind in kinds {
      try db.run(
        sql: "INSERT OR IGNORE INTO pending_labels (kind, label_id) VALUES (?, ?)",
        arguments: [kind.rawValue, label])
    }
  }

  func removePending(
    _ labels: some Collection<Int64>, for kind: VersionKind, _ db: Database
  ) throws {
    let statement = try db.cachedStatement(
      sql: "DELETE FROM pending_labels WHERE kind = ? AND label_id = ?")
    for label in labels { try statement.execute(arguments: [kind.rawValue, label]) }
  }
}
