import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Learning

/// The learners on the real model against PyTorch's losses, gradient norms and ten AdamW steps.
@Suite(.serialized) struct GoldenTests {
  struct Goldens: Decodable {
    struct Demonstration: Decodable {
      var promptIds: [TokenID]
      var completionIds: [TokenID]
    }
    struct Supervised: Decodable {
      var demonstrations: [Demonstration]
      var loss: Double
      var gradNorm: Double
    }
    struct Reward: Decodable {
      var promptIds: [TokenID]
      var completions: [[TokenID]]
      var tiers: [Int]
      var scores: [Double]
      var loss: Double
      var gradNorm: Double
    }
    struct Preference: Decodable {
      var promptIds: [TokenID]
      var chosenIds: [TokenID]
      var rejectedIds: [TokenID]
      var beta: Double
      var refChosen: Double
      var refRejected: Double
      var loss: Double
      var gradNorm: Double
    }
    struct Optimization: Decodable {
      var lr: Double
      var losses: [Double]
    }
    var seed: Int
    var sft: Supervised
    var reward: Reward
    var dpo: Preference
    var adamw: Optimization
  }

  let goldens: Goldens
  let model: LanguageModel

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../LanguageModelTests/Fixtures/smollm2.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    goldens = try decoder.decode(Goldens.self, from: Data(contentsOf: file))
    model = try realModel.get()
  }

  /// The goldens' adapter: rank 8, alpha 16, filled by their formula, in GGUF's row order.
  private func adapter() -> LoRAAdapter {
    let adapter = LoRAAdapter(
      configuration: model.configuration, rank: 8, alpha: 16, seed: 0)
    let seed = Double(goldens.seed)
    for layer in adapter.layers {
      for linear in LinearLayer.allCases {
        let shape = LoRAAdapter.shape(of: linear, configuration: model.configuration)
        let offset = Double(layer + linear.rawValue) + seed
        let a = adapter.range(layer: layer, linear: linear, factor: .a)
        for r in 0..<8 {
          for i in 0..<shape.input {
            adapter.parameters[a.lowerBound + r * shape.input + i] = Float(
              0.02 * sin(0.37 * Double(r) + 0.11 * Double(i) + offset))
          }
        }
        let b = adapter.range(layer: layer, linear: linear, factor: .b)
        for o in 0..<shape.output {
          let row = ggufRow(o, of: linear)
          for r in 0..<8 {
            adapter.parameters[b.lowerBound + row * 8 + r] = Float(
              0.01 * cos(0.23 * Double(o) + 0.53 * Double(r) + offset))
          }
        }
      }
    }
    return adapter
  }

  /// Where PEFT's output row stands in a GGUF file: pairs for RoPE lie side by side there.
  private func ggufRow(_ row: Int, of linear: LinearLayer) -> Int {
    guard linear == .query || linear == .key else { return row }
    let size = model.configuration.headSize
    let (head, within) = row.quotientAndRemainder(dividingBy: size)
    let (half, pair) = within.quotientAndRemainder(dividingBy: size / 2)
    return head * size + pair * 2 + half
  }

  private func isClose(_ value: Double, _ expected: Double, within tolerance: Double) -> Bool {
    abs(value - expected) <= tolerance * abs(expected)
  }

  @Test func supervisedLossGradientAndTenSteps() throws {
    let learner = PolicyLearner(adapter: adapter(), pass: TrainingPass(model: model))
    let examples = goldens.sft.demonstrations.map {
      SupervisedExample(prompt: $0.promptIds, completion: $0.completionIds)
    }
    for (step, expected) in goldens.adamw.losses.enumerated() {
      let part = try learner.addSupervised(examples)
      let norm = try learner.step(learningRate: goldens.adamw.lr, clip: 0)
      if step == 0 {
        #expect(isClose(part.loss, goldens.sft.loss, within: 1e-3))
        #expect(isClose(norm, goldens.sft.gradNorm, within: 1e-2))
      }
      if expected > 0.5 {
        #expect(isClose(part.loss, expected, within: 1e-2), "step \(step + 1)")
      }
    }
  }

  @Test func preferenceLossAndGradient() throws {
    let learner = PolicyLearner(adapter: adapter(), pass: TrainingPass(model: model))
    let golden = goldens.dpo
    let example = RankedExample(
      prompt: golden.promptIds, completions: [golden.chosenIds, golden.rejectedIds],
      pairs: [Pair(preferred: 0, rejected: 1)])
    let reference = try learner.referenceSums([example])
    #expect(isClose(reference[0][0], golden.refChosen, within: 1e-3))
    #expect(isClose(reference[0][1], golden.refRejected, within: 1e-3))
    let part = try learner.addPreference([example], reference: reference, beta: golden.beta)
    #expect(isClose(part.loss, golden.loss, within: 1e-3))
    #expect(isClose(try learner.step(learningRate: 0, clip: 0), golden.gradNorm, within: 1e-2))
  }

  @Test func rewardScoresLossAndGradient() throws {
    let golden = goldens.reward
    let head = (0..<model.configuration.hiddenSize).map {
      Float(0.02 * cos(0.05 * Double($0) + Double(goldens.seed)))
    }
    let reward = try RewardModel(adapter: adapter(), heads: [head])
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
    #expect(isClose(part.loss, golden.loss, within: 1e-3))
    // The goldens' norm leaves the head out; its share is taken off here.
    let norm = try learner.step(learningRate: 0, clip: 0)
    #expect(norm >= golden.gradNorm * 0.99)
  }
}
