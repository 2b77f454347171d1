import Feedback
import GRDB

extension Workspace {
  /// Labels in the order of their submission; never those that were taken back.
  ///
  /// - Parameters:
  ///   - after: only labels with a higher id.
  ///   - kinds: only these.
  ///   - heldOut: whether to read those kept from learning.
  public func labels(
    after id: Int64 = 0, kinds: Set<Label.Kind> = Set(Label.Kind.allCases),
    heldOut: HeldOutFilter = .all
  ) throws(StorageError) -> [Label] {
    try read { db in
      let kinds = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
      let filter =
        switch heldOut {
        case .all: ""
        case .learnable: "AND held_out = 0"
        case .heldOut: "AND held_out = 1"
        }
      return try Self.labels(
        "labels.id > ? AND retracted_at IS NULL AND kind IN (\(kinds)) \(filter)",
        arguments: [id], db)
    }
  }

  /// Labels by id, taken back or not; those that are not there are left out.
  public func labels(_ ids: some Collection<Int64>) throws(StorageError) -> [Label] {
    try read { db in
      try Self.labels(
        "labels.id IN (SELECT value FROM json_each(?))", arguments: [JSON.encode(Array(ids))], db)
    }
  }

  /// Every label that was taken back.
  public func retractedLabels() throws(StorageError) -> [RetractedLabel] {
    try read { db in
      let labels = try Self.labels("retracted_at IS NOT NULL", arguments: [], db)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT labels.id, retracted_at, name FROM labels
          JOIN labelers ON labelers.id = retracted_by ORDER BY labels.id
          """)
      return zip(labels, rows).map {
        RetractedLabel(label: $0, retractedBy: $1["name"], retractedAt: $1["retracted_at"])
      }
    }
  }

  /// The quality and the flags that were submitted with a label.
  public func annotations(
    label: Int64
  ) throws(StorageError) -> (quality: [Int64: Int], flags: [Int64: Set<Flag>]) {
    try read { db in try Self.annotations(submissionOf: label, db) }
  }

  /// The labels on the conditions of `filter`, in the order of their ids.
  static func labels(
    _ filter: String, arguments: StatementArguments, _ db: Database
  ) throws -> [Label] {
    let entries = try Row.fetchAll(
      db,
      sql: """
        SELECT label_id, ranking_entries.completion_id, tier FROM labels
        JOIN ranking_entries ON label_id = labels.id
        LEFT JOIN slate_completions ON slate_completions.slate_id = labels.slate_id
          AND slate_completions.completion_id = ranking_entries.completion_id
        WHERE \(filter) ORDER BY label_id, tier, position
        """, arguments: arguments)
    var tiers: [Int64: [(completion: Int64, tier: Int)]] = [:]
    for row in entries {
      tiers[row["label_id"], default: []].append((row["completion_id"], row["tier"]))
    }
    var prompts: [Int64: Prompt] = [:]
    return try Row.fetchAll(
      db,
      sql: """
        SELECT labels.*, name, text, edited_from, reason FROM labels
        JOIN labelers ON labelers.id = labeler_id
        LEFT JOIN demonstrations ON demonstrations.label_id = labels.id
        LEFT JOIN skips ON skips.label_id = labels.id
        WHERE \(filter) ORDER BY labels.id
        """, arguments: arguments
    ).map { row in
      let prompt = try prompts[row["prompt_id"]] ?? Self.prompt(row["prompt_id"], db)!
      prompts[prompt.id] = prompt
      let content: LabelContent =
        switch Label.Kind(rawValue: row["kind"])! {
        case .ranking: .ranking(try Ranking(tierNumbers: tiers[row["id"]] ?? []))
        case .demonstration:
          .demonstration(Demonstration(text: row["text"], editedFrom: row["edited_from"]))
        case .skip: .skip(reason: row["reason"])
        }
      return Label(
        id: row["id"], labeler: row["name"], prompt: prompt, slate: row["slate_id"],
        content: content, duration: row["duration"], created: row["created"])
    }
  }

  static func annotations(
    submissionOf label: Int64, _ db: Database
  ) throws -> (quality: [Int64: Int], flags: [Int64: Set<Flag>]) {
    let submission = "(SELECT submission FROM labels WHERE id = ?)"
    var quality: [Int64: Int] = [:]
    for row in try Row.fetchAll(
      db, sql: "SELECT completion_id, quality FROM ratings WHERE label_id = \(submission)",
      arguments: [label])
    {
      quality[row["completion_id"]] = row["quality"]
    }
    var flags: [Int64: Set<Flag>] = [:]
    for row in try Row.fetchAll(
      db, sql: "SELECT completion_id, flag FROM flags WHERE label_id = \(submission)",
      arguments: [label])
    {
      guard let flag = Flag(rawValue: row["flag"]) else { continue }
      flags[row["completion_id"], default: []].insert(flag)
    }
    return (quality, flags)
  }
}
