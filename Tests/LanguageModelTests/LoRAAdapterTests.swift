import Foundation
import LanguageModel
import Testing

/// The layout of an adapter's parameters and what a new one holds.
struct LoRAAdapterTests {
  private let configuration = ModelConfiguration(
    architecture: "llama", vocabularySize: 100, hiddenSize: 24, feedForwardSize: 40, layerCount: 5,
    headCount: 3, keyValueHeadCount: 1, headSize: 8, ropeBase: 10_000, normEpsilon: 1e-5,
    contextLength: 64)

  private func factors(_ adapter: LoRAAdapter) -> [(LinearLayer, LoRAAdapter.Factor, Range<Int>)] {
    adapter.layers.flatMap { layer in
      LinearLayer.allCases.flatMap { linear in
        [LoRAAdapter.Factor.a, .b].map { factor in
          (linear, factor, adapter.range(layer: layer, linear: linear, factor: factor))
        }
      }
    }
  }

  @Test func `an adapter goes some of the way to another`() {
    let adapter = LoRAAdapter(configuration: configuration, rank: 3, alpha: 6, seed: 0)
    let before = Array(adapter.parameters)
    let other = before.indices.map { Float($0 % 7) }
    adapter.move(0.25, to: other)
    #expect(Array(adapter.parameters) == zip(before, other).map { $0 + 0.25 * ($1 - $0) })
  }

  @Test(arguments: [nil, 2..<4]) func `factors fill the parameters without gaps`(
    layers: Range<Int>?
  ) {
    let adapter = LoRAAdapter(
      configuration: configuration, rank: 3, alpha: 6, layers: layers, seed: 0)
    #expect(adapter.scale == 2)
    #expect(adapter.layers == layers ?? 0..<5)
    var end = 0
    for range in factors(adapter).map(\.2).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      #expect(range.lowerBound == end)
      end = range.upperBound
    }
    #expect(end == adapter.parameters.count)
    for (linear, factor, range) in factors(adapter) {
      let shape = configuration.shape(of: linear)
      #expect(range.count == 3 * (factor == .a ? shape.input : shape.output))
    }
  }

  @Test func `a new adapter has uniform A and zero B, and the seed decides`() {
    let adapter = LoRAAdapter(configuration: configuration, rank: 3, alpha: 6, seed: 7)
    for (linear, factor, range) in factors(adapter) {
      let values = adapter.parameters[range]
      if factor == .b {
        #expect(values.allSatisfy { $0 == 0 })
      } else {
        let bound = 1 / Float(configuration.shape(of: linear).input).squareRoot()
        let largest = values.map(abs).max()!
        #expect(largest <= bound && largest > 0.8 * bound)
        #expect(abs(values.reduce(0, +) / Float(values.count)) < 0.3 * bound)
      }
    }
    let same = LoRAAdapter(configuration: configuration, rank: 3, alpha: 6, seed: 7)
    let other = LoRAAdapter(configuration: configuration, rank: 3, alpha: 6, seed: 8)
    #expect(Array(adapter.parameters) == Array(same.parameters))
    #expect(Array(adapter.parameters) != Array(other.parameters))
  }

  @Test func `a copy has parameters of its own`() {
    let adapter = LoRAAdapter(
      configuration: configuration, rank: 2, alpha: 4, layers: 1..<3, seed: 7)
    let copy = adapter.copy()
    #expect(Array(copy.parameters) == Array(adapter.parameters))
    #expect(copy.layers == 1..<3)
    copy.parameters[0] += 1
    #expect(copy.parameters[0] != adapter.parameters[0])
  }
}
