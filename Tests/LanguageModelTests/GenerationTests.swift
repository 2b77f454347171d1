import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// Generation: reproducible, in lock-step as alone, and true to the training pass.
  @Suite(.serialized) struct GenerationTests {
    let model: LanguageModel
    let prompt = randomTokens(23, seed: 5)

    init() throws {
      model = try tinyModel()
    }

    private func logprobs(
      _ completions: [GeneratedCompletion], adapter: LoRAAdapter?, model: LanguageModel,
      prompt: [TokenID]
    ) throws -> RaggedRows {
      try TrainingPass(model: model).forward(
        [PackedSequence(prompt: prompt, completions: completions.map(\.tokenIDs))],
        adapter: adapter, needs: [.logprobs], keepForBackward: false
      ).logprobs
    }

    /// Gives every parameter a value that 8 bits hold exactly.
    private func snap(_ adapter: LoRAAdapter) {
      for layer in adapter.layers {
        for linear in LinearLayer.allCases {
          for (factor, run) in [(LoRAAdapter.Factor.a, 32), (.b, adapter.rank)] {
            for (offset, index) in adapter.range(layer: layer, linear: linear, factor: factor)
              .enumerated()
            {
              let code = (adapter.parameters[index] * 2048).rounded()
              adapter.parameters[index] =
                (offset % run == 0 ? 127 : min(max(code, -127), 127)) / 2048
            }
          }
        }
      }
    }

    @Test(arguments: [0, 3, 4, 16])
    func `log-probabilities equal the training pass's`(rank: Int) throws {
      let adapter = rank == 0 ? nil : livelyAdapter(model.configuration, rank: rank)
      if let adapter { snap(adapter) }
      let completions = try Generator(model: model).generate(
        prompt: prompt, adapter: adapter, seeds: [1, 2, 3, 4, 5],
        sampling: SamplingParameters(temperature: 0.7, topP: 0.9, maxTokens: 70))
      #expect(completions.contains { $0.tokenIDs.count > 40 })
      let expected = try logprobs(completions, adapter: adapter, model: model, prompt: prompt)
      for (completion, expected) in zip(completions, expected) {
        #expect(completion.logprobs.count == completion.tokenIDs.count)
        for (a, b) in zip(completion.logprobs, expected) {
          #expect(agree(Double(a), Double(b), within: 1e-3, or: 1e-3))
        }
      }
    }

    @Test func `the real model's log-probabilities equal the training pass's`() throws {
      let model = try realModel.get()
      let golden = try Goldens.load()
      let adapter = golden.adapter(model.configuration)
      let prompt = golden.greedy[0].ids
      let completions = try Generator(model: model).generate(
        prompt: prompt, adapter: adapter, seeds: [1, 2, 3],
        sampling: SamplingParameters(temperature: 0.8, maxTokens: 24))
      let expected = try logprobs(completions, adapter: adapter, model: model, prompt: prompt)
      for (completion, expected) in zip(completions, expected) {
        for (a, b) in zip(completion.logprobs, expected) {
          #expect(agree(Double(a), Double(b), within: 2e-3, or: 2e-3))
        }
      }
    }

    @Test func `a completion does not depend on the others drawn with it`() throws {
      let adapter = livelyAdapter(model.configuration)
      let sampling = SamplingParameters(temperature: 1.2, topK: 40, minP: 0.01, maxTokens: 50)
      let seeds: [UInt64] = [11, 12, 13, 14, 15, 16, 17]
      let together = try Generator(model: model).generate(
        prompt: prompt, adapter: adapter, seeds: seeds, sampling: sampling)
      for (completion, seed) in zip(together, seeds) {
        let alone = try Generator(model: model).generate(
          prompt: prompt, adapter: adapter, seeds: [seed], sampling: sampling)
        #expect(alone == [completion])
      }
      #expect(Set(together.map(\.tokenIDs)).count > 4)
    }

    @Test func `a prompt is computed once until the policy changes`() throws {
      let adapter = livelyAdapter(model.configuration)
      let generator = Generator(model: model)
      let sampling = SamplingParameters(temperature: 0, maxTokens: 20)
      func draw() throws -> GeneratedCompletion {
        try generator.generate(prompt: prompt, adapter: adapter, seeds: [0], sampling: sampling)[0]
      }
      let first = try draw()
      #expect(try draw() == first)
      for index in adapter.parameters.indices { adapter.parameters[index] *= -3 }
      let changed = try draw()
      #expect(changed.logprobs != first.logprobs)
      #expect(
        try Generator(model: model).generate(
          prompt: prompt, adapter: adapter, seeds: [0], sampling: sampling) == [changed])
    }

    @Test func `told not to stop, every completion has the longest length`() throws {
      let completions = try Generator(model: model).generate(
        prompt: prompt, adapter: nil, seeds: Array(0..<40),
        sampling: SamplingParameters(temperature: 3, maxTokens: 60), stopsAtEnd: false)
      let end = model.tokenizer.endToken
      #expect(completions.allSatisfy { $0.tokenIDs.count == 60 && $0.logprobs.count == 60 })
      #expect(completions.contains { $0.tokenIDs.dropLast().contains(end) })
    }

    @Test func `the end token stops a completion and stays out of its text`() throws {
      let completions = try Generator(model: model).generate(
        prompt: prompt, adapter: nil, seeds: Array(0..<40),
        sampling: SamplingParameters(temperature: 3, maxTokens: 60))
      let stopped = completions.filter { $0.finishReason == .stop }
      #expect(!stopped.isEmpty)
      for completion in completions {
        let end = completion.tokenIDs.firstIndex(of: model.tokenizer.endToken)
        if completion.finishReason == .stop {
          #expect(end == completion.tokenIDs.count - 1)
          #expect(
            completion.text == model.tokenizer.decode(completion.tokenIDs.dropLast()))
        } else {
          #expect(end == nil)
          #expect(completion.tokenIDs.count == 60)
        }
      }
    }

    @Test func `a step can cancel, and sees all tokens so far`() throws {
      var seen: [[Int]] = []
      #expect(throws: CancellationError.self) {
        try Generator(model: model).generate(
          prompt: prompt, adapter: nil, seeds: [1, 2],
          sampling: SamplingParameters(temperature: 0.1, maxTokens: 20)
        ) { progress in
          seen.append((0..<progress.count).map { progress.tokens(of: $0).count })
          return progress.step < 3
        }
      }
      #expect(seen == [[1, 1], [2, 2], [3, 3], [4, 4]])
    }

    @Test(arguments: [0, 16]) func `a token allocates nothing`(rank: Int) throws {
      let model = try realModel.get()
      let golden = try Goldens.load()
      var counts: [Int] = []
      counts.reserveCapacity(200)
      _ = try Generator(model: model).generate(
        prompt: golden.greedy[0].ids,
        adapter: rank == 0 ? nil : golden.adapter(model.configuration),
        seeds: [1, 2, 3, 4],
        sampling: SamplingParameters(temperature: 0.7, topP: 0.95, maxTokens: 96),
        stopsAtEnd: false
      ) { _ in
        counts.append(allocationCount())
        return true
      }
      let steps = zip(counts.dropFirst(), counts).map(-)
      #expect(steps.count == 95)
      // The first steps start what is started once in a process.
      #expect(steps.suffix(80).allSatisfy { $0 == 0 })
    }

    @Test func `a prompt that leaves no room is refused with a sentence`() throws {
      do {
        _ = try Generator(model: model).generate(
          prompt: randomTokens(1000, seed: 0), adapter: nil, seeds: [0],
          sampling: SamplingParameters(maxTokens: 128))
        Issue.record("1128 tokens were accepted")
      } catch let error as LanguageModelError {
        #expect(error.description.contains("1000 tokens"))
        #expect(error.description.contains("1024"))
      }
    }
  }
}
