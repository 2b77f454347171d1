import Foundation
import TestSupport
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// What the base says of completions, for linear models of it.
  @Suite(.serialized) struct CompletionFeaturesTests {
    let model: LanguageModel
    let prompt = randomTokens(11, seed: 1)
    let completions = [9, 1, 14].map { randomTokens($0, seed: UInt64($0)) }

    init() throws { model = try tinyModel() }

    private func features(_ batch: [PackedSequence]) throws -> TrainingPass.Output {
      try TrainingPass(model: model).forward(
        batch, adapter: nil, needs: [.features, .logprobs], keepForBackward: false)
    }

    @Test func theyDoNotDependOnTheBatch() throws {
      let together = try features([PackedSequence(prompt: prompt, completions: completions)])
      #expect(together.features.count == completions.count)
      for (index, completion) in completions.enumerated() {
        let alone = try features([PackedSequence(prompt: prompt, completions: [completion])])
        for (a, b) in zip(together.features[index], alone.features[0]) {
          #expect(abs(a - b) < 1e-4)
        }
        #expect(alone.logprobs[0].count == completion.count)
      }
    }

    @Test func theFirstBlockIsTheMeanEmbeddingAndTheFifthTheEndState() throws {
      let output = try features([PackedSequence(prompt: prompt, completions: completions)])
      let width = model.configuration.hiddenSize
      let blocks = CompletionFeatures.blocks(of: model.configuration)
      for (index, completion) in completions.enumerated() {
        let row = Array(output.features[index])
        #expect(row.count == blocks.count * width)
        for unit in 0..<width {
          let sum = completion.reduce(Float(0)) {
            $0 + model.weights.embedding.base[Int($1) * width + unit]
          }
          #expect(abs(row[unit] - sum / Float(completion.count)) < 1e-5)
        }
        #expect(Array(row[4 * width..<5 * width]) == Array(output.endHidden[index]))
        // The blocks between are layers of their own.
        #expect(row[width..<2 * width] != row[..<width])
        #expect(row[2 * width..<3 * width].contains { $0 != 0 })
      }
    }

    @Test func theLastBlockIsThePromptsEndInTheMiddle() throws {
      let other = randomTokens(7, seed: 3)
      let output = try features([
        PackedSequence(prompt: prompt, completions: completions),
        PackedSequence(prompt: other, completions: [completions[0]]),
      ])
      let width = model.configuration.hiddenSize
      let rows = output.features.map { Array($0.suffix(width)) }
      #expect(rows[0] == rows[1])
      #expect(rows[0] == rows[2])
      #expect(rows[0] != rows[3])
      // The prompt as a completion ends in the same row.
      let whole = try features([
        PackedSequence(prompt: Array(prompt[..<1]), completions: [Array(prompt[1...])])
      ])
      for (a, b) in zip(rows[0], whole.features[0][(2 * width + whole.features[0].startIndex)...]) {
        #expect(abs(a - b) < 1e-4)
      }
    }

    @Test func aCompletionOfOneTokenHasTheSameMeanAndEnd() throws {
      let output = try features([PackedSequence(prompt: prompt, completions: completions)])
      let width = model.configuration.hiddenSize
      let row = Array(output.features[1])
      #expect(Array(row[width..<2 * width]) == Array(row[2 * width..<3 * width]))
    }
  }
}
