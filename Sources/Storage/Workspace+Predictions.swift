import Feedback
import GRDB

extension Workspace {
  /// What the reward model said about a slate before it was labelled, in display order; empty when
  /// none had scored it.
  public func predictions(slate: Int64) throws(StorageError) -> [Prediction] {
    try read { db in try Self.predictions(slate: slate, db) }
  }

  static func predictions(slate: Int64, _ db: Database) throws -> [Prediction] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT predictions.completion_id, version_id, score FROM predictions
          JOIN slates ON slates.id = predictions.slate_id AND version_id = reward_version
          JOIN slate_completions ON slate_completions.slate_id = predictions.slate_id
            AND slate_completions.completion_id = predictions.completion_id
          WHERE predictions.slate_id = ? ORDER BY position, head
          """), arguments: [slate])
    var predictions: [Prediction] = []
    for row in rows {
      if predictions.last?.completion != row["completion_id"] {
        predictions.append(
          Prediction(
            completion: row["completion_id"], rewardVersion: row["version_id"], scores: []))
      }
      predictions[predictions.count - 1].scores.append(row["score"])
    }
    return predictions
  }

  /// Stores the scores of a slate's completions, in the order of their ids.
  func store(
    scores: [[Float]]?, rewardVersion: Int64?, slate: Int64, completions: [Int64], _ db: Database
  ) throws {
    guard let scores, let rewardVersion else { return }
    guard scores.count == completions.count, let heads = scores.first?.count, heads > 0,
      scores.allSatisfy({ $0.count == heads })
    else {
      throw StorageError(
        "slate \(slate) needs the scores of \(completions.count) completions, as many heads each")
    }
    guard try Self.kind(ofVersion: rewardVersion, db) == .reward else {
      throw StorageError("there is no reward model \(rewardVersion) in \(databasePath)")
    }
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO predictions (slate_id, completion_id, version_id, head, score)
        VALUES (?, ?, ?, ?, ?)
        """)
    for (completion, scores) in zip(completions, scores) {
      for (head, score) in scores.enumerated() {
        try statement.execute(arguments: [slate, completion, rewardVersion, head, score])
      }
    }
    try db.run(
      sql: "UPDATE slates SET reward_version = ? WHERE id = ?", arguments: [rewardVersion, slate])
  }

  /// Counts what was predicted for a ranking before it was submitted.
  func storeOutcome(of ranking: Ranking, label: Int64, slate: Int64, _ db: Database) throws {
    let completions = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT id, words, origin, policy_version FROM slate_completions
          JOIN completions ON completions.id = completion_id WHERE slate_id = ? ORDER BY position
          """), arguments: [slate])
    let comparisons = ranking.comparisons
    let words = completions.map { ($0["id"] as Int64, Float($0["words"] as Int)) }
    let lengths = Dictionary(uniqueKeysWithValues: words)
    let scores = Dictionary(
      uniqueKeysWithValues: try Self.predictions(slate: slate, db).map { ($0.completion, $0.mean) })
    func correct(_ scores: [Int64: Float]) -> Int {
      comparisons.count { $0.isPredicted(by: scores) }
    }
    func first(_ origin: CompletionOrigin) -> Row? {
      completions.first { $0["origin"] == origin.rawValue }
    }
    let own = first(.unselected)
    let reference = first(.reference)
    var outcome: Int?
    // A comparison that is ranked again is no second one.
    if let own, let reference, try !Self.isRepeat(slate: slate, db) {
      let tiers = ranking.tierNumbers
      outcome = (tiers[reference["id"]]! - tiers[own["id"]]!).signum()
    }
    try db.run(
      sql: """
        INSERT INTO ranking_outcomes (label_id, pairs, predicted, longer, shorter, policy_version,
          reference_version, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        label, comparisons.count, scores.isEmpty ? nil : correct(scores), correct(lengths),
        correct(lengths.mapValues { -$0 }), outcome == nil ? nil : own?["policy_version"] as Int64?,
        outcome == nil ? nil : reference?["policy_version"] as Int64?, outcome,
      ])
  }
}
