import CKernels
import Feedback
import Foundation

/// Draws one completion's tokens from logits, reproducibly from its seed.
///
/// The temperature is applied first, then top-k, top-p and min-p, each on what the one before left.
struct TokenSampler {
  private let sampling: SamplingParameters
  private var random: SplitMix64

  init(_ sampling: SamplingParameters, seed: UInt64) {
    self.sampling = sampling
    random = SplitMix64(seed: seed)
  }

  /// Draws a token.
  ///
  /// - Parameter candidates: for a vocabulary of as many tokens as there are logits; what it holds is
  ///   replaced.
  /// - Returns: the token and its log-probability under the plain model: temperature 1, nothing cut.
  /// - Throws: ``LanguageModelError`` when there is no distribution to draw from.
  mutating func draw(
    from logits: UnsafeBufferPointer<Float>, using candidates: Candidates
  ) throws(LanguageModelError) -> (token: TokenID, logprob: Float) {
    let count = logits.count
    precondition(candidates.weights.count == count)
    let weights = candidates.weights.baseAddress
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
        : pick(among: candidates, total: total, point: point)
    }
    return (TokenID(token), Float(Double(logits[token]) - logSum))
  }

  /// Picks one of the tokens that the cuts leave. Weights are relative to the likeliest token's 1.
  private func pick(among candidates: Candidates, total: Double, point: Double) -> Int {
    findLikeliest(candidates, total: total)
    var end = candidates.count
    var mass = total
    if sampling.topK > 0, sampling.topK < candidates.weights.count {
      end = min(end, sampling.topK)
      mass = candidates.weight(below: end)
    }
    if sampling.topP < 1 {
      var sum = 0.0
      let last = (0..<end).first { rank in
        sum += candidates[rank].weight
        return sum >= sampling.topP * mass
      }
      if let last { end = last + 1 }
    }
    if sampling.minP > 0 {
      let least = min(sampling.minP, 1)
      end = (0..<end).first { candidates[$0].weight < Double(Float(least)) } ?? end
    }
    var left = point * candidates.weight(below: end)
    for rank in 0..<end {
      left -= candidates[rank].weight
      if left < 0 { return candidates[rank].token }
    }
    return candidates[end - 1].token
  }

  /// Makes the likeliest tokens the candidates, at least as many as the cuts keep: the whole vocabulary
  /// is scanned, never sorted.
  private func findLikeliest(_ candidates: Candidates, total: Double) {
    var threshold: Float = 0.05
    while true {
      let mass = candidates.select(atLeast: threshold)
      let isEnough =
        if sampling.topK > 0, sampling.topK < candidates.weights.count {
          candidates.count >= sampling.topK
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
