import Foundation

/// Cosines and sines of the rotary positions, `[positions, headSize]` as the kernels read them: each
/// pair's cosine twice, its sine as -sin, sin (Su et al. 2021, equation 34, for adjacent pairs).
final class RotaryTable {
  private(set) var cosines: [Float] = []
  private(set) var sines: [Float] = []
  private let headSize: Int
  private let base: Double
  private let factors: [Float]
  private var positions = 0

  init(configuration: ModelConfiguration) {
    headSize = configuration.headSize
    base = Double(configuration.ropeBase)
    factors = configuration.ropeFactors
  }

  /// Makes the table at least `count` positions long.
  func extend(to count: Int) {
    guard count > positions else { return }
    let end = max(count, 2 * positions)
    cosines.reserveCapacity(end * headSize)
    sines.reserveCapacity(end * headSize)
    for position in positions..<end {
      for pair in 0..<headSize / 2 {
        let frequency = pow(base, -2 * Double(pair) / Double(headSize))
        let angle = Double(position) * frequency / Double(factors.isEmpty ? 1 : factors[pair])
        let (cosine, sine) = (Float(cos(angle)), Float(sin(angle)))
        cosines += [cosine, cosine]
        sines += [-sine, sine]
      }
    }
    positions = end
  }
}
