import GRDB

extension Workspace {
  /// How far the reward model, before each label, put the preferred completion of a strict pair above
  /// the other: differences of the heads' mean scores, on slates that were not actively chosen and of
  /// rankings that stand.
  ///
  /// - Parameter last: only the latest rankings, so many.
  public func predictedMargins(last: Int = .max) throws(StorageError) -> [Double] {
    try read { db in
      try Double.fetchAll(
        db,
        sql: """
          WITH rankings AS (
            SELECT label_id, slate_id, reward_version FROM ranking_outcomes
            JOIN labels ON labels.id = label_id
            JOIN slates ON slates.id = slate_id
            WHERE predicted IS NOT NULL AND retracted_at IS NULL AND slates.imported = 0
              AND actively_chosen = 0
            ORDER BY label_id DESC LIMIT ?
          ), scored AS MATERIALIZED (
            SELECT rankings.label_id, tier, avg(score) AS score FROM rankings
            JOIN ranking_entries ON ranking_entries.label_id = rankings.label_id
            JOIN predictions ON predictions.slate_id = rankings.slate_id
              AND version_id = reward_version
              AND predictions.completion_id = ranking_entries.completion_id
            GROUP BY rankings.label_id, ranking_entries.completion_id
          )
          SELECT preferred.score - rejected.score FROM scored AS preferred
          JOIN scored AS rejected ON rejected.label_id = preferred.label_id
            AND rejected.tier > preferred.tier
          """, arguments: [last])
    }
  }
}
