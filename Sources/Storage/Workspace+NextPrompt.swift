import Feedback
import GRDB

/// What prompts are taken for. Each begins a third of the order further on, so that what one takes leaves the next
/// prompts of the others as they are, until they meet.
public enum PromptStream: UInt64, Sendable {
  /// Slates that are not chosen by what they promise: a fair sample of the pool.
  case fair
  /// Slates that are chosen.
  case chosen
  /// Answers that nobody is shown.
  case practice
}

extension Workspace {
  /// The prompt to make the next slate for; nil when the pool has none to give.
  ///
  /// The use case whose share of the slates made so far is furthest below its part of the mix comes
  /// first; within it, a prompt without a slate, else the one with the fewest. Never a retired
  /// prompt, nor one whose slate still waits to be labelled.
  ///
  /// - Parameters:
  ///   - seed: with the same pool and the same slates, the same seed gives the same prompt.
  ///   - excluded: prompts to pass over, such as those no slate could be made for.
  ///   - weights: what a use case's part of the mix is multiplied by; 1 where there is none.
  ///   - counts: the slates of each use case that the mix is kept over; nil for all that were made.
  ///   - stream: what it is for.
  public func nextPrompt(
    seed: UInt64 = 0, excluding excluded: Set<Int64> = [], weights: [UseCase: Double] = [:],
    counts streamCounts: [UseCase: Int]? = nil, stream: PromptStream = .fair
  ) throws(StorageError) -> Prompt? {
    try read { db in
      var candidates: [(useCase: UseCase, prompt: Int64, slates: Int)] = []
      let counts = try Row.fetchAll(
        db, sql: "SELECT use_case, slate_count FROM use_cases WHERE prompt_count > 0")
      var random = SplitMix64(seed: seed)
      let start = Int64(bitPattern: random.next() &+ stream.rawValue &* (UInt64.max / 3))
      for row in counts {
        guard let useCase = UseCase(rawValue: row["use_case"]) else { continue }
        guard let prompt = try leastUsed(useCase, after: start, excluded, db) else { continue }
        let all: Int = row["slate_count"]
        let slates = streamCounts.map { $0[useCase] ?? 0 } ?? all
        candidates.append((useCase, prompt, slates))
      }
      func part(_ useCase: UseCase) -> Double { useCase.share * (weights[useCase] ?? 1) }
      let share = candidates.reduce(0) { $0 + part($1.useCase) }
      let next = Double(candidates.reduce(0) { $0 + $1.slates } + 1)
      func deficit(_ candidate: (useCase: UseCase, prompt: Int64, slates: Int)) -> Double {
        part(candidate.useCase) / share * next - Double(candidate.slates)
      }
      // Equal deficits fall to the use case named first: the table is in that order.
      guard let best = candidates.max(by: { deficit($0) < deficit($1) }) else { return nil }
      return try Self.prompt(best.prompt, db)
    }
  }

  /// The slates of each use case that were made here, those that were chosen for what they promise to
  /// teach or those that were not; discarded ones left out.
  public func slateCounts(activelyChosen: Bool) throws(StorageError) -> [UseCase: Int] {
    try read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT use_case, count(*) AS slates FROM slates JOIN prompts ON prompts.id = prompt_id
          WHERE imported = 0 AND status <> 'discarded' AND actively_chosen = ? GROUP BY use_case
          """, arguments: [activelyChosen])
      return Dictionary(
        uniqueKeysWithValues: rows.compactMap { row in
          UseCase(rawValue: row["use_case"]).map { ($0, row["slates"]) }
        })
    }
  }

  /// How many rankings of slates made here each use case has, and their strict pairs.
  public func pairsByUseCase() throws(StorageError) -> [UseCase: (rankings: Int, pairs: Int)] {
    try read { db in
      var counts: [UseCase: (rankings: Int, pairs: Int)] = [:]
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT use_case, count(*) AS rankings, sum(pairs) AS pairs FROM ranking_outcomes
          JOIN labels ON labels.id = label_id JOIN prompts ON prompts.id = prompt_id
          WHERE retracted_at IS NULL AND imported = 0 GROUP BY use_case
          """)
      for row in rows {
        guard let useCase = UseCase(rawValue: row["use_case"]) else { continue }
        counts[useCase] = (row["rankings"], row["pairs"])
      }
      return counts
    }
  }

  /// The strict pairs of each ranking of slates made here, with its prompt: the newest `limit` of them.
  ///
  /// - Parameter includingRetired: whether to tell of prompts that are no longer in the pool.
  public func pairsByPrompt(
    limit: Int, includingRetired: Bool = true
  ) throws(StorageError) -> [(prompt: Int64, pairs: Int)] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT prompt_id, pairs FROM ranking_outcomes JOIN labels ON labels.id = label_id
          JOIN prompts ON prompts.id = prompt_id
          WHERE retracted_at IS NULL AND imported = 0
          \(includingRetired ? "" : "AND retired IS NULL") ORDER BY label_id DESC LIMIT ?
          """, arguments: [limit]
      ).map { (prompt: $0["prompt_id"], pairs: $0["pairs"]) }
    }
  }

  /// The least used prompt of a use case, the first at or after `start` in the order of `shuffle`,
  /// going around.
  private func leastUsed(
    _ useCase: UseCase, after start: Int64, _ excluded: Set<Int64>, _ db: Database
  ) throws -> Int64? {
    let pool: StatementArguments = [useCase.rawValue, try JSON.encode(excluded.sorted())]
    guard
      let slates = try Int.fetchOne(
        db.cachedStatement(sql: NextPromptSQL.fewestSlates), arguments: pool)
    else { return nil }
    return try Int64.fetchOne(
      db.cachedStatement(sql: NextPromptSQL.after), arguments: pool + [slates, start])
      ?? Int64.fetchOne(db.cachedStatement(sql: NextPromptSQL.first), arguments: pool + [slates])
  }
}

/// The questions that ``Workspace/nextPrompt(seed:excluding:)`` asks of each use case: each is one
/// step in the index `prompts_next`.
enum NextPromptSQL {
  private static let free = """
    FROM prompts WHERE retired IS NULL AND live_slates = 0 AND use_case = ?
    AND id NOT IN (SELECT value FROM json_each(?))
    """
  static let fewestSlates = "SELECT slate_count \(free) ORDER BY slate_count LIMIT 1"
  static let after = """
    SELECT id \(free) AND slate_count = ? AND shuffle >= ? ORDER BY shuffle LIMIT 1
    """
  static let first = "SELECT id \(free) AND slate_count = ? ORDER BY shuffle LIMIT 1"
}
