import Feedback
import Foundation
import Testing

@Suite struct BradleyTerryTests {
  /// Agresti 2002, page 438: the American League of 1987, Baltimore first. The standard
  /// errors are those that R's BradleyTerry2 prints for them.
  @Test func publishedStrengthsComeOut() {
    let wins: [[Double]] = [
      [0, 2, 4, 1, 3, 1, 7],
      [11, 0, 7, 9, 7, 7, 9],
      [9, 6, 0, 7, 5, 11, 9],
      [12, 4, 6, 0, 7, 7, 8],
      [10, 6, 8, 6, 0, 6, 7],
      [12, 6, 2, 6, 7, 0, 7],
      [6, 4, 4, 5, 6, 6, 0],
    ]
    let fit = BradleyTerry(wins: wins, priorTies: 0)
    for (found, published) in [
      (fit.strengths, [0, 1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839]),
      (fit.standardErrors, [0, 0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319]),
    ] {
      for (one, other) in zip(found, published) { #expect(abs(one - other) < 6e-5) }
    }
  }

  /// With one partner: log((w + ½) / (l + ½)) and √(1 / (w + ½) + 1 / (l + ½)).
  @Test(arguments: [(3.0, 1.0), (0, 0), (2.5, 2.5), (40, 0), (0, 1000)])
  func onePartnerGivesTheEmpiricalLogit(won: Double, lost: Double) {
    let fit = BradleyTerry(wins: [[0, lost], [won, 0]])
    #expect(abs(fit.strengths[1] - log((won + 0.5) / (lost + 0.5))) < 1e-8)
    let error = (1 / (won + 0.5) + 1 / (lost + 0.5)).squareRoot()
    #expect(abs(fit.standardErrors[1] - error) < 1e-5)
  }

  /// Who never met player 0 is rated through those who did.
  @Test func strengthsAddUpAlongAChain() {
    let fit = BradleyTerry(
      wins: [[0, 100, 0], [300, 0, 100], [0, 300, 0]], priorTies: 1e-9)
    #expect(abs(fit.strengths[1] - log(3)) < 1e-6)
    #expect(abs(fit.strengths[2] - 2 * log(3)) < 1e-6)
    #expect(fit.standardErrors[2] > fit.standardErrors[1])
  }

  @Test func nobodyToPlayWith() {
    #expect(BradleyTerry(wins: [[0]]).strengths == [0])
    #expect(BradleyTerry(wins: []).strengths.isEmpty)
  }
}
