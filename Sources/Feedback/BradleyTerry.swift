import Foundation

/// How strong players are, from who beat whom: i beats j with the probability
/// σ(strength i − strength j) (Bradley and Terry 1952).
///
/// Player 0 is the zero of the scale. Each of the others starts with a tie against it, so that one who
/// has won every game has a strength too. With one game partner that is the empirical logit
/// log((w + ½) / (l + ½)) and its variance 1 / (w + ½) + 1 / (l + ½) (Haldane 1956, Anscombe 1956).
public struct BradleyTerry: Sendable, Hashable {
  /// In log-odds against player 0.
  public private(set) var strengths: [Double]
  /// Of the strengths, from the curvature at the maximum; 0 for player 0.
  public private(set) var standardErrors: [Double]

  /// - Parameters:
  ///   - wins: how often the player of the row beat the player of the column, [players × players]; a
  ///     tie is half a win for each.
  ///   - priorTies: ties against player 0 that each player starts with; 0 gives the maximum
  ///     likelihood, which exists only when wins lead from every player to every other.
  public init(wins: [[Double]], priorTies: Double = 1) {
    var wins = wins
    for player in wins.indices.dropFirst() {
      wins[player][0] += priorTies / 2
      wins[0][player] += priorTies / 2
    }
    strengths = Array(repeating: 0, count: wins.count)
    standardErrors = strengths
    guard wins.count > 1 else { return }
    for _ in 0..<200 {
      let (gradient, information) = Self.derivatives(wins, at: strengths)
      let covariance = inverse(information)
      let step = covariance.map { row in zip(row, gradient).reduce(0) { $0 + $1.0 * $1.1 } }
      let longest = step.map(abs).max() ?? 0
      // A step this short always goes up: the curvature cannot change by more than e to the change of a
      // difference (Bach 2010).
      let share = min(1, 0.8 / max(longest, .leastNormalMagnitude))
      for (index, part) in step.enumerated() {
        strengths[index + 1] += share * part
        standardErrors[index + 1] = covariance[index][index].squareRoot()
      }
      if longest < 1e-10 { break }
    }
  }

  /// The log-likelihood's gradient, and minus its second derivatives, for the players after the first.
  private static func derivatives(
    _ wins: [[Double]], at strengths: [Double]
  ) -> (gradient: [Double], information: [[Double]]) {
    let count = wins.count - 1
    var gradient = Array(repeating: 0.0, count: count)
    var information = Array(repeating: gradient, count: count)
    for i in 1...count {
      for j in 0...count where j != i {
        let games = wins[i][j] + wins[j][i]
        let share = 1 / (1 + exp(strengths[j] - strengths[i]))
        gradient[i - 1] += wins[i][j] - games * share
        information[i - 1][i - 1] += games * share * (1 - share)
        if j > 0 { information[i - 1][j - 1] -= games * share * (1 - share) }
      }
    }
    return (gradient, information)
  }
}

/// The inverse of a symmetric positive definite matrix, by Gauss and Jordan.
private func inverse(_ matrix: [[Double]]) -> [[Double]] {
  let size = matrix.count
  var rows = matrix.enumerated().map { index, row in
    row + (0..<size).map { $0 == index ? 1 : 0 }
  }
  for pivot in 0..<size {
    let scale = rows[pivot][pivot]
    rows[pivot] = rows[pivot].map { $0 / scale }
    for other in 0..<size where other != pivot {
      let factor = rows[other][pivot]
      rows[other] = zip(rows[other], rows[pivot]).map { $0 - factor * $1 }
    }
  }
  return rows.map { Array($0.dropFirst(size)) }
}
