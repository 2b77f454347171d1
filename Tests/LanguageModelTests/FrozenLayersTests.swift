import Foundation
import TestSupport
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// What lies below the lowest adapted layer is computed once, and nothing else changes.
  @Suite(.serialized) struct FrozenLayersTests {
    /// Everything that a pass gives, to be compared bit by bit.
    struct Result: Equatable {
      var logprobs: RaggedRows
      var endHidden: RaggedRows
      var gradient: [Float] = []
    }

    let model: LanguageModel
    let slate = PackedSequence(
      prompt: randomTokens(37, seed: 1),
      completions: [randomTokens(19, seed: 2), randomTokens(1, seed: 3), randomTokens(33, seed: 4)])
    let demonstration = PackedSequence(
      prompt: randomTokens(5, seed: 5), completions: [randomTokens(12, seed: 6)])
    let other = PackedSequence(
      prompt: randomTokens(21, seed: 7), completions: [randomTokens(8, seed: 8)])

    init() throws {
      model = try tinyModel()
    }

    private func result(
      _ pass: TrainingPass, _ batch: [PackedSequence], _ adapter: LoRAAdapter,
      arithmetic: Arithmetic = .codes, needs: TrainingPass.Needs = [.logprobs]
    ) throws -> Result {
      let output = try pass.forward(
        batch, adapter: adapter, arithmetic: arithmetic, needs: needs, keepForBackward: true)
      return try withGradient(of: adapter) { gradient in
        let tokens = RaggedRows(output.logprobs.map { $0.indices.map { sin(Float($0)) } })
        let ends = RaggedRows(output.endHidden.map { $0.indices.map { cos(Float($0)) * 0.1 } })
        try pass.backward(
          tokenGradients: needs.contains(.logprobs) ? tokens : nil,
          endHiddenGradients: needs.contains(.endHidden) ? ends : nil, gradient: gradient)
        return Result(
          logprobs: output.logprobs, endHidden: output.endHidden, gradient: Array(gradient))
      }
    }

    private func withoutCache(
      _ batch: [PackedSequence], _ adapter: LoRAAdapter,
      arithmetic: Arithmetic = .codes, needs: TrainingPass.Needs = [.logprobs]
    ) throws -> Result {
      let pass = TrainingPass(model: model, residualBytes: 0)
      let result = try result(pass, batch, adapter, arithmetic: arithmetic, needs: needs)
      #expect(result.gradient.contains { $0 != 0 })
      return result
    }

    private func cache() -> ResidualCache {
      ResidualCache(width: model.configuration.hiddenSize, bytes: 1 << 20)
    }

    /// The sequence with all its tokens, as it is computed for its end states.
    private func key(_ sequence: PackedSequence, layer: Int = 1) -> ResidualCache.Key {
      ResidualCache.Key(
        sequence: sequence, withoutLast: false, layer: layer, arithmetic: .codes)
    }

    /// Keeps what is wrong for any sequence.
    private func spoil(_ key: ResidualCache.Key, in cache: ResidualCache) throws {
      let rows = key.sequence.completions.reduce(key.sequence.prompt.count) { $0 + $1.count }
      var values = [Float](repeating: 1, count: rows * model.configuration.hiddenSize)
      try values.withUnsafeMutableBufferPointer {
        try cache.keep(
          Matrix($0.baseAddress!, rows, model.configuration.hiddenSize), for: key)
      }
    }

    private func isKept(_ key: ResidualCache.Key, in cache: ResidualCache) -> Bool {
      var values = [Float](repeating: 0, count: 1000 * model.configuration.hiddenSize)
      return values.withUnsafeMutableBufferPointer {
        cache.read(key, into: Matrix($0.baseAddress!, 1000, model.configuration.hiddenSize))
      }
    }

    @Test(
      arguments: Arithmetic.allCases,
      [[.logprobs], [.endHidden], [.logprobs, .endHidden]] as [TrainingPass.Needs])
    func `a pass over known sequences gives the same bits`(
      arithmetic: Arithmetic, needs: TrainingPass.Needs
    ) throws {
      let adapter = livelyAdapter(model.configuration, layers: 1..<2)
      let pass = TrainingPass(model: model)
      // All new, all known, and one of each in another order.
      for batch in [[slate, demonstration], [slate, demonstration], [other, slate], [other]] {
        for keptBytes in [pass.keptBytes, 0] {
          pass.keptBytes = keptBytes
          #expect(
            try result(pass, batch, adapter, arithmetic: arithmetic, needs: needs)
              == withoutCache(batch, adapter, arithmetic: arithmetic, needs: needs))
        }
      }
    }

    @Test func `what is kept is used`() throws {
      let adapter = livelyAdapter(model.configuration, layers: 1..<2)
      let cache = cache()
      let pass = TrainingPass(model: model, residuals: cache)
      try spoil(key(slate), in: cache)
      let spoilt = try result(pass, [slate, other], adapter, needs: [.endHidden])
      let expected = try withoutCache([slate, other], adapter, needs: [.endHidden])
      for row in slate.completions.indices {
        #expect(spoilt.endHidden[row] != expected.endHidden[row])
      }
      #expect(spoilt.endHidden.last! == expected.endHidden.last!)
      #expect(isKept(key(other), in: cache))
    }

    @Test func `a sequence of another structure, layer or arithmetic is another one`() throws {
      let adapter = livelyAdapter(model.configuration, layers: 1..<2)
      let cache = cache()
      let pass = TrainingPass(model: model, residuals: cache)
      var near = (0..<5).map { _ in key(slate) }
      // The same tokens in the same order, divided otherwise.
      near[0].sequence.prompt.append(near[0].sequence.completions[0].removeFirst())
      near[1].sequence.completions[0] += near[1].sequence.completions.remove(at: 1)
      near[2].sequence.completions[2][32] += 1
      near[3].layer = 0
      near[4].arithmetic = .float32
      for key in near { try spoil(key, in: cache) }
      // The last tokens have rows only where end states are needed.
      try spoil(key(demonstration), in: cache)
      #expect(
        try result(pass, [slate], adapter, needs: [.endHidden])
          == withoutCache([slate], adapter, needs: [.endHidden]))
      try spoil(key(other), in: cache)
      #expect(
        try result(pass, [other], adapter, arithmetic: .float32, needs: [.endHidden])
          == withoutCache([other], adapter, arithmetic: .float32, needs: [.endHidden]))
      #expect(
        try result(pass, [demonstration], adapter) == withoutCache([demonstration], adapter))
    }

    @Test func `nothing is kept when the first layer is adapted`() throws {
      let cache = cache()
      let pass = TrainingPass(model: model, residuals: cache)
      for layers in [0..<2, 0..<1] {
        let adapter = livelyAdapter(model.configuration, layers: layers)
        _ = try result(pass, [slate], adapter, needs: [.endHidden])
        for layer in 0...2 { #expect(!isKept(key(slate, layer: layer), in: cache)) }
      }
      // Nor is anything read.
      try spoil(key(slate), in: cache)
      let adapter = livelyAdapter(model.configuration)
      #expect(
        try result(pass, [slate], adapter, needs: [.endHidden])
          == withoutCache([slate], adapter, needs: [.endHidden]))
      func base(_ pass: TrainingPass) throws -> RaggedRows {
        try pass.forward(
          [slate], adapter: nil, arithmetic: .codes, needs: [.endHidden], keepForBackward: false
        ).endHidden
      }
      #expect(try base(pass) == base(TrainingPass(model: model)))
    }

    @Test func `a pass that trains nothing reads but does not keep`() throws {
      let adapter = livelyAdapter(model.configuration, layers: 1..<2)
      let cache = cache()
      let pass = TrainingPass(model: model, residuals: cache)
      func score() throws -> RaggedRows {
        try pass.forward(
          [slate], adapter: adapter, arithmetic: .codes, needs: [.endHidden],
          keepForBackward: false
        ).endHidden
      }
      let expected = try score()
      #expect(!isKept(key(slate), in: cache))
      _ = try result(pass, [slate], adapter, needs: [.endHidden])
      #expect(isKept(key(slate), in: cache))
      #expect(try score() == expected)
      let spoilt = self.cache()
      try spoil(key(slate), in: spoilt)
      let other = try TrainingPass(model: model, residuals: spoilt).forward(
        [slate], adapter: adapter, arithmetic: .codes, needs: [.endHidden],
        keepForBackward: false)
      #expect(other.endHidden != expected)
    }

    /// On the real model, which has layers enough.
    @Test(arguments: Arithmetic.allCases)
    func `adapters take turns without harm`(arithmetic: Arithmetic) throws {
      let model = try realModel.get()
      let pass = TrainingPass(model: model)
      let plain = TrainingPass(model: model, residualBytes: 0)
      for (lowest, seed) in [(20, 1), (20, 2), (28, 3), (0, 4), (28, 1), (20, 2)] {
        let adapter = livelyAdapter(
          model.configuration, layers: lowest..<30, seed: UInt64(seed))
        #expect(
          try result(pass, [demonstration, other], adapter, arithmetic: arithmetic)
            == result(plain, [demonstration, other], adapter, arithmetic: arithmetic))
      }
    }

    /// Each sequence's lower layers by themselves, and the upper ones over all of them.
    @Test func `a pass in two parts equals a whole one`() throws {
      let model = try realModel.get()
      let layers = 20..<30
      let adapter = livelyAdapter(model.configuration, layers: layers)
      let rows = try PackedRows(
        [slate, other], configuration: model.configuration, withoutLast: true)
      let transformer = Transformer(model: model)
      let whole = try transformer.forward(
        rows, adapter: adapter, arithmetic: .codes, keepForBackward: false)
      let expected = Array(
        UnsafeBufferPointer(start: whole.base, count: whole.rows * whole.columns))
      let frozen = FrozenLayers(
        transformer: transformer,
        cache: ResidualCache(width: model.configuration.hiddenSize, bytes: 0))
      let stream = try #require(
        try frozen.output(
          [slate, other], rows: rows, withoutLast: true, below: adapter, arithmetic: .codes,
          keep: true))
      #expect(stream.layer == 20)
      let resumed = try transformer.forward(
        rows, adapter: adapter, arithmetic: .codes, keepForBackward: false, from: stream)
      for (index, value) in expected.enumerated() {
        #expect(agree(Double(resumed.base[index]), Double(value), within: 1e-4, or: 1e-3))
      }
    }
  }
}
