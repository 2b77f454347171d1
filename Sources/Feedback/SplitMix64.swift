/// A small seeded generator (Steele, Lea and Flood 2014), so that draws can be repeated.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A uniform number in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A place drawn in proportion to the weights, which are 0 or more; nil when none is above 0.
  public mutating func index(weights: [Double]) -> Int? {
    var place = uniform() * weights.reduce(0, +)
    let passed = weights.firstIndex { weight in
      place -= weight
      return weight > 0 && place < 0
    }
    // Rounding may leave a little.
    return passed ?? weights.lastIndex { $0 > 0 }
  }
}
