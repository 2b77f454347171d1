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

  /// The standard deviation of the values.
  public static func deviation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return variance.squareRoot() + 1e-6
  }
}
