import LanguageModel
import TestSupport
import Testing

@testable import Learning

/// Training on the same records again and again, with adapters on upper layers only.
@Suite(.serialized) struct ReplayTests {
  let goldens: Goldens
  let model: LanguageModel

  init() throws {
    goldens = try Goldens.load()
    model = try realModel.get()
  }

  private func bits(_ adapter: LoRAAdapter) -> [UInt32] { adapter.parameters.map(\.bitPattern) }

  @Test func `a policy learns the same from what is kept`() throws {
    let examples = goldens.sft.demonstrations.map {
      SupervisedExample(prompt: $0.promptIds, completion: $0.completionIds)
    }
    func train(residualBytes: Int) throws -> [UInt32] {
      let learner = PolicyLearner(
        adapter: LoRAAdapter(
          configuration: model.configuration, rank: 4, alpha: 8, layers: 26..<30, seed: 1),
        pass: TrainingPass(model: model, residualBytes: residualBytes))
      let start = bits(learner.adapter)
      let options = TrainingOptions(
        learningRate: 1e-3, schedule: .constant, clip: 1, batch: 2, steps: 4, shuffle: true,
        seed: 5)
      var losses: [Double] = []
      try TrainingRun.supervised(examples, learner: learner, options: options) {
        losses.append($0.loss)
        return true
      }
      #expect(losses.count == 4)
      #expect(bits(learner.adapter) != start)
      return bits(learner.adapter)
    }
    // Room for all, for none, and for about one.
    let expected = try train(residualBytes: 0)
    #expect(try train(residualBytes: 96 << 20) == expected)
    #expect(
      try train(residualBytes: examples[0].tokenCount * model.configuration.hiddenSize * 4)
        == expected)
  }

  @Test func `a reward model learns the same from what is kept`() throws {
    let example = RankedExample(
      prompt: goldens.reward.promptIds, completions: goldens.reward.completions,
      pairs: Pair.all(tiers: goldens.reward.tiers))
    func train(residualBytes: Int) throws -> [UInt32] {
      let pass = TrainingPass(model: model, residualBytes: residualBytes)
      let learner = RewardLearner(
        model: try RewardModel(
          configuration: model.configuration, rank: 4, alpha: 8, layers: 26..<30, heads: 2, seed: 1),
        pass: pass)
      for _ in 0..<3 {
        _ = try learner.add([example])
        _ = try learner.step(learningRate: 1e-3, clip: 1)
        // Scoring in between computes in float32, and the learner does not.
        _ = try learner.model.score(
          prompt: example.prompt, completions: example.completions, with: pass)
      }
      return bits(learner.model.adapter) + learner.model.heads.joined().map(\.bitPattern)
    }
    #expect(try train(residualBytes: 96 << 20) == train(residualBytes: 0))
  }
}
