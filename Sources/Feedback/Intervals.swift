/// A share with its 95 % interval.
public struct Estimate: Sendable, Hashable, Codable {
  public var value: Double
  public var low: Double
  public var high: Double
  /// What the value was counted over: pairs, or comparisons.
  public var count: Int

  public init(value: Double, low: Double, high: Double, count: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
  }
}

/// The standard normal's 97.5 % quantile.
let normalQuantile = 1.959963984540054

/// The Wilson score interval of a proportion (Wilson 1927); nil when nothing was counted.
///
/// A tie counts as half a win, so `wins` need not be whole.
public func wilsonInterval(wins: Double, of count: Int) -> Estimate? {
  guard count > 0 else { return nil }
  let n = Double(count)
  let p = wins / n
  let z2 = normalQuantile * normalQuantile
  let center = (p + z2 / (2 * n)) / (1 + z2 / n)
  let half = normalQuantile / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
  return Estimate(value: p, low: max(0, center - half), high: min(1, center + half), count: count)
}

/// Correct pairs of one slate: what accuracy is counted from.
public struct PairCount: Sendable, Hashable {
  public var correct: Int
  public var total: Int

  public init(correct: Int, total: Int) {
    self.correct = correct
    self.total = total
  }
}

/// The share of correct pairs with a percentile bootstrap over slates, whose pairs are not
/// independent (Efron 1979); nil when there is no pair.
///
/// - Parameter seed: the same slates and seed give the same interval.
public func bootstrapAccuracy(
  _ slates: [PairCount], resamples: Int = 2000, seed: UInt64 = 0
) -> Estimate? {
  let slates = slates.filter { $0.total > 0 }
  let total = slates.reduce(0) { $0 + $1.total }
  guard total > 0 else { return nil }
  let correct = slates.reduce(0) { $0 + $1.correct }
  var random = SplitMix64(seed: seed)
  var shares: [Double] = []
  shares.reserveCapacity(resamples)
  for _ in 0..<resamples {
    var right = 0
    var all = 0
    for _ in slates {
      let slate = slates[Int.random(in: 0..<slates.count, using: &random)]
      right += slate.correct
      all += slate.total
    }
    shares.append(Double(right) / Double(all))
  }
  shares.sort()
  func quantile(_ q: Double) -> Double {
    let position = q * Double(shares.count - 1)
    let below = Int(position)
    let above = min(below + 1, shares.count - 1)
    return shares[below] + (shares[above] - shares[below]) * (position - Double(below))
  }
  return Estimate(
    value: Double(correct) / Double(total), low: quantile(0.025), high: quantile(0.975),
    count: total)
}
