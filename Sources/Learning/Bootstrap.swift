import Feedback

/// Resampling of prompts, each head its own.
enum Bootstrap {
  /// How often a head's bootstrap holds the prompts of a group: Poisson with mean 1.
  static func weight(head: Int, group: UInt64, seed: UInt64) -> Double {
    var random = SplitMix64(
      seed: seed &+ group &* 0x9E37_79B9 &+ UInt64(head) &* 0x85EB_CA6B_C2B2_AE35)
    var remaining = random.uniform()
    var probability = 0.36787944117144233
    var count = 0
    while remaining > probability, count < 8 {
      remaining -= probability
      count += 1
      probability /= Double(count)
    }
    return Double(count)
  }
}
