import LanguageModel
import Learning

/// Completions that the policy drew for one prompt, with what the reward model said of them: what policy
/// gradient learns from.
struct Rollout {
  var prompt: [TokenID]
  /// As drawn, the end token included where it was written.
  var completions: [[TokenID]]
  /// The policy's log-probability of each when it was drawn, summed over its tokens.
  var logprobs: [Double]
  /// The base's log-probability of each.
  var reference: [Double]
  /// The reward ensemble's lower bound for each, in log-odds.
  var rewards: [Double]
  /// Whether each ended by itself.
  var ended: [Bool]

  /// As a record without pairs, for passes over it.
  var sampled: RankedExample {
    RankedExample(prompt: prompt, completions: completions, pairs: [])
  }

  /// Nats per token from the base, estimated from these draws.
  var divergence: Double {
    let tokens = completions.reduce(0) { $0 + $1.count }
    guard tokens > 0 else { return 0 }
    return zip(logprobs, reference).reduce(0) { $0 + $1.0 - $1.1 } / Double(tokens)
  }
}
