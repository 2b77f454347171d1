import Feedback
import LanguageModel
import Learning

/// The pairs that making the policy anew learns.
extension Refit {
  /// Two answers to a prompt, of which the reward model prefers one.
  struct Preferred {
    var example: RankedExample
    /// The base's log-probabilities of both, summed over their tokens; nil until they are needed.
    var reference: [Double]?
    /// By how much, in log-odds, up to where it is sure.
    var gap: Double
    /// The share of the preferred answer's pairs of words that answers to other prompts do not have, less the other's.
    var novelty: Double
    /// On which side of what prompts differ in the preferred one is beside the other.
    var isOpposed: Bool
  }

  /// The pairs of rollouts that are plainly apart, the plainest first, each answer in one at most: better than what
  /// the policy itself wrote.
  ///
  /// An answer of the base is less likely to the policy than its own whatever its form, so that beside it most of what
  /// a pair says is who wrote it: one of the policy's own is preferred where it is half as plain, and what it prefers
  /// to the base's already is no pair.
  ///
  /// What is no answer is as far below the others as if the reward model were sure of it. Of those that are so far apart
  /// that it is, the one comes first whose preferred answer has the more words of its own beside the other: what is
  /// farthest apart is alike from prompt to prompt.
  ///
  /// - Parameters:
  ///   - probe: tells the draws apart plainly enough to be heard.
  ///   - sureGap: from which log-odds on it is sure.
  ///   - mostPerPrompt: the most pairs of one rollout.
  ///   - whole: a completion that was cut off, as one that ends.
  static func pairs(
    of rollouts: [Rollout], by probe: RewardProbe, opposition: Opposition?, leastGap: Double,
    sureGap: Double, mostPerPrompt: Int = 2, whole: ([TokenID]) -> [TokenID] = { $0 }
  ) -> [Preferred] {
    let ownWords = ownWords(of: rollouts)
    var found: [Preferred] = []
    for (rollout, words) in zip(rollouts, ownWords) {
      let scores = rollout.scores(by: probe, failing: sureGap)
      let sides = opposition.map { rollout.features.map($0.side) }
      var left = Set(scores.indices)
      for _ in 0..<mostPerPrompt {
        let places = left.sorted()
        let plain = places.flatMap { better in
          places.filter {
            rollout.own.contains($0) && scores[better] - scores[$0] >= leastGap
          }.map { (better, $0) }
        }
        func plainness(_ pair: (Int, Int)) -> (Double, Double) {
          let gap = scores[pair.0] - scores[pair.1]
          let isOwn = rollout.own.contains(pair.0)
          return (
            min(sureGap, isOwn ? gap : gap * Self.borrowedPlainness), words[pair.0] - words[pair.1]
          )
        }
        guard let (best, worst) = plain.max(by: { plainness($0) < plainness($1) }) else { break }
        left.subtract([best, worst])
        found.append(
          Preferred(
            example: RankedExample(
              prompt: rollout.prompt,
              completions: [best, worst].map {
                rollout.ended[$0] ? rollout.completions[$0] : whole(rollout.completions[$0])
              },
              pairs: [Pair(preferred: 0, rejected: 1)]),
            gap: min(scores[best] - scores[worst], sureGap), novelty: words[best] - words[worst],
            isOpposed: sides.map { $0[best] > $0[worst] } ?? false))
      }
    }
    return found.sorted { ($0.gap, $0.novelty) > ($1.gap, $1.novelty) }
  }

  /// How plain a pair is whose preferred answer is the base's, beside one of the policy's own.
  private static let borrowedPlainness = 0.5

  /// The share of each answer's pairs of words that no answer to another prompt has, by rollout.
  private static func ownWords(of rollouts: [Rollout]) -> [[Double]] {
    var prompts: [Int: Int] = [:]
    for rollout in rollouts {
      for pair in rollout.wordPairs.reduce(into: Set(), { $0.formUnion($1) }) {
        prompts[pair, default: 0] += 1
      }
    }
    return rollouts.map { rollout in
      rollout.wordPairs.map { pairs in
        pairs.isEmpty ? 0 : Double(pairs.count { prompts[$0] == 1 }) / Double(pairs.count)
      }
    }
  }

  /// The share of the base's answers that the policy's own to the same prompt are found better than.
  static func shareWon(_ rollouts: [Rollout], by probe: RewardProbe) -> Double {
    var won = 0.0
    var count = 0
    for rollout in rollouts {
      let scores = rollout.scores(by: probe)
      for borrowed in scores[rollout.own.upperBound...] {
        won += Double(scores[rollout.own].count { $0 > borrowed }) / Double(rollout.own.count)
        count += 1
      }
    }
    return count > 0 ? won / Double(count) : 0
  }

  /// What the policy misses on each side of what prompts differ in: how much better, in log-odds, the best answer to a
  /// prompt is than its own are on average.
  struct Regrets: Equatable {
    var opposed = 0.0
    var others = 0.0

    init() {}

    /// - Parameter sureGap: the most that counts of one prompt.
    init(_ rollouts: [Rollout], by probe: RewardProbe, opposition: Opposition, sureGap: Double) {
      var sides: [Bool: [Double]] = [:]
      for rollout in rollouts {
        let scores = rollout.scores(by: probe)
        guard let best = scores.max(), let row = rollout.features.first, !rollout.own.isEmpty
        else { continue }
        let isOpposed = opposition.lean(of: Array(row[probe.layout.promptPart])) > 0
        sides[isOpposed, default: []].append(min(sureGap, best - mean(Array(scores[rollout.own]))))
      }
      (opposed, others) = (sides[true].map(mean) ?? 0, sides[false].map(mean) ?? 0)
    }
  }

  /// The plainest pairs, of which such whose preferred answers are on the rarer side are a third, or more where the
  /// policy misses more on it, or fewer where they are so few that they are likely errors.
  ///
  /// Without that what is learnt is what most prompts ask for, whatever is asked.
  static func balanced(
    _ pairs: [Preferred], count: Int, regrets: Regrets = Regrets()
  ) -> [Preferred] {
    var sides = [
      (pairs: pairs.filter(\.isOpposed), regret: regrets.opposed),
      (pairs: pairs.filter { !$0.isOpposed }, regret: regrets.others),
    ]
    sides.sort { $0.pairs.count < $1.pairs.count }
    let natural = Double(sides[0].pairs.count) / Double(max(1, pairs.count))
    let missed = sides[0].regret + sides[1].regret
    let due = missed > 0 ? sides[0].regret / missed : 0
    let share = min(
      min(max(due, Self.usualShare), Self.largestShare), natural * Self.mostRaised)
    let rare = min(sides[0].pairs.count, Int((Double(count) * share).rounded()))
    // As many others as make them that share.
    let others = share > 0 ? Int((Double(rare) * (1 - share) / share).rounded()) : count
    return Array(sides[0].pairs.prefix(rare) + sides[1].pairs.prefix(min(others, count - rare)))
  }

  /// The share of the rarer side, and the largest: with half of it throughout what few prompts ask for spread to the
  /// others.
  private static let usualShare = 1.0 / 3
  private static let largestShare = 0.6
  /// How much more it counts than there is of it, at most.
  private static let mostRaised = 4.0
}

extension Refit {
  /// What a policy answers to prompts that are not learnt from.
  struct Trial {
    /// The policy's.
    let parameters: [Float]
    var rollouts: [Rollout] = []

    /// What the answers are worth to a reward model, in log-odds: the mean over the sides of what prompts differ in,
    /// so that both count alike.
    ///
    /// - Parameter failing: by how much less what is no answer is worth.
    func score(by probe: RewardProbe, opposition: Opposition?, failing: Double) -> Double {
      var sides: [Bool: [Double]] = [:]
      for rollout in rollouts {
        guard let row = rollout.features.first else { continue }
        let isOpposed = opposition.map { $0.lean(of: Array(row[probe.layout.promptPart])) > 0 }
        sides[isOpposed ?? false, default: []].append(
          mean(rollout.scores(by: probe, failing: failing)))
      }
      return sides.isEmpty ? 0 : mean(sides.values.map(mean))
    }
  }
}
