import Foundation
import LanguageModel
import Testing

@testable import Learning

@Suite struct LossTests {
  private func evaluate(_ scores: [Double], _ pairs: [Pair]) -> (loss: Double, gradient: [Double]) {
    // What was there before must not matter.
    var gradient: [Double] = [7]
    let loss = PairwiseLoss.evaluate(scores: scores, pairs: pairs, gradient: &gradient)
    return (loss, gradient)
  }

  @Test func pairwiseLossIsTheMeanOverStrictPairs() {
    let (loss, _) = evaluate([1, 0, -1], Pair.all(tiers: [1, 2, 2]))
    let expected = (log(1 + exp(-1.0)) + log(1 + exp(-2.0))) / 2
    #expect(abs(loss - expected) < 1e-12)
  }

  @Test func pairwiseGradientIsTheSlope() {
    let scores = [0.3, -0.7, 1.1, 0.2]
    let pairs = Pair.all(tiers: [2, 1, 3, 2])
    let (_, gradient) = evaluate(scores, pairs)
    for index in scores.indices {
      let step = 1e-6
      var up = scores
      var down = scores
      up[index] += step
      down[index] -= step
      let slope = (evaluate(up, pairs).loss - evaluate(down, pairs).loss) / (2 * step)
      #expect(abs(slope - gradient[index]) < 1e-8)
    }
  }

  @Test func pairwiseLossSurvivesLargeMargins() {
    let (loss, gradient) = evaluate([-2000, 2000], [Pair(preferred: 0, rejected: 1)])
    #expect(loss == 4000)
    #expect(gradient == [-1, 1])
  }

  @Test func tiesAreNoPairs() {
    #expect(Pair.all(tiers: [1, 1, 1]).isEmpty)
    #expect(Pair.all(tiers: [1, 2, 2, 3]).count == 5)
  }

  @Test func supervisedLossLooksAtTrainedTokensOnly() {
    let masks = [[true, false], [true, true]]
    let logprobs = RaggedRows([[-1, -100], [-2, -3]])
    var gradient = RaggedRows()
    var loss = 0.0
    for (row, mask) in zip(logprobs, masks) {
      loss += SupervisedLoss.value(logprobs: row, trained: mask, lossTokens: 3)
      SupervisedLoss.appendGradient(trained: mask, lossTokens: 3, weight: 2, to: &gradient)
    }
    #expect(abs(loss - 2) < 1e-12)
    let share = Float(-2.0 / 3)
    #expect(gradient == RaggedRows([[share, 0], [share, share]]))
  }
}
