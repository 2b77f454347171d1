import Feedback
import Foundation
import Testing

@testable import LanguageModel

/// Which tokens the sampler can draw, and how often.
struct SamplerTests {
  /// Logits of 5000 tokens whose probabilities are 0.5, 0.25, 0.15, 0.1 for four of them and next to
  /// nothing for the rest.
  private let logits: [Float]
  private let likely: [TokenID: Double] = [4001: 0.5, 7: 0.25, 2500: 0.15, 4999: 0.1]

  init() {
    var logits = [Float](repeating: -40, count: 5000)
    for (token, share) in likely { logits[Int(token)] = Float(log(share)) + 3 }
    self.logits = logits
  }

  private func draw(_ sampling: SamplingParameters, count: Int = 4000) throws -> [TokenID: Double] {
    let candidates = Candidates(vocabularySize: logits.count)
    var found: [TokenID: Double] = [:]
    try logits.withUnsafeBufferPointer { logits in
      for seed in 0..<count {
        var sampler = TokenSampler(sampling, seed: UInt64(seed))
        found[try sampler.draw(from: logits, using: candidates).token, default: 0] +=
          1 / Double(count)
      }
    }
    return found
  }

  private func expect(_ found: [TokenID: Double], _ expected: [TokenID: Double]) {
    #expect(Set(found.keys) == Set(expected.keys))
    for (token, share) in expected { #expect(abs((found[token] ?? 0) - share) < 0.035) }
  }

  @Test func `temperature 1 draws the model's distribution`() throws {
    expect(try draw(SamplingParameters()), likely)
  }

  @Test func `temperature 0 draws the likeliest`() throws {
    expect(try draw(SamplingParameters(temperature: 0), count: 20), [4001: 1])
  }

  @Test func `a temperature of one half squares the odds`() throws {
    let squares = likely.mapValues { $0 * $0 }
    let total = squares.values.reduce(0, +)
    expect(try draw(SamplingParameters(temperature: 0.5)), squares.mapValues { $0 / total })
  }

  @Test func `top-k keeps the k likeliest`() throws {
    expect(try draw(SamplingParameters(topK: 2)), [4001: 2 / 3.0, 7: 1 / 3.0])
    expect(try draw(SamplingParameters(topK: 1), count: 20), [4001: 1])
  }

  @Test func `top-p keeps the fewest that hold the mass`() throws {
    expect(try draw(SamplingParameters(topP: 0.7)), [4001: 2 / 3.0, 7: 1 / 3.0])
    expect(
      try draw(SamplingParameters(topP: 0.8)), [4001: 0.5 / 0.9, 7: 0.25 / 0.9, 2500: 0.15 / 0.9])
  }

  @Test func `min-p cuts under a share of the likeliest`() throws {
    expect(try draw(SamplingParameters(minP: 0.4)), [4001: 2 / 3.0, 7: 1 / 3.0])
  }

  @Test func `the cuts follow one another`() throws {
    expect(
      try draw(SamplingParameters(topK: 3, topP: 0.8, minP: 0.1)), [4001: 2 / 3.0, 7: 1 / 3.0])
  }

  @Test func `log-probabilities are the plain model's whatever is cut`() throws {
    let candidates = Candidates(vocabularySize: logits.count)
    var sampler = TokenSampler(SamplingParameters(temperature: 0.3, topK: 1), seed: 3)
    let (token, logprob) = try logits.withUnsafeBufferPointer {
      try sampler.draw(from: $0, using: candidates)
    }
    #expect(token == 4001)
    #expect(abs(Double(logprob) - log(0.5)) < 1e-4)
  }

  @Test func `logits that are no distribution are refused`() {
    let infinite = [.infinity] + logits.dropFirst()
    let none = [Float](repeating: .nan, count: logits.count)
    let candidates = Candidates(vocabularySize: logits.count)
    for sampling in [
      SamplingParameters(), SamplingParameters(temperature: 0), SamplingParameters(topP: 0.9),
      SamplingParameters(topK: 3), SamplingParameters(minP: 0.1),
    ] {
      for broken in [infinite, none] {
        var sampler = TokenSampler(sampling, seed: 1)
        let error = #expect(throws: LanguageModelError.self) {
          try broken.withUnsafeBufferPointer { try sampler.draw(from: $0, using: candidates) }
        }
        #expect(error?.description.contains("not finite") == true)
      }
    }
  }

  @Test func `candidates come from the likeliest down`() {
    let candidates = Candidates(vocabularySize: 500)
    var random = SplitMix64(seed: 4)
    for threshold: Float in [0, 0.3, 2] {
      // Few values, so that many are equal.
      for token in 0..<500 { candidates.weights[token] = Float(random.next() % 50) / 50 }
      let expected = (0..<500).filter { candidates.weights[$0] >= threshold }
        .sorted { (-candidates.weights[$0], $0) < (-candidates.weights[$1], $1) }
      let sum = candidates.select(atLeast: threshold)
      #expect(candidates.count == expected.count)
      let weights = expected.map { Double(candidates.weights[$0]) }
      #expect(abs(sum - weights.reduce(0, +)) < 1e-9)
      // Out of order, as far as has been taken already.
      if let third = expected.dropFirst(2).first { #expect(candidates[2].token == third) }
      #expect(expected.indices.map { candidates[$0].token } == expected)
      #expect(expected.indices.map { candidates[$0].weight } == weights)
      #expect(
        candidates.weight(below: expected.count / 2)
          == weights.prefix(expected.count / 2).reduce(0, +))
    }
  }
}
