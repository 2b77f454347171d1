import CKernels
import Feedback
import Testing

@testable import LanguageModel

/// Weights as integer codes: what the file says, and products with them.
extension ComputeTests {
  @Suite(.serialized) struct CodeTests {
    /// A matrix in a weight format, with its values and its codes.
    private struct Packed {
      var values: [Float] = []
      var panels: [UInt8] = []
      var outputs, inputs: Int
      var kind: apprentice_code_kind

      init(_ format: WeightFormat, outputs: Int, inputs: Int, seed: UInt64) {
        self.outputs = outputs
        self.inputs = inputs
        kind = apprentice_code_kind_of(format.rawValue)
        var random = SplitMix64(seed: seed)
        let blocks = outputs * inputs / format.valuesPerBlock
        var bytes = (0..<blocks * format.bytesPerBlock).map { _ in
          UInt8(truncatingIfNeeded: random.next())
        }
        if format == .f32 {
          bytes = numbers(outputs * inputs, seed: seed).flatMap { value in
            withUnsafeBytes(of: value) { Array($0) }
          }
        } else {
          // Scales and offsets of ordinary size: 2^-6 to 2^1, either sign.
          for block in 0..<blocks {
            for place in Reference.halves(of: format) {
              let byte = block * format.bytesPerBlock + place + 1
              bytes[byte] = bytes[byte] & 0x83 | UInt8(9 + bytes[byte] % 7) << 2
            }
          }
        }
        values = Array(repeating: .nan, count: outputs * inputs)
        panels = Array(repeating: 0xAA, count: apprentice_codes_size(outputs, inputs, kind))
        bytes.withUnsafeBytes { source in
          values.withUnsafeMutableBufferPointer {
            format.dequantize(source.baseAddress!, to: $0.baseAddress!, blocks: blocks)
          }
          let stride = inputs / format.valuesPerBlock * format.bytesPerBlock
          let rows = (0..<outputs).map { source.baseAddress! + $0 * stride as UnsafeRawPointer? }
          apprentice_pack_codes(
            &panels, rows, outputs, inputs, format.rawValue, 0, (outputs + 15) / 16)
        }
      }

      func times(_ x: [Float], rows: Int, adding: [Float]? = nil) -> [Float] {
        var out = adding ?? Array(repeating: Float.nan, count: rows * outputs)
        var scratch = [UInt8](repeating: 0, count: apprentice_code_scratch(rows, inputs, 0))
        panels.withUnsafeBufferPointer {
          var codes = apprentice_codes(
            panels: $0.baseAddress, outputs: outputs, inputs: inputs, kind: kind)
          apprentice_code_product(
            &codes, 1, x, inputs, rows, &out, outputs, adding == nil ? 0 : 1, nil, &scratch)
        }
        return out
      }
    }

    /// Memory that stays where it is.
    private final class Bytes {
      let base: UnsafeMutablePointer<UInt8>

      init(_ bytes: [UInt8]) {
        base = .allocate(capacity: bytes.count)
        base.initialize(from: bytes, count: bytes.count)
      }

      deinit { base.deallocate() }
    }

    static let coded: [WeightFormat] = [.q40, .q41, .q50, .q51, .q80]

    @Test(arguments: coded)
    func `codes hold each weight of the file exactly`(format: WeightFormat) {
      let packed = Packed(format, outputs: 19, inputs: 64, seed: 3)
      #expect(packed.kind != APPRENTICE_CODES_16)
      var units = [Float](repeating: 0, count: 64 * 64)
      for k in 0..<64 { units[k * 64 + k] = 1 }
      withEachVariant { variant in
        let found = packed.times(units, rows: 64)
        for k in 0..<64 {
          for n in 0..<19 {
            let (value, wanted) = (found[k * 19 + n], packed.values[n * 64 + k])
            #expect(
              abs(value - wanted) <= 2e-6 * max(abs(wanted), 1),
              "\(format.name), variant \(variant.rawValue), output \(n), input \(k)")
          }
        }
      }
    }

    @Test(arguments: coded + [.f32])
    func `products equal those of the float32 weights`(format: WeightFormat) {
      let packed = Packed(format, outputs: 70, inputs: 192, seed: 5)
      for rows in Array(1...17) + [40] {
        let x = numbers(rows * 192, seed: UInt64(rows), spread: 3)
        let start = numbers(rows * 70, seed: 7)
        var reference: [Double] = []
        for row in 0..<rows {
          for n in 0..<70 {
            var sum = Double(start[row * 70 + n])
            for k in 0..<192 {
              sum += Double(packed.values[n * 192 + k]) * Double(x[row * 192 + k])
            }
            reference.append(sum)
          }
        }
        let size = (reference.reduce(0) { $0 + $1 * $1 } / Double(reference.count)).squareRoot()
        withEachVariant { variant in
          let found = packed.times(x, rows: rows, adding: start)
          let worst = zip(found, reference).map { abs(Double($0) - $1) }.max() ?? 0
          #expect(
            worst <= 2e-4 * size,
            "\(format.name), variant \(variant.rawValue), \(rows) rows: off by \(worst / size)")
        }
      }
    }

    @Test func `a row's product does not depend on the rows beside it`() {
      let packed = Packed(.q41, outputs: 48, inputs: 96, seed: 9)
      let x = numbers(13 * 96, seed: 11)
      withEachVariant { _ in
        let together = packed.times(x, rows: 13)
        for row in 0..<13 {
          let alone = packed.times(Array(x[(row * 96)..<((row + 1) * 96)]), rows: 1)
          #expect(alone == Array(together[(row * 48)..<((row + 1) * 48)]))
        }
      }
    }

    /// Also where one factor is so small, or so large, that no half holds its numbers.
    @Test(arguments: [(3, 1), (16, 1), (40, 1), (16, 1e-12), (16, 1e12)] as [(Int, Float)])
    func `an adapter adds b (a x) to each of the matrices side by side`(
      rank: Int, size: Float
    ) throws {
      let inputs = 96
      let matrices = [
        Packed(.q41, outputs: 48, inputs: inputs, seed: 1),
        Packed(.q40, outputs: 21, inputs: inputs, seed: 2),
        Packed(.q80, outputs: 16, inputs: inputs, seed: 3),
      ]
      let stride = matrices.reduce(0) { $0 + $1.outputs }
      let a = numbers(3 * rank * inputs, seed: 4).map { $0 * size }
      let b = matrices.enumerated().map {
        numbers($1.outputs * rank, seed: UInt64(5 + $0)).map { $0 / size }
      }
      let scale: Float = 0.5
      let packed = matrices.map { Bytes($0.panels) }
      let packedA = Bytes(
        Array(repeating: 0, count: apprentice_codes_size(3 * rank, inputs, APPRENTICE_CODES_8)))
      let unit = apprentice_round_to_codes(packedA.base, a, 3 * rank, inputs)
      let packedB = matrices.map {
        Bytes(Array(repeating: 0, count: apprentice_extra_size($0.outputs, rank)))
      }
      let units = matrices.indices.map {
        apprentice_pack_extra(packedB[$0].base, b[$0], matrices[$0].outputs, rank)
      }
      let codes = zip(matrices, packed).map {
        apprentice_codes(
          panels: $1.base, outputs: $0.outputs, inputs: inputs, kind: $0.kind)
      }
      var adapter = apprentice_code_adapter()
      adapter.a = apprentice_codes(
        panels: packedA.base, outputs: 3 * rank, inputs: inputs, kind: APPRENTICE_CODES_8)
      adapter.b = (
        UnsafePointer(packedB[0].base), UnsafePointer(packedB[1].base),
        UnsafePointer(packedB[2].base)
      )
      adapter.b_scale = (
        scale * unit * units[0], scale * unit * units[1], scale * unit * units[2]
      )
      adapter.rank = rank
      defer { withExtendedLifetime((packed, packedA, packedB)) {} }
      for rows in [1, 2, 5, 8, 9, 33] {
        let x = numbers(rows * inputs, seed: UInt64(rows))
        var reference: [Double] = []
        for row in 0..<rows {
          func inner(_ factor: [Float], _ n: Int) -> Double {
            (0..<inputs).reduce(0) {
              $0 + Double(factor[n * inputs + $1]) * Double(x[row * inputs + $1])
            }
          }
          for (index, matrix) in matrices.enumerated() {
            let u = (0..<rank).map { inner(a, index * rank + $0) }
            for n in 0..<matrix.outputs {
              let extra = (0..<rank).reduce(0) { $0 + Double(b[index][n * rank + $1]) * u[$1] }
              reference.append(inner(matrix.values, n) + Double(scale) * extra)
            }
          }
        }
        let typical = (reference.reduce(0) { $0 + $1 * $1 } / Double(reference.count)).squareRoot()
        withEachVariant { variant in
          var found = [Float](repeating: .nan, count: rows * stride)
          var scratch = [UInt8](
            repeating: 0, count: apprentice_code_scratch(rows, inputs, rank))
          apprentice_code_product(
            codes, 3, x, inputs, rows, &found, stride, 0, &adapter, &scratch)
          let worst = zip(found, reference).map { abs(Double($0) - $1) }.max() ?? .infinity
          // A and B are rounded to 8 bits.
          #expect(
            worst <= 2e-2 * typical,
            "variant \(variant.rawValue), \(rows) rows: off by \(worst / typical)")
        }
      }
    }
  }
}
