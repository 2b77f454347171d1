import Foundation
import LanguageModel

/// Logistic regression on differences: the w that makes Σ weight · −log σ(w · (preferred − rejected)) +
/// ridge/2 · |w|² least, by Newton's method with conjugate gradients. A tie counts half as each of its two being
/// preferred.
struct PairwiseRegression {
  private let width: Int
  private let ridge: Double
  /// `[pairs, width]`.
  private var differences: [Float] = []
  /// How often the first of each pair was preferred: 1, or 1/2 for a tie.
  private var shares: [Double] = []
  var count: Int { shares.count }

  init(width: Int, ridge: Double) {
    self.width = width
    self.ridge = ridge
  }

  mutating func add(
    _ preferred: ArraySlice<Float>, over rejected: ArraySlice<Float>, isTie: Bool = false
  ) {
    for (a, b) in zip(preferred, rejected) { differences.append(a - b) }
    shares.append(isTie ? 0.5 : 1)
  }

  /// w · (preferred − rejected) of a pair.
  func margin(_ pair: Int, _ solution: [Float]) -> Double {
    differences.withUnsafeBufferPointer { values in
      solution.withUnsafeBufferPointer {
        inner(values.baseAddress! + pair * width, $0.baseAddress!)
      }
    }
  }

  /// - Parameters:
  ///   - weights: one per pair; a pair of weight 0 is left out.
  ///   - start: a solution for similar weights, to begin at.
  func solve(weights: [Double], from start: [Float]? = nil) -> [Float] {
    var w = start ?? [Float](repeating: 0, count: width)
    let used = weights.indices.filter { weights[$0] > 0 }
    guard !used.isEmpty else { return [Float](repeating: 0, count: width) }
    for _ in 0..<25 {
      var gradient = w.map { -Float(ridge) * $0 }
      var curvature = [Float](repeating: 0, count: used.count)
      for (place, pair) in used.enumerated() {
        let rejected = PairwiseLoss.sigmoid(-margin(pair, w))
        let error = rejected - (1 - shares[pair])
        add(pair, times: Float(weights[pair] * error), to: &gradient)
        curvature[place] = Float(weights[pair] * rejected * (1 - rejected))
      }
      let step = conjugateGradient(gradient, used: used, curvature: curvature)
      // Where the logistic is flat the step is too long; half of it, and half of that, are tried.
      let before = cost(w, weights: weights, used: used)
      var length: Float = 1
      var next = w
      for _ in 0..<20 {
        for index in 0..<width { next[index] = w[index] + length * step[index] }
        if cost(next, weights: weights, used: used) <= before + 1e-9 { break }
        length /= 2
      }
      let change = zip(next, w).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      w = next
      if change < 1e-4 { break }
    }
    return w
  }

  /// The logarithm of how likely the pairs are before any is known, with the prior alone, by Laplace's
  /// approximation (Rasmussen and Williams 2006, equation 3.32).
  ///
  /// - Parameters are those of ``solve(weights:from:)``.
  func evidence(weights: [Double], from start: [Float]? = nil) -> Double {
    let w = solve(weights: weights, from: start)
    let used = weights.indices.filter { weights[$0] > 0 }
    let roots = used.map { pair -> Double in
      let rejected = PairwiseLoss.sigmoid(-margin(pair, w))
      return (weights[pair] * rejected * (1 - rejected) / ridge).squareRoot()
    }
    // Half the log determinant of 1 + √W D Dᵀ √W / ridge, by Cholesky's decomposition in place.
    var rows = used.indices.map { [Double](repeating: 0, count: $0 + 1) }
    var halfLog = 0.0
    for a in used.indices {
      for b in 0...a {
        var value = roots[a] * roots[b] * product(used[a], used[b]) + (a == b ? 1 : 0)
        for k in 0..<b { value -= rows[a][k] * rows[b][k] }
        rows[a][b] = a == b ? value.squareRoot() : value / rows[b][b]
      }
      halfLog += log(rows[a][a])
    }
    return -cost(w, weights: weights, used: used) - halfLog
  }

  /// The product of two pairs' differences.
  private func product(_ a: Int, _ b: Int) -> Double {
    differences.withUnsafeBufferPointer {
      inner($0.baseAddress! + a * width, $0.baseAddress! + b * width)
    }
  }

  /// What is made least.
  private func cost(_ w: [Float], weights: [Double], used: [Int]) -> Double {
    let square = w.reduce(0.0) { $0 + Double($1) * Double($1) }
    return used.reduce(ridge / 2 * square) { total, pair in
      let margin = margin(pair, w)
      return total + weights[pair]
        * (PairwiseLoss.softplus(-margin) + (1 - shares[pair]) * margin)
    }
  }

  /// Solves (ridge + Σ curvature · d dᵀ) x = b.
  private func conjugateGradient(
    _ b: [Float], used: [Int], curvature: [Float]
  ) -> [Float] {
    var x = [Float](repeating: 0, count: width)
    var residual = b
    var direction = b
    var norm = residual.reduce(Float(0)) { $0 + $1 * $1 }
    let target = norm * 1e-6
    for _ in 0..<40 where norm > target && norm > 1e-20 {
      var product = direction.map { Float(ridge) * $0 }
      for (place, pair) in used.enumerated() where curvature[place] > 1e-9 {
        add(pair, times: curvature[place] * Float(margin(pair, direction)), to: &product)
      }
      var along: Float = 0
      for index in 0..<width { along += direction[index] * product[index] }
      let length = norm / along
      var next: Float = 0
      for index in 0..<width {
        x[index] += length * direction[index]
        residual[index] -= length * product[index]
        next += residual[index] * residual[index]
      }
      let ratio = next / norm
      for index in 0..<width { direction[index] = residual[index] + ratio * direction[index] }
      norm = next
    }
    return x
  }

  private func inner(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Double {
    var sums = SIMD16<Float>.zero
    var index = 0
    while index + 16 <= width {
      let left = UnsafeRawPointer(a + index).loadUnaligned(as: SIMD16<Float>.self)
      let right = UnsafeRawPointer(b + index).loadUnaligned(as: SIMD16<Float>.self)
      sums += left * right
      index += 16
    }
    var sum = Double(sums.sum())
    while index < width {
      sum += Double(a[index] * b[index])
      index += 1
    }
    return sum
  }

  private func add(_ pair: Int, times factor: Float, to values: inout [Float]) {
    differences.withUnsafeBufferPointer { differences in
      let row = differences.baseAddress! + pair * width
      values.withUnsafeMutableBufferPointer { values in
        for index in 0..<width { values[index] += factor * row[index] }
      }
    }
  }
}
