import LanguageModel
import Learning

/// Completions that the policy drew for one prompt, with what the reward model said of them: what policy
/// gradient learns from.
struct Rollout {
  /// The slate they were drawn for; below 0 for those drawn for practice.
  var id: Int64
  var promptID: Int64
  var prompt: [TokenID]
  /// As drawn, the end token included where it was written.
  var completions: [[TokenID]]
  /// The policy's log-probability of each when it was drawn, summed over its tokens.
  var logprobs: [Double]
  /// The base's log-probability of each.
  var reference: [Double]
  /// Whether each ended by itself.
  var ended: [Bool]
  /// What the reward model reads of each, so that a later one can say what they are worth.
  var features: [[Float]]
  /// The pairs of neighbouring words of each, as hashes.
  var wordPairs: [Set<Int>]
  /// What the reward model reads of each, broken off at each of ``Foresight/lengths``; nil until it is needed.
  var broken: [[[Float]]]?
  /// How often it was learnt from.
  var uses = 0

  /// What a reward model says that each is worth beside the others: from -2 to 2, on the scale of log-odds.
  func worths(by probe: RewardProbe) -> [Double] {
    PolicyGradient.sureAdvantages(features.map(probe.scores))
  }

  var tokens: Int { completions.reduce(0) { $0 + $1.count } }

  /// The share of each completion's pairs of neighbouring words that none of the others' rollouts has: what a
  /// policy that says the same to everyone loses.
  func novelty(besides others: some Sequence<Rollout>) -> [Double] {
    var known = Set<Int>()
    for other in others where other.id != id {
      for pairs in other.wordPairs { known.formUnion(pairs) }
    }
    return wordPairs.map { pairs in
      pairs.isEmpty ? 0 : Double(pairs.count { !known.contains($0) }) / Double(pairs.count)
    }
  }

  /// The pairs of neighbouring words of a text.
  static func wordPairs(of text: String) -> Set<Int> {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }
    return Set(zip(words, words.dropFirst()).map { "\($0) \($1)".hashValue })
  }

  /// Some of them as a record without pairs, for passes over it.
  func sampled(_ used: [Int]) -> RankedExample {
    RankedExample(prompt: prompt, completions: used.map { completions[$0] }, pairs: [])
  }

  /// Nats per token from the base, estimated from these draws.
  var divergence: Double {
    guard tokens > 0 else { return 0 }
    return zip(logprobs, reference).reduce(0) { $0 + $1.0 - $1.1 } / Double(tokens)
  }
}
