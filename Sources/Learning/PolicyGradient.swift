import Foundation

/// Policy gradient on several completions of one prompt, each the others' baseline (Ahmadian et al. 2024,
/// RLOO).
public enum PolicyGradient {
  /// Each completion's value less the mean of the others'.
  public static func advantages(_ values: [Double]) -> [Double] {
    guard values.count > 1 else { return values.map { _ in 0 } }
    let total = values.reduce(0, +)
    let others = Double(values.count - 1)
    return values.map { $0 - (total - $0) / others }
  }

  /// Each completion's advantage over the others, by how likely a reward model's heads find it to be preferred to
  /// each of them.
  ///
  /// A probability is bounded, so that no completion is worth far more than a good one (Munos et al. 2023,
  /// preference against the policy's own draws in place of a reward).
  ///
  /// - Parameter scores: one row per completion, one score per head, in log-odds.
  /// - Returns: log-odds where they are near 0; from -2 to 2.
  public static func preferenceAdvantages(_ scores: [[Float]]) -> [Double] {
    guard scores.count > 1 else { return scores.map { _ in 0 } }
    return scores.indices.map { one in
      let total = scores.indices.reduce(0.0) { total, other in
        let odds = zip(scores[one], scores[other]).map { 1 / (1 + exp(Double($1 - $0))) - 0.5 }
        return total + odds.reduce(0, +) / Double(odds.count)
      }
      return 4 * total / Double(scores.count - 1)
    }
  }

  /// The places of the `count` values that differ most: the highest and the lowest, half of each, in their
  /// order (Xu et al. 2025, down-sampling of rollouts).
  public static func extremes(_ count: Int, of values: [Double]) -> [Int] {
    guard count < values.count else { return Array(values.indices) }
    let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    return (order.prefix((count + 1) / 2) + order.suffix(count / 2)).sorted()
  }

  /// What a sample's gradient is multiplied by: the ratio of its probability now to that when it was drawn,
  /// or 0 once it has come further than `clip` the way that its advantage says.
  public static func clippedRatio(_ ratio: Double, advantage: Double, clip: Double) -> Double {
    (advantage > 0 && ratio > 1 + clip) || (advantage < 0 && ratio < 1 - clip) ? 0 : ratio
  }

  /// The standard deviation of the values.
  public static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return variance.squareRoot() + 1e-6
  }
}
