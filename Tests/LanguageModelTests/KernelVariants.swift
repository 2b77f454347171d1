import CKernels
import Feedback

/// Runs `body` with each variant of the kernels that this processor runs, the best last.
func withEachVariant(_ body: (apprentice_variant) throws -> Void) rethrows {
  let best = apprentice_best_variant()
  defer { apprentice_use_variant(best) }
  for raw in 0...best.rawValue {
    apprentice_use_variant(apprentice_variant(rawValue: raw))
    try body(apprentice_variant(rawValue: raw))
  }
}

/// Random numbers within ±`spread`, the same for the same seed.
func numbers(_ count: Int, seed: UInt64, spread: Double = 1) -> [Float] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { _ in Float((2 * random.uniform() - 1) * spread) }
}
