import Feedback
import GRDB

extension Workspace {
  /// The seconds that a labeler takes for a slate: the median of the last submissions at a workstation; nil for fewer
  /// than three.
  public func secondsPerLabel(last count: Int = 10) throws(StorageError) -> Double? {
    let durations = try read { db in
      try Double.fetchAll(
        db,
        sql: """
          SELECT duration FROM labels WHERE imported = 0 AND slate_id IS NOT NULL
          GROUP BY submission ORDER BY submission DESC LIMIT ?
          """, arguments: [count])
    }
    return durations.count < 3 ? nil : durations.sorted()[durations.count / 2]
  }

  /// Everything that figures are read from, in one consistent reading.
  public func statistics() throws(StorageError) -> Statistics {
    try read { db in
      let rankings = try Row.fetchAll(
        db,
        sql: """
          SELECT ranking_outcomes.*, slate_id, actively_chosen, use_case,
            (SELECT avg(words) FROM slate_completions
             JOIN completions ON completions.id = completion_id
             WHERE slate_completions.slate_id = slates.id AND origin = 'unselected'
               AND NOT \(Self.isRepeat)) AS words
          FROM ranking_outcomes
          JOIN labels ON labels.id = label_id
          JOIN slates ON slates.id = slate_id
          JOIN prompts ON prompts.id = slates.prompt_id
          WHERE retracted_at IS NULL AND slates.imported = 0 ORDER BY label_id
          """
      ).map { row in
        Statistics.Entry(
          outcome: RankingOutcome(row: row), slate: row["slate_id"],
          useCase: UseCase(rawValue: row["use_case"]) ?? .other,
          activelyChosen: row["actively_chosen"], unselectedWords: row["words"])
      }
      return Statistics(
        rankings: rankings, labelCounts: try Self.labelCounts(db),
        labelerCounts: try Self.labelerCounts(db))
    }
  }

  /// How a ranking went against what was predicted for it; nil for other labels.
  public func outcome(label: Int64) throws(StorageError) -> RankingOutcome? {
    try read { db in
      try Row.fetchOne(
        db, sql: "SELECT * FROM ranking_outcomes WHERE label_id = ?", arguments: [label]
      ).map(RankingOutcome.init(row:))
    }
  }

  /// How many labels there are of each kind, taken-back ones left out.
  public func labelCounts() throws(StorageError) -> [Label.Kind: Int] {
    try read(Self.labelCounts)
  }

  /// How fast a labeler has worked since a moment, such as the start of their session.
  public func labelingPace(
    labeler: String, since start: Double
  ) throws(StorageError) -> LabelingPace {
    try read { db in
      let submissions = try Int.fetchOne(
        db,
        sql: """
          SELECT count(DISTINCT submission) FROM labels
          WHERE labeler_id = (SELECT id FROM labelers WHERE name = ?) AND created >= ?
          AND retracted_at IS NULL AND imported = 0
          """, arguments: [labeler, start])!
      return LabelingPace(submissions: submissions, seconds: max(0, clock() - start))
    }
  }

  private static func labelCounts(_ db: Database) throws -> [Label.Kind: Int] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT kind, count(*) AS n FROM labels WHERE retracted_at IS NULL GROUP BY kind")
    return Dictionary(
      uniqueKeysWithValues: rows.map { (Label.Kind(rawValue: $0["kind"])!, $0["n"]) })
  }

  private static func labelerCounts(_ db: Database) throws -> [String: Int] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT name, count(*) AS n FROM labels JOIN labelers ON labelers.id = labeler_id
        WHERE retracted_at IS NULL GROUP BY labeler_id
        """)
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"], $0["n"]) })
  }
}

extension RankingOutcome {
  init(row: Row) {
    self.init(
      label: row["label_id"], pairs: row["pairs"], predicted: row["predicted"],
      longer: row["longer"], shorter: row["shorter"], policyVersion: row["policy_version"],
      referenceVersion: row["reference_version"], outcome: row["outcome"])
  }
}
