import CKernels
import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// A tiny model for one test, whose file goes when it is loaded.
func tinyModel(seed: UInt64 = 0) throws -> LanguageModel {
  let path = try TinyModel.write(seed: seed)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try LanguageModel.load(path: path)
}

/// An adapter whose B is not zero, so that it changes what the model says.
func livelyAdapter(
  _ configuration: ModelConfiguration, rank: Int = 4, layers: Range<Int>? = nil, seed: UInt64 = 1
) -> LoRAAdapter {
  let adapter = LoRAAdapter(
    configuration: configuration, rank: rank, alpha: 2 * Float(rank), layers: layers, seed: seed)
  var random = SplitMix64(seed: seed)
  for index in adapter.parameters.indices {
    adapter.parameters[index] += Float(random.uniform() - 0.5) * 0.1
  }
  return adapter
}

func randomTokens(_ count: Int, seed: UInt64) -> [TokenID] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { _ in TokenID(Int.random(in: 3..<256, using: &random)) }
}

extension ComputeTests {
  /// Completions packed after one copy of their prompt equal passes of their own.
  @Suite(.serialized) struct PackingTests {
    let model: LanguageModel
    let prompt = randomTokens(37, seed: 1)
    let completions = [19, 1, 45, 33].enumerated().map {
      randomTokens($0.element, seed: UInt64($0.offset + 10))
    }

    init() throws {
      model = try tinyModel()
    }

    /// A coefficient for each token that differs from its neighbours'.
    private func coefficients(_ completion: Int) -> [Float] {
      completions[completion].indices.map { sin(Float($0 + 3 * completion)) }
    }

    private func endGradient(_ completion: Int) -> [Float] {
      (0..<model.configuration.hiddenSize).map { cos(Float($0 * (completion + 1))) * 0.1 }
    }

    private func separately(
      _ adapter: LoRAAdapter, keptBytes: Int?, gradient: UnsafeMutableBufferPointer<Float>
    ) throws -> (logprobs: [[Float]], hidden: [[Float]]) {
      var logprobs: [[Float]] = []
      var hidden: [[Float]] = []
      let pass = TrainingPass(model: model)
      if let keptBytes { pass.keptBytes = keptBytes }
      for (index, completion) in completions.enumerated() {
        let output = try pass.forward(
          [PackedSequence(prompt: prompt, completions: [completion])], adapter: adapter,
          needs: [.logprobs, .endHidden], keepForBackward: true)
        logprobs.append(Array(output.logprobs[0]))
        hidden.append(Array(output.endHidden[0]))
        try pass.backward(
          tokenGradients: RaggedRows([coefficients(index)]),
          endHiddenGradients: RaggedRows([endGradient(index)]), gradient: gradient)
      }
      return (logprobs, hidden)
    }

    @Test(arguments: [(0..<2, nil), (1..<2, nil), (0..<1, nil), (0..<2, 0), (0..<2, 900_000)])
    func `a packed slate equals separate passes`(layers: Range<Int>, keptBytes: Int?) throws {
      let adapter = livelyAdapter(model.configuration, layers: layers)
      let pass = TrainingPass(model: model)
      if let keptBytes { pass.keptBytes = keptBytes }
      // A second sequence must not disturb the first.
      let output = try pass.forward(
        [
          PackedSequence(prompt: prompt, completions: completions),
          PackedSequence(prompt: randomTokens(5, seed: 99), completions: [[7, 8, 9]]),
        ], adapter: adapter, needs: [.logprobs, .endHidden], keepForBackward: true)
      try withGradient(of: adapter) { packed in
        try withGradient(of: adapter) { separate in
          try pass.backward(
            tokenGradients: RaggedRows(completions.indices.map(coefficients) + [[0, 0, 0]]),
            endHiddenGradients: RaggedRows(
              completions.indices.map(endGradient)
                + [[Float](repeating: 0, count: model.configuration.hiddenSize)]),
            gradient: packed)
          let expected = try separately(adapter, keptBytes: nil, gradient: separate)
          for index in completions.indices {
            for (a, b) in zip(output.logprobs[index], expected.logprobs[index]) {
              #expect(agree(Double(a), Double(b), within: 1e-4, or: 1e-4))
            }
            for (a, b) in zip(output.endHidden[index], expected.hidden[index]) {
              #expect(agree(Double(a), Double(b), within: 1e-4, or: 1e-4))
            }
          }
          let norm = apprentice_sum_of_squares(separate.baseAddress, separate.count).squareRoot()
          #expect(norm > 0.01)
          let difference = zip(packed, separate).map { $0 - $1 }
          let distance = apprentice_sum_of_squares(difference, difference.count).squareRoot()
          #expect(distance < 1e-4 * norm, "\(distance) of \(norm)")
        }
      }
    }

    @Test func `gradients given to the forward pass equal those given afterwards`() throws {
      let adapter = livelyAdapter(model.configuration)
      let batch = [PackedSequence(prompt: prompt, completions: completions)]
      var weights = completions.indices.map(coefficients)
      for index in weights[0].indices where index % 3 == 0 { weights[0][index] = 0 }
      try withGradient(of: adapter) { early in
        try withGradient(of: adapter) { late in
          let pass = TrainingPass(model: model)
          let first = try pass.forward(
            batch, adapter: adapter, needs: [.logprobs], keepForBackward: true,
            tokenGradients: RaggedRows(weights))
          try pass.backward(gradient: early)
          let second = try pass.forward(
            batch, adapter: adapter, needs: [.logprobs], keepForBackward: true)
          try pass.backward(tokenGradients: RaggedRows(weights), gradient: late)
          let norm = apprentice_sum_of_squares(late.baseAddress, late.count).squareRoot()
          let difference = zip(early, late).map { $0 - $1 }
          #expect(
            apprentice_sum_of_squares(difference, difference.count).squareRoot() < 1e-5 * norm)
          for (index, weight) in weights[0].enumerated() {
            #expect(
              first.logprobs.values[index] == 0
                ? weight == 0
                : agree(
                  Double(first.logprobs.values[index]), Double(second.logprobs.values[index]),
                  within: 1e-5))
          }
        }
      }
    }

    @Test func `gradients equal finite differences`() throws {
      let adapter = livelyAdapter(model.configuration)
      let pass = TrainingPass(model: model)
      let batch = [PackedSequence(prompt: prompt, completions: completions)]
      let weights = completions.indices.map(coefficients)
      func loss() throws -> Double {
        let output = try pass.forward(
          batch, adapter: adapter, needs: [.logprobs], keepForBackward: false)
        return zip(output.logprobs.values, weights.joined()).reduce(0) {
          $0 + Double($1.0) * Double($1.1)
        }
      }
      try withGradient(of: adapter) { gradient in
        _ = try pass.forward(
          batch, adapter: adapter, needs: [.logprobs], keepForBackward: true,
          tokenGradients: RaggedRows(weights))
        try pass.backward(gradient: gradient)
        for layer in 0..<2 {
          for linear in LinearLayer.allCases {
            for factor in [LoRAAdapter.Factor.a, .b] {
              // Along the gradient itself, where the difference is largest against rounding.
              let range = adapter.range(layer: layer, linear: linear, factor: factor)
              let norm = apprentice_sum_of_squares(
                gradient.baseAddress! + range.lowerBound, range.count
              ).squareRoot()
              let before = Array(adapter.parameters[range])
              let step = 0.01
              func moved(_ direction: Double) throws -> Double {
                for (offset, index) in range.enumerated() {
                  adapter.parameters[index] =
                    before[offset] + Float(direction * step * Double(gradient[index]) / norm)
                }
                return try loss()
              }
              let slope = (try moved(1) - moved(-1)) / (2 * step)
              for (offset, index) in range.enumerated() {
                adapter.parameters[index] = before[offset]
              }
              #expect(
                agree(slope, norm, within: 1e-2), "\(layer) \(linear) \(factor): \(slope), \(norm)")
            }
          }
        }
      }
    }

    @Test func `what does not fit is refused with a sentence`() throws {
      let pass = TrainingPass(model: model)
      func refusal(_ batch: [PackedSequence]) -> String {
        do {
          _ = try pass.forward(batch, adapter: nil, needs: [.logprobs], keepForBackward: false)
          return "nothing"
        } catch {
          return error.description
        }
      }
      #expect(refusal([PackedSequence(prompt: [], completions: [[5]])]).contains("no tokens"))
      #expect(refusal([PackedSequence(prompt: [5], completions: [[9999]])]).contains("9999"))
      #expect(
        refusal([PackedSequence(prompt: [5], completions: [randomTokens(1024, seed: 0)])])
          .contains("1025 tokens"))
      let adapter = livelyAdapter(model.configuration)
      withGradient(of: adapter) { gradient in
        #expect(throws: LanguageModelError.self) { try pass.backward(gradient: gradient) }
      }
    }
  }
}
