import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Learning

/// The learners on the real model against PyTorch's losses, gradient norms and ten AdamW steps.
@Suite(.serialized) struct GoldenTests {
  let goldens: Goldens
  let model: LanguageModel

  init() throws {
    goldens = try Goldens.load()
    model = try realModel.get()
  }

  @Test func supervisedLossGradientAndTenSteps() throws {
    let learner = PolicyLearner(
      adapter: goldens.adapter(model.configuration), pass: TrainingPass(model: model))
    let examples = goldens.sft.demonstrations.map {
      SupervisedExample(prompt: $0.promptIds, completion: $0.completionIds)
    }
    for (step, expected) in goldens.adamw.losses.enumerated() {
      let part = try learner.addSupervised(examples)
      let norm = try learner.step(learningRate: goldens.adamw.lr, clip: 0)
      if step == 0 {
        #expect(agree(part.loss, goldens.sft.loss, within: 1e-3))
        #expect(agree(norm, goldens.sft.gradNorm, within: 1e-2))
      }
      if expected > 0.5 {
        #expect(agree(part.loss, expected, within: 1e-2), "step \(step + 1)")
      }
    }
  }

  @Test func preferenceLossAndGradient() throws {
    let learner = PolicyLearner(
      adapter: goldens.adapter(model.configuration), pass: TrainingPass(model: model))
    let golden = goldens.dpo
    let example = RankedExample(
      prompt: golden.promptIds, completions: [golden.chosenIds, golden.rejectedIds],
      pairs: [Pair(preferred: 0, rejected: 1)])
    let reference = try learner.referenceSums([example])
    #expect(agree(reference[0][0], golden.refChosen, within: 1e-3))
    #expect(agree(reference[0][1], golden.refRejected, within: 1e-3))
    let part = try learner.addPreference([example], reference: reference, beta: golden.beta)
    #expect(agree(part.loss, golden.loss, within: 1e-3))
    #expect(agree(try learner.step(learningRate: 0, clip: 0), golden.gradNorm, within: 1e-2))
  }

  @Test func rewardScoresLossAndGradient() throws {
    let golden = goldens.reward
    let head = (0..<model.configuration.hiddenSize).map {
      Float(0.02 * cos(0.05 * Double($0) + Double(goldens.seed)))
    }
    let reward = try RewardModel(adapter: goldens.adapter(model.configuration), heads: [head])
    let pass = TrainingPass(model: model)
    let scores = try reward.score(
      prompt: golden.promptIds, completions: golden.completions, with: pass)
    for (score, expected) in zip(scores, golden.scores) {
      #expect(abs(Double(score[0]) - expected) < 1e-3 * 0.08)
    }
    let learner = RewardLearner(model: reward, pass: pass)
    let part = try learner.add([
      RankedExample(
        prompt: golden.promptIds, completions: golden.completions,
        pairs: Pair.all(tiers: golden.tiers))
    ])
    #expect(agree(part.loss, golden.loss, within: 1e-3))
    // The goldens' norm leaves the head out, whose gradient is the slopes' sum of hidden states.
    var slopes: [Double] = []
    _ = PairwiseLoss.evaluate(
      scores: golden.scores, pairs: Pair.all(tiers: golden.tiers), gradient: &slopes)
    let hidden = try pass.forward(
      [PackedSequence(prompt: golden.promptIds, completions: golden.completions)],
      adapter: reward.adapter, needs: [.endHidden], keepForBackward: false
    ).endHidden.map(Array.init)
    var squares = golden.gradNorm * golden.gradNorm
    for unit in 0..<model.configuration.hiddenSize {
      let gradient = zip(slopes, hidden).reduce(0.0) { $0 + $1.0 * Double($1.1[unit]) }
      squares += gradient * gradient
    }
    let norm = try learner.step(learningRate: 0, clip: 0)
    #expect(agree(norm, squares.squareRoot(), within: 1e-2))
  }
}
