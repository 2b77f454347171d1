import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// Small random models of each architecture against transformers and PEFT: `llama` with an output
  /// head of its own and Llama 3.1's stretched RoPE, `qwen2` with biases, `qwen3` with norms of its
  /// query and key heads, which are wider than the residual stream; one of them in quantised formats.
  @Suite(.serialized) struct ArchitectureTests {
    private struct Golden: Decodable {
      var promptIds: [TokenID]
      var logits: [Double]
      /// Of each demonstration's tokens, without the adapter.
      var logprobs: [[Double]]
      var greedy: Goldens.Greedy
      var adaptedGreedy: Goldens.Greedy
      /// With the adapter.
      var sft: Goldens.Supervised
    }

    private static let files = ["llama", "qwen2", "qwen3", "qwen3-quantised"]

    private func load(_ file: String) throws -> (LanguageModel, Golden) {
      (
        try LanguageModel.load(path: fixture("models/\(file).gguf").path),
        try fixture("models/\(file).json", as: Golden.self)
      )
    }

    private func adapter(_ model: LanguageModel) -> LoRAAdapter {
      formulaAdapter(model.configuration, rank: 4, alpha: 8, amplitudes: (a: 0.1, b: 0.05))
    }

    private func batch(_ golden: Golden) -> [PackedSequence] {
      golden.sft.demonstrations.map {
        PackedSequence(prompt: $0.promptIds, completions: [$0.completionIds])
      }
    }

    @Test func `the file's shape and texts are read`() throws {
      let llama = try load("llama").0
      #expect(llama.configuration.ropeFactors.first == 1)
      #expect(llama.configuration.ropeFactors.last == 8)
      #expect(llama.configuration.fileKeepsRotaryPairsTogether)
      #expect(llama.weights.head.base != llama.weights.embedding.base)
      let qwen3 = try load("qwen3").0
      #expect(qwen3.configuration.headSize == 32 && qwen3.configuration.hiddenSize == 64)
      #expect(!qwen3.configuration.fileKeepsRotaryPairsTogether)
      #expect(qwen3.weights.head.base == qwen3.weights.embedding.base)
      for (model, end) in [(llama, "<|eot_id|>"), (qwen3, "<|im_end|>")] {
        #expect(model.tokenizer.decode([model.tokenizer.endToken], skipSpecial: false) == end)
        let prompt = [Message(role: .user, content: "Name 12 rivers.\n")]
        #expect(
          model.tokenizer.decode(
            model.chatTemplate.encodePrompt(prompt, tokenizer: model.tokenizer),
            skipSpecial: false) == model.chatTemplate.render(prompt))
      }
    }

    @Test(arguments: files) func `logits match`(file: String) throws {
      let (model, golden) = try load(file)
      let tokens = golden.logits.indices.map { [TokenID($0)] }
      let output = try TrainingPass(model: model).forward(
        [PackedSequence(prompt: golden.promptIds, completions: tokens)], adapter: nil,
        needs: [.logprobs], keepForBackward: false)
      let logSum = log(golden.logits.reduce(0) { $0 + exp($1) })
      #expect(output.logprobs.values.count == model.configuration.vocabularySize)
      for (a, b) in zip(output.logprobs.values, golden.logits) {
        #expect(agree(Double(a), b - logSum, within: 1e-3, or: 1e-3))
      }
    }

    @Test(arguments: files)
    func `log-probabilities of completions match`(file: String) throws {
      let (model, golden) = try load(file)
      let output = try TrainingPass(model: model).forward(
        batch(golden), adapter: nil, needs: [.logprobs], keepForBackward: false)
      for (computed, logprobs) in zip(output.logprobs, golden.logprobs) {
        #expect(computed.count == logprobs.count)
        for (a, b) in zip(computed, logprobs) {
          #expect(agree(Double(a), b, within: 1e-3, or: 1e-3))
        }
      }
    }

    @Test(arguments: files, [false, true])
    func `loss and gradients match`(file: String, recomputing: Bool) throws {
      let (model, golden) = try load(file)
      let adapter = adapter(model)
      let pass = TrainingPass(model: model)
      if recomputing { pass.keptBytes = 0 }
      let batch = batch(golden)
      let count = Float(batch.reduce(0) { $0 + $1.completions[0].count })
      let output = try pass.forward(
        batch, adapter: adapter, needs: [.logprobs], keepForBackward: true,
        tokenGradients: RaggedRows(
          batch.flatMap { $0.completions.map { $0.map { _ in -1 / count } } }))
      let loss = -output.logprobs.values.reduce(0, +) / count
      #expect(agree(Double(loss), golden.sft.loss, within: 1e-3))
      #expect(golden.sft.grads.count == 28)
      try withGradient(of: adapter) { gradient in
        try pass.backward(gradient: gradient)
        try expectGradient(
          gradient, of: adapter, norm: golden.sft.gradNorm, tensors: golden.sft.grads,
          within: 1e-3)
      }
    }

    @Test(arguments: files)
    func `greedy continuations match, alone and in lock-step`(file: String) throws {
      let (model, golden) = try load(file)
      let generator = Generator(model: model)
      for (adapter, golden) in [(nil, golden.greedy), (adapter(model), golden.adaptedGreedy)] {
        for count in [1, 5] {
          let completions = try generator.generate(
            prompt: golden.ids, adapter: adapter, seeds: (0..<count).map { UInt64($0) },
            sampling: SamplingParameters(temperature: 0, maxTokens: golden.newIds.count))
          #expect(completions.map(\.tokenIDs) == Array(repeating: golden.newIds, count: count))
        }
      }
    }
  }
}
