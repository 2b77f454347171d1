import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// All tests that compute with a model: oneDNN is called by one at a time.
@Suite(.serialized) struct ComputeTests {}

extension ComputeTests {
  /// The forward pass and generation against the reference.
  @Suite(.serialized) struct ForwardGoldenTests {
    let goldens: Goldens
    let model: LanguageModel

    init() throws {
      goldens = try Goldens.load()
      model = try realModel.get()
    }

    @Test(arguments: Arithmetic.allCases)
    func `log-probabilities of the likeliest next tokens match`(arithmetic: Arithmetic) throws {
      let pass = TrainingPass(model: model)
      for golden in goldens.logits {
        let output = try pass.forward(
          [PackedSequence(prompt: golden.ids, completions: golden.topIds.map { [$0] })],
          adapter: nil, arithmetic: arithmetic, needs: [.logprobs], keepForBackward: false)
        for (index, logit) in golden.topLogits.enumerated() {
          let computed = Double(output.logprobs[0][index][0])
          #expect(agree(computed, logit - golden.logsumexp, within: 1e-3, or: 1e-3 * abs(logit)))
        }
      }
    }

    @Test(arguments: Arithmetic.allCases)
    func `log-probabilities of completions match`(arithmetic: Arithmetic) throws {
      let pass = TrainingPass(model: model)
      for golden in goldens.completionLogprobs {
        let output = try pass.forward(
          [PackedSequence(prompt: golden.promptIds, completions: [golden.completionIds])],
          adapter: nil, arithmetic: arithmetic, needs: [.logprobs], keepForBackward: false)
        let computed = output.logprobs[0][0].map(Double.init)
        #expect(computed.count == golden.logprobs.count)
        for (a, b) in zip(computed, golden.logprobs) {
          #expect(agree(a, b, within: 1e-3, or: 2e-3))
        }
        #expect(agree(computed.reduce(0, +), golden.sum, within: 1e-3))
      }
    }

    @Test func `greedy continuations match, or part where two logits are level`() throws {
      let generator = Generator(model: model)
      for golden in goldens.greedy {
        let completion = try #require(
          try generator.generate(
            prompt: golden.ids, adapter: nil, seeds: [0],
            sampling: SamplingParameters(temperature: 0, maxTokens: golden.newIds.count)
          ).first)
        let parting = zip(completion.tokenIDs, golden.newIds).enumerated().first {
          $0.element.0 != $0.element.1
        }
        if let parting {
          let prefix = golden.ids + golden.newIds.prefix(parting.offset)
          let output = try TrainingPass(model: model).forward(
            [
              PackedSequence(
                prompt: prefix, completions: [[parting.element.0], [parting.element.1]])
            ], adapter: nil, needs: [.logprobs], keepForBackward: false)
          let gap = output.logprobs[0][0][0] - output.logprobs[0][1][0]
          #expect(abs(gap) < 0.02, "parted at \(parting.offset) with a gap of \(gap)")
        } else {
          #expect(completion.tokenIDs.count == golden.newIds.count)
        }
      }
    }
  }
}
