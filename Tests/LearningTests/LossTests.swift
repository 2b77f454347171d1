import Foundation
import Testing

@testable import Learning

@Suite struct LossTests {
  @Test func pairwiseLossIsTheMeanOverStrictPairs() {
    let (loss, _) = PairwiseLoss.evaluate(
      scores: [1, 0, -1], pairs: Pair.all(tiers: [1, 2, 2]))
    let expected = (log(1 + exp(-1.0)) + log(1 + exp(-2.0))) / 2
    #expect(abs(loss - expected) < 1e-12)
  }

  @Test func pairwiseGradientIsTheSlope() {
    let scores = [0.3, -0.7, 1.1, 0.2]
    let pairs = Pair.all(tiers: [2, 1, 3, 2])
    let (_, gradient) = PairwiseLoss.evaluate(scores: scores, pairs: pairs)
    for index in scores.indices {
      let step = 1e-6
      var up = scores
      var down = scores
      up[index] += step
      down[index] -= step
      let slope =
        (PairwiseLoss.evaluate(scores: up, pairs: pairs).loss
          - PairwiseLoss.evaluate(scores: down, pairs: pairs).loss) / (2 * step)
      #expect(abs(slope - gradient[index]) < 1e-8)
    }
  }

  @Test func pairwiseLossSurvivesLargeMargins() {
    let (loss, gradient) = PairwiseLoss.evaluate(
      scores: [-2000, 2000], pairs: [Pair(preferred: 0, rejected: 1)])
    #expect(loss == 4000)
    #expect(gradient == [-1, 1])
  }

  @Test func tiesAreNoPairs() {
    #expect(Pair.all(tiers: [1, 1, 1]).isEmpty)
    #expect(Pair.all(tiers: [1, 2, 2, 3]).count == 5)
  }

  @Test func supervisedLossLooksAtTrainedTokensOnly() {
    let masks = [[true, false], [true, true]]
    let logprobs: [[Float]] = [[-1, -100], [-2, -3]]
    #expect(SupervisedLoss.value(logprobs: logprobs, trained: masks, lossTokens: 3) == 2)
    let gradient = SupervisedLoss.gradient(trained: masks, lossTokens: 3)
    let third = Float(-1) / 3
    #expect(gradient == [[third, 0], [third, third]])
  }
}
