import LanguageModel
import Learning

/// Completions drawn for one prompt, with what the reward model reads of them: what policy gradient learns from.
///
/// Most are the policy's own. The last few are borrowed from the base, or an earlier version: where the policy no
/// longer writes what is asked for, all of its own are alike, and nothing could be learnt from them.
struct Rollout {
  /// The slate they were drawn for; below 0 for those drawn for practice.
  var id: Int64
  var promptID: Int64
  var prompt: [TokenID]
  /// As drawn, the end token included where it was written.
  var completions: [[TokenID]]
  /// The log-probability of each under the policy when it was drawn, summed over its tokens; for what is borrowed,
  /// under who drew it.
  var logprobs: [Double]
  /// That of what is borrowed under the policy when it first learnt from it, by its place.
  var firstLogprobs: [Int: Double] = [:]
  /// The base's log-probability of each.
  var reference: [Double]
  /// Whether each ended by itself.
  var ended: [Bool]
  /// What the reward model reads of each, so that a later one can say what they are worth.
  var features: [[Float]]
  /// The pairs of neighbouring words of each, as hashes.
  var wordPairs: [Set<Int>]
  /// How many are not the policy's own; the last.
  var borrowed = 0
  /// What the reward model reads of each, broken off at each of ``Foresight/lengths``; nil until it is needed.
  var broken: [[[Float]]]?
  /// How often it was learnt from.
  var uses = 0

  /// What a reward model says that each is worth beside the others: from -2 to 2, on the scale of log-odds.
  func worths(by probe: RewardProbe) -> [Double] {
    PolicyGradient.preferenceAdvantages(features.map(probe.scores))
  }

  /// What a reward model's heads say of each on average.
  ///
  /// - Parameter failing: by how much less what is no answer is worth, where the reward model knows of that.
  func scores(by probe: RewardProbe, failing: Double = 0) -> [Double] {
    features.map { row in
      let fails =
        failing > 0 && !probe.layout.failings.isEmpty
        && TextForm.fails(row[probe.layout.formPart])
      return probe.score(of: row) - (fails ? failing : 0)
    }
  }

  /// The variance of what a reward model's heads say of them on average.
  func variance(by probe: RewardProbe) -> Double {
    let deviation = PolicyGradient.deviation(scores(by: probe))
    return deviation * deviation
  }

  /// How much better the best is than the policy's own are on average: what there is to learn.
  func gain(by probe: RewardProbe) -> Double {
    let worths = worths(by: probe)
    guard let best = worths.max(), !own.isEmpty else { return 0 }
    return best - worths[own].reduce(0, +) / Double(own.count)
  }

  /// Reads anew what is asked for.
  mutating func reread(by reader: PromptReader) throws {
    features = try reader.reread(features, prompt: prompt)
    broken = try broken?.map { try reader.reread($0, prompt: prompt) }
  }

  /// The places of the policy's own.
  var own: Range<Int> { 0..<(completions.count - borrowed) }

  /// What the policy's log-probability of a completion is measured against; nil when it has not learnt from it yet.
  func policyLogprob(of index: Int) -> Double? {
    own.contains(index) ? logprobs[index] : firstLogprobs[index]
  }

  /// The policy's own, in tokens.
  var tokens: Int { completions[own].reduce(0) { $0 + $1.count } }

  /// The share of each completion's pairs of neighbouring words that the policy's own of other rollouts do not
  /// have: what one that says the same to everyone loses.
  func novelty(besides others: some Sequence<Rollout>) -> [Double] {
    var known = Set<Int>()
    for other in others where other.id != id {
      for pairs in other.wordPairs[other.own] { known.formUnion(pairs) }
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

  /// Some of them as a record, for passes over it.
  func sampled(_ used: [Int], pairs: [Pair]) -> RankedExample {
    RankedExample(prompt: prompt, completions: used.map { completions[$0] }, pairs: pairs)
  }

  /// The pairs of some of them, by their places there, of which one is worth more by at least so much.
  func pairs(of used: [Int], by probe: RewardProbe, atLeast gap: Double) -> [Pair] {
    let worths = worths(by: probe)
    return used.indices.flatMap { better in
      used.indices.filter { worths[used[better]] - worths[used[$0]] >= gap }
        .map { Pair(preferred: better, rejected: $0) }
    }
  }

  /// Nats per token from the base, estimated from the policy's own draws.
  var divergence: Double {
    guard tokens > 0 else { return 0 }
    return own.reduce(0) { $0 + logprobs[$1] - reference[$1] } / Double(tokens)
  }
}
