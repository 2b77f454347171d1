import CKernels
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
          let computed = Double(output.logprobs.values[index])
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
        let computed = output.logprobs[0].map(Double.init)
        #expect(computed.count == golden.logprobs.count)
        for (a, b) in zip(computed, golden.logprobs) {
          #expect(agree(a, b, within: 1e-3, or: 2e-3))
        }
        #expect(agree(computed.reduce(0, +), golden.sum, within: 1e-3))
      }
    }

    /// The logits after each of `tokens`, and the perplexity of those from `first` on.
    private func evaluated(
      _ tokens: [TokenID], from first: Int, adapter: LoRAAdapter? = nil, arithmetic: Arithmetic
    ) throws -> (logits: [Float], perplexity: Double) {
      let c = model.configuration
      let rows = try PackedRows(
        [PackedSequence(prompt: tokens, completions: [])], configuration: c, withoutLast: false)
      let transformer = Transformer(model: model)
      defer { withExtendedLifetime(transformer) {} }
      let codeAdapter = try adapter.map { try CodeAdapter($0, identity: AdapterIdentity($0)) }
      let residual = try transformer.forward(
        rows, adapter: adapter, codeAdapter: codeAdapter, arithmetic: arithmetic,
        keepForBackward: false)
      let memory = try FloatMemory(
        count: rows.count * (c.hiddenSize + c.vocabularySize) + c.codeScratch(rows: rows.count))
      let normed = Matrix(memory.base, rows.count, c.hiddenSize)
      let logits = Matrix(
        normed.base + rows.count * c.hiddenSize, rows.count, c.vocabularySize)
      apprentice_rms_norm(
        residual.base, model.weights.finalNorm, normed.base, nil, rows.count, c.hiddenSize,
        c.normEpsilon)
      multiply(
        normed, codes: arithmetic == .codes ? [try model.codes().head] : [],
        weights: model.weights.head, into: logits,
        scratch: logits.base + rows.count * c.vocabularySize)
      var loss = 0.0
      for position in first..<tokens.count {
        let row = UnsafeBufferPointer(
          start: logits.base + (position - 1) * c.vocabularySize, count: c.vocabularySize)
        let most = Double(row.max()!)
        let sum = row.reduce(0.0) { $0 + exp(Double($1) - most) }
        loss -= Double(row[Int(tokens[position])]) - most - log(sum)
      }
      defer { withExtendedLifetime(memory) {} }
      return (
        Array(UnsafeBufferPointer(start: logits.base, count: rows.count * c.vocabularySize)),
        exp(loss / Double(tokens.count - first))
      )
    }

    /// Without an adapter, with the goldens', and with one that changes much.
    @Test(arguments: [0, 1, 2])
    func `codes keep logits and perplexity, with every variant of the kernels`(number: Int) throws {
      let adapter = [
        nil, goldens.adapter(model.configuration), livelyAdapter(model.configuration, rank: 16),
      ][number]
      let golden = try #require(goldens.completionLogprobs.first)
      let tokens = golden.promptIds + golden.completionIds
      let exact = try evaluated(
        tokens, from: golden.promptIds.count, adapter: adapter, arithmetic: .float32)
      let size = exact.logits.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(
        agree(
          log(exact.perplexity) * Double(golden.completionIds.count), -golden.sum, within: 1e-3)
          == (number == 0))
      try withEachVariant { variant in
        let coded = try evaluated(
          tokens, from: golden.promptIds.count, adapter: adapter, arithmetic: .codes)
        let error = zip(exact.logits, coded.logits).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
        // Promised: 2e-2 of the logits' root mean square, and 0.5 % of the perplexity.
        #expect((error / size).squareRoot() < 2e-3, "\(variant): \((error / size).squareRoot())")
        #expect(error > 0, "codes are not float32")
        #expect(abs(coded.perplexity / exact.perplexity - 1) < 5e-4, "\(variant)")
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
          let gap = output.logprobs.values[0] - output.logprobs.values[1]
          #expect(abs(gap) < 0.02, "parted at \(parting.offset) with a gap of \(gap)")
        } else {
          #expect(completion.tokenIDs.count == golden.newIds.count)
        }
      }
    }
  }
}
