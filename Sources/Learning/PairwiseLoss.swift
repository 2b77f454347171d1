import Foundation

/// A strict pair as positions in its slate.
public struct Pair: Sendable, Hashable {
  public var preferred: Int
  public var rejected: Int

  public init(preferred: Int, rejected: Int) {
    self.preferred = preferred
    self.rejected = rejected
  }

  /// All strict pairs of completions with the given tiers (1 best); ties give none.
  public static func all(tiers: [Int]) -> [Pair] {
    var pairs: [Pair] = []
    for (i, high) in tiers.enumerated() {
      for (j, low) in tiers.enumerated() where high < low {
        pairs.append(Pair(preferred: i, rejected: j))
      }
    }
    return pairs
  }
}

/// The mean over a slate's strict pairs of −log σ(margin), and its gradient.
///
/// With margins s_preferred − s_rejected this is the reward model's loss (Ouyang et al. 2022,
/// equation 1); with s = β·(log π − log π_ref) it is direct preference optimisation (Rafailov et al.
/// 2023, equation 7).
public enum PairwiseLoss {
  /// The loss and d loss / d score.
  ///
  /// - Parameters:
  ///   - scores: one per completion.
  ///   - pairs: at least one.
  ///   - gradient: becomes d loss / d score, one per completion; its memory is used again.
  public static func evaluate(
    scores: [Double], pairs: [Pair], gradient: inout [Double]
  ) -> Double {
    var loss = 0.0
    gradient.removeAll(keepingCapacity: true)
    for _ in scores { gradient.append(0) }
    let share = 1 / Double(pairs.count)
    for pair in pairs {
      let margin = scores[pair.preferred] - scores[pair.rejected]
      loss += softplus(-margin) * share
      let slope = -sigmoid(-margin) * share
      gradient[pair.preferred] += slope
      gradient[pair.rejected] -= slope
    }
    return loss
  }

  /// log(1 + exp x), without overflow.
  static func softplus(_ x: Double) -> Double {
    max(x, 0) + log1p(exp(-abs(x)))
  }

  /// 1 / (1 + exp(−x)).
  static func sigmoid(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }
}
