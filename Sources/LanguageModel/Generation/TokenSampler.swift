import CKernels
import Feedback
import Foundation

/// Draws one completion's tokens from logits, reproducibly from its seed.
///
/// The temperature is applied first, then top-k, top-p and min-p, each on what the one before left.
struct TokenSampler {
  private let sampling: SamplingParameters
  private var random: SplitMix64
  /// The tokens that the cuts leave; kept from draw to draw, so that a draw allocates nothing.
  private var kept: [Candidate] = []

  init(_ sampling: SamplingParameters, seed: UInt64) {
    self.sampling = sampling
    random = SplitMix64(seed: seed)
  }

  /// Draws a token.
  ///
  /// - Parameter weights: room for as many floats as there are logits.
  /// - Returns: the token and its log-probability under the plain model: temperature 1, nothing cut.
  /// - Throws: ``LanguageModelError`` when there is no distribution to draw from.
  mutating func draw(
    from logits: UnsafeBufferPointer<Float>, weights: UnsafeMutablePointer<Float>
  ) throws(LanguageModelError) -> (token: TokenID, logprob: Float) {
    let count = logits.count
    var highest: Float = 0
    var total = apprentice_exponentials(logits.baseAddress, count, 1, weights, &highest)
    let logSum = Double(highest) + log(total)
    guard logSum.isFinite else {
      throw LanguageModelError(
        "the model computes numbers that are not finite; its file or the adapter is damaged, use "
          + "another"
      )
    }

    let token: Int
    if sampling.temperature <= 0 {
      token = logits.firstIndex(of: highest) ?? 0
    } else {
      if sampling.temperature != 1 {
        total = apprentice_exponentials(
          logits.baseAddress, count, Float(1 / sampling.temperature), weights, &highest)
      }
      let point = random.uniform()
      let cutsNothing =
        (sampling.topK <= 0 || sampling.topK >= count) && sampling.topP >= 1 && sampling.minP <= 0
      token =
        cutsNothing
        ? apprentice_pick(weights, count, point * total)
        : drawAmongKept(
          UnsafeBufferPointer(start: weights, count: count), total: total, point: point)
    }
    return (TokenID(token), Float(Double(logits[token]) - logSum))
  }

  private typealias Candidate = (weight: Float, token: Int)

  /// Draws among the tokens that the cuts leave. Weights are relative to the likeliest token's 1.
  private mutating func drawAmongKept(
    _ weights: UnsafeBufferPointer<Float>, total: Double, point: Double
  ) -> Int {
    findLikeliest(weights, total: total)
    kept.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    var mass = total
    if sampling.topK > 0, sampling.topK < weights.count {
      kept.removeLast(max(0, kept.count - sampling.topK))
      mass = kept.reduce(0) { $0 + Double($1.weight) }
    }
    if sampling.topP < 1 {
      var sum = 0.0
      let end = kept.firstIndex { candidate in
        sum += Double(candidate.weight)
        return sum >= sampling.topP * mass
      }
      if let end { kept.removeLast(kept.count - end - 1) }
    }
    if sampling.minP > 0 {
      let least = Float(min(sampling.minP, 1))
      kept.removeAll { $0.weight < least }
    }
    var left = point * kept.reduce(0) { $0 + Double($1.weight) }
    for candidate in kept {
      left -= Double(candidate.weight)
      if left < 0 { return candidate.token }
    }
    return kept[kept.count - 1].token
  }

  /// Finds the likeliest tokens, at least as many as the cuts keep, in no order: the whole vocabulary
  /// is scanned, never sorted.
  private mutating func findLikeliest(_ weights: UnsafeBufferPointer<Float>, total: Double) {
    var threshold: Float = 0.05
    while true {
      kept.removeAll(keepingCapacity: true)
      var mass = 0.0
      for token in weights.indices where weights[token] >= threshold {
        kept.append((weights[token], token))
        mass += Double(weights[token])
      }
      let isEnough =
        if sampling.topK > 0, sampling.topK < weights.count {
          kept.count >= sampling.topK
        } else if sampling.topP < 1 {
          mass >= sampling.topP * total
        } else {
          Double(threshold) <= sampling.minP
        }
      if isEnough || threshold == 0 { return }
      threshold = threshold > 1e-30 ? threshold * 0.05 : 0
    }
  }
}
