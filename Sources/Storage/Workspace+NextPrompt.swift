import Feedback
import GRDB

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
  public func nextPrompt(
    seed: UInt64 = 0, excluding excluded: Set<Int64> = []
  ) throws(StorageError) -> Prompt? {
    try read { db in
      var candidates: [(useCase: UseCase, prompt: Int64, slates: Int)] = []
      let counts = try Row.fetchAll(
        db, sql: "SELECT use_case, slate_count FROM use_cases WHERE prompt_count > 0")
      var random = SplitMix64(seed: seed)
      let start = Int64(bitPattern: random.next())
      for row in counts {
        guard let useCase = UseCase(rawValue: row["use_case"]) else { continue }
        guard let prompt = try leastUsed(useCase, after: start, excluded, db) else { continue }
        candidates.append((useCase, prompt, row["slate_count"]))
      }
      let share = candidates.reduce(0) { $0 + $1.useCase.share }
      let next = Double(candidates.reduce(0) { $0 + $1.slates } + 1)
      func deficit(_ candidate: (useCase: UseCase, prompt: Int64, slates: Int)) -> Double {
        candidate.useCase.share / share * next - Double(candidate.slates)
      }
      // Equal deficits fall to the use case named first: the table is in that order.
      guard let best = candidates.max(by: { deficit($0) < deficit($1) }) else { return nil }
      return try Self.prompt(best.prompt, db)
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
