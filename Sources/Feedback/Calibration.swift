import Foundation

/// Whether the reward model is as often right as it is sure: the probabilities that it gave to the
/// winners it expected, against how often they won.
public struct Calibration: Sendable, Hashable {
  /// Pairs of a range of probabilities.
  public struct Bin: Sendable, Hashable {
    /// The range: `low` belongs to it, `high` to the next, except 1.
    public var low: Double
    public var high: Double
    public var pairs: Int
    /// The mean probability, and the share that was right.
    public var predicted: Double
    public var right: Double

    public init(low: Double, high: Double, pairs: Int, predicted: Double, right: Double) {
      self.low = low
      self.high = high
      self.pairs = pairs
      self.predicted = predicted
      self.right = right
    }
  }

  /// From 0.5 to 1, those without a pair left out.
  public private(set) var bins: [Bin] = []

  /// - Parameter margins: r_preferred − r_rejected of strict pairs; the expected winner's probability
  ///   is σ of its size (Bradley and Terry 1952), and it was right when it is above 0.
  public init?(margins: [Double], binCount: Int = 5) {
    guard !margins.isEmpty else { return nil }
    var sums = Array(repeating: (pairs: 0, predicted: 0.0, right: 0), count: binCount)
    for margin in margins {
      let probability = 1 / (1 + exp(-abs(margin)))
      let index = min(binCount - 1, Int((probability - 0.5) * 2 * Double(binCount)))
      sums[index].pairs += 1
      sums[index].predicted += probability
      sums[index].right += margin > 0 ? 1 : 0
    }
    func edge(_ index: Int) -> Double { Double(binCount + index) / Double(2 * binCount) }
    for (index, sum) in sums.enumerated() where sum.pairs > 0 {
      bins.append(
        Bin(
          low: edge(index), high: edge(index + 1), pairs: sum.pairs,
          predicted: sum.predicted / Double(sum.pairs),
          right: Double(sum.right) / Double(sum.pairs)))
    }
  }

  /// The mean distance of the two over all pairs (Guo et al. 2017, equation 3).
  public var expectedError: Double {
    let pairs = bins.reduce(0) { $0 + $1.pairs }
    return bins.reduce(0) { $0 + Double($1.pairs) * abs($1.predicted - $1.right) } / Double(pairs)
  }

  /// The bin of the highest probabilities that holds at least so many pairs.
  public func surest(pairs: Int = 10) -> Bin? {
    bins.last { $0.pairs >= pairs }
  }
}
