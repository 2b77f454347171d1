import Feedback
import LanguageModel

extension BenchRun {
  /// Completions of one prompt: `k` of them in lock-step, with an adapter or without.
  private struct Case {
    var k: Int
    var adapter: LoRAAdapter?
  }

  private struct Times {
    var prompt: Double
    var decode: Double
  }

  private static let promptTokens = 128
  private static let drawnTokens = 64

  /// Draws 64 tokens each after a prompt of 128 that is new each time.
  ///
  /// The cases take turns, so that a change of the machine's clock meets them all.
  func measureCandidates() throws {
    guard fits(Self.promptTokens + Self.drawnTokens) else { return }
    let adapter = try trainedAdapter()
    let cases =
      [1, 2, 4, 8].map { Case(k: $0, adapter: nil) } + [4, 8].map { Case(k: $0, adapter: adapter) }
    let generator = Generator(model: model)
    let rounds = try collect("candidates", seconds: 24) { round in
      try cases.enumerated().map { index, test in
        try draw(test, number: round * cases.count + index, from: generator)
      }
    }
    for (index, test) in cases.enumerated() {
      let times = rounds.map { $0[index] }
      var result = BenchResult(.candidates, seconds: Samples(times.map { $0.prompt + $0.decode }))
      result.k = test.k
      result.adapter = test.adapter != nil
      result.promptTokens = Self.promptTokens
      result.tokens = Self.promptTokens + Self.drawnTokens
      result.promptSeconds = Samples(times.map(\.prompt))
      result.decodeSeconds = Samples(times.map(\.decode))
      // The first token of each comes from the prompt's logits.
      let decoded = Double(test.k * (Self.drawnTokens - 1))
      result.tokensPerSecond = Samples(times.map { decoded / $0.decode })
      result.operationsPerToken = work.decoding
      results.append(result)
    }
  }

  private func draw(_ test: Case, number: Int, from generator: Generator) throws -> Times {
    let prompt = texts.prompt(tokens: Self.promptTokens, number: number)
    let clock = ContinuousClock()
    let start = clock.now
    var first = start
    let completions = try generator.generate(
      prompt: prompt, adapter: test.adapter,
      seeds: (0..<test.k).map { UInt64(number * 16 + $0) },
      sampling: SamplingParameters(maxTokens: Self.drawnTokens), stopsAtEnd: false
    ) { progress in
      if progress.step == 0 { first = clock.now }
      return true
    }
    let end = clock.now
    precondition(completions.allSatisfy { $0.tokenIDs.count == Self.drawnTokens })
    return Times(prompt: (first - start) / .seconds(1), decode: (end - first) / .seconds(1))
  }
}
