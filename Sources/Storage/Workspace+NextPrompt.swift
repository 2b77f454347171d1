import Feedback
import GRDB

extension Workspace {
  /// The prompt to make the next slate for; nil when the pool has none to give.
  ///
  /// The use case whose share of the slates made so far is furthest below its part of the mix comes
  /// first; within it, a prompt without a slate, else the one with the fewest. Never a retired
  /// prompt, nor one whose slate still waits to be labelled.
  ///
  /// - Parameter seed: with the same pool and the same slates, the same seed gives the same prompt.
  public func nextPrompt(seed: UInt64 = 0) throws(StorageError) -> Prompt? {
    try read { db in
      var candidates: [(useCase: UseCase, prompt: Int64, slates: Int)] = []
      let counts = try Row.fetchAll(
        db, sql: "SELECT use_case, slate_count FROM use_cases WHERE prompt_count > 0")
      var random = SplitMix64(seed: seed)
      let start = Int64(bitPattern: random.next())
      for row in counts {
        guard let useCase = UseCase(rawValue: row["use_case"]) else { continue }
        guard let prompt = try leastUsed(useCase, after: start, db) else { continue }
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
  /// going around: three steps in the index `prompts_next`.
  private func leastUsed(_ useCase: UseCase, after start: Int64, _ db: Database) throws -> Int64? {
    let free = "FROM prompts WHERE retired IS NULL AND live_slates = 0 AND use_case = ?"
    guard
      let slates = try Int.fetchOne(
        db, sql: "SELECT slate_count \(free) ORDER BY slate_count LIMIT 1",
        arguments: [useCase.rawValue])
    else { return nil }
    let here = "\(free) AND slate_count = ?"
    return try Int64.fetchOne(
      db, sql: "SELECT id \(here) AND shuffle >= ? ORDER BY shuffle LIMIT 1",
      arguments: [useCase.rawValue, slates, start])
      ?? Int64.fetchOne(
        db, sql: "SELECT id \(here) ORDER BY shuffle LIMIT 1",
        arguments: [useCase.rawValue, slates])
  }
}
