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
  var rewards: [Double]
  var ended: [Bool]

  /// As a record without pairs, for passes over it.
  var sampled: RankedExample {
    RankedExample(prompt: prompt, completions: completions, pairs: [])
  }
}
