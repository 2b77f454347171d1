/// What the rankings of a prompt are likely to tell, foreseen from what those of other prompts told: ridge
/// regression on the prompts' features, in its dual form.
public struct PromptInterest: Sendable {
  private var mean: [Float]
  /// What the centred features are multiplied by, so that their length is 1 on average.
  private var scale: Float
  private var features: [[Float]]
  private var average: Double
  private var weights: [Double]

  /// The weight of the prior, in the variance of a centred feature row.
  static let ridge = 1.0

  /// - Parameters:
  ///   - features: one row per prompt.
  ///   - outcomes: what a ranking of each told.
  /// - Returns: nil for fewer than three prompts.
  public init?(features: [[Float]], outcomes: [Double]) {
    precondition(features.count == outcomes.count)
    guard features.count >= 3 else { return nil }
    let count = features.count
    var mean = [Float](repeating: 0, count: features[0].count)
    for row in features {
      for (index, value) in row.enumerated() { mean[index] += value / Float(count) }
    }
    self.mean = mean
    var rows = features.map { row in zip(row, mean).map { $0 - $1 } }
    let length = rows.reduce(0) { $0 + dot($1, $1[...]) } / Float(count)
    let scale = length > 0 ? 1 / length.squareRoot() : 0
    self.scale = scale
    for index in rows.indices { rows[index] = rows[index].map { $0 * scale } }
    let average = outcomes.reduce(0, +) / Double(count)
    self.average = average
    let kernel = rows.map { a in rows.map { Double(dot(a, $0[...])) } }
    weights = Self.solve(kernel, ridge: Self.ridge, outcomes.map { $0 - average })
    self.features = rows
  }

  /// What a ranking of a prompt with these features is likely to tell.
  public func value(of features: [Float]) -> Double {
    let row = zip(features, mean).map { ($0 - $1) * scale }
    return zip(self.features, weights).reduce(average) { $0 + Double(dot($1.0, row[...])) * $1.1 }
  }

  /// Solves (kernel + ridge) x = b by conjugate gradients.
  private static func solve(_ kernel: [[Double]], ridge: Double, _ b: [Double]) -> [Double] {
    func inner(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var x = b.map { _ in 0.0 }
    var residual = b
    var direction = b
    var norm = inner(b, b)
    let target = norm * 1e-12
    for _ in 0..<b.count where norm > target && norm > 1e-30 {
      let product = kernel.enumerated().map { inner($1, direction) + ridge * direction[$0] }
      let length = norm / inner(direction, product)
      for index in x.indices {
        x[index] += length * direction[index]
        residual[index] -= length * product[index]
      }
      let next = inner(residual, residual)
      for index in x.indices {
        direction[index] = residual[index] + next / norm * direction[index]
      }
      norm = next
    }
    return x
  }
}
