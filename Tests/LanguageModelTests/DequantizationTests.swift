import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct DequantizationTests {
  @Test(arguments: WeightFormat.allCases)
  func `each format gives what its definition says`(format: WeightFormat) throws {
    let blocks = format.valuesPerBlock == 1 ? 1000 : 7
    var random = SplitMix64(seed: UInt64(format.rawValue))
    var bytes = (0..<blocks * format.bytesPerBlock).map { _ in
      UInt8(truncatingIfNeeded: random.next())
    }
    // Scales are halves: kept finite, so that values can be compared.
    for block in 0..<blocks {
      for offset in Reference.halves(of: format) {
        bytes[block * format.bytesPerBlock + offset + 1] &= 0xBB
      }
    }
    let count = blocks * format.valuesPerBlock
    var out = [Float](repeating: .nan, count: count)
    bytes.withUnsafeBytes { source in
      out.withUnsafeMutableBufferPointer {
        format.dequantize(source.baseAddress!, to: $0.baseAddress!, blocks: blocks)
      }
    }
    for index in 0..<count {
      let (block, place) = index.quotientAndRemainder(dividingBy: format.valuesPerBlock)
      let slice = Array(bytes[block * format.bytesPerBlock..<(block + 1) * format.bytesPerBlock])
      let expected = Reference.value(format, slice, place)
      #expect(
        out[index].bitPattern == expected.bitPattern
          || abs(out[index] - expected) <= 1e-6 * max(1e-3, abs(expected)) * 4,
        "\(format.name) \(index): \(out[index]) where \(expected) is right")
    }
  }

  /// Blocks as the file has them and their values, both as bytes in base 64.
  private struct Reference64: Decodable {
    var blocks: Data
    var values: Data
  }

  @Test func `every format gives exactly what PyPI's gguf gives`() throws {
    let references = try fixture("quantization.json", as: [String: Reference64].self)
    #expect(Set(references.keys) == Set(WeightFormat.allCases.map(\.name)))
    for format in WeightFormat.allCases {
      let reference = try #require(references[format.name])
      let expected = reference.values.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let blocks = reference.blocks.count / format.bytesPerBlock
      #expect(expected.count == blocks * format.valuesPerBlock)
      var out = [Float](repeating: .nan, count: expected.count)
      reference.blocks.withUnsafeBytes { source in
        out.withUnsafeMutableBufferPointer {
          format.dequantize(source.baseAddress!, to: $0.baseAddress!, blocks: blocks)
        }
      }
      #expect(out == expected, "\(format.name)")
      #expect(Set(expected).count > 40)
    }
  }

  @Test func `every finite half is converted exactly`() throws {
    let halves = (0..<UInt32(0x10000)).filter { $0 & 0x7C00 != 0x7C00 }
    let bytes = halves.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    var out = [Float](repeating: .nan, count: halves.count)
    bytes.withUnsafeBytes { source in
      out.withUnsafeMutableBufferPointer {
        WeightFormat.f16.dequantize(
          source.baseAddress!, to: $0.baseAddress!, blocks: halves.count)
      }
    }
    let wrong = halves.indices.filter {
      let expected = Reference.half(bytes[2 * $0], bytes[2 * $0 + 1])
      return out[$0].bitPattern != expected.bitPattern
    }
    #expect(wrong.isEmpty)
  }

  @Test func `rows can be read apart`() throws {
    let file = try GGUFFile(path: realModelPath())
    let name = "blk.3.ffn_down.weight"
    let tensor = try #require(file.tensors[name])
    var whole = [Float](repeating: 0, count: tensor.count)
    try whole.withUnsafeMutableBufferPointer { try file.dequantized(name, into: $0) }
    var part = [Float](repeating: 0, count: 5 * tensor.columns)
    try part.withUnsafeMutableBufferPointer {
      try file.dequantized(name, rows: 100..<105, into: $0)
    }
    #expect(part == Array(whole[100 * tensor.columns..<105 * tensor.columns]))
    #expect(Set(part).count > 100)
  }
}

/// The formats' definitions, one value at a time.
enum Reference {
  static func half(_ low: UInt8, _ high: UInt8) -> Float {
    let bits = Int(high) << 8 | Int(low)
    let exponent = bits >> 10 & 31
    let fraction = Float(bits & 1023) / 1024
    let magnitude =
      exponent == 0
      ? fraction * 0x1p-14
      : (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    return bits & 0x8000 == 0 ? magnitude : -magnitude
  }

  /// Where a block holds halves.
  static func halves(of format: WeightFormat) -> [Int] {
    switch format {
    case .f32, .bf16: []
    case .f16, .q40, .q50, .q80: [0]
    case .q41, .q51, .q4K, .q5K: [0, 2]
    case .q6K: [208]
    }
  }

  static func value(_ format: WeightFormat, _ block: [UInt8], _ index: Int) -> Float {
    func half(at offset: Int) -> Float { Reference.half(block[offset], block[offset + 1]) }
    /// The four bits of value `index` of 32 whose second half lies in the high nibbles.
    func nibble(at offset: Int) -> Int {
      Int(index < 16 ? block[offset + index] & 15 : block[offset + index - 16] >> 4)
    }
    func fifth(at offset: Int) -> Int { Int(block[offset + index / 8] >> (index % 8) & 1) * 16 }
    switch format {
    case .f32:
      return Float(
        bitPattern: UInt32(block[0]) | UInt32(block[1]) << 8 | UInt32(block[2]) << 16
          | UInt32(block[3]) << 24)
    case .bf16: return Float(bitPattern: UInt32(block[0]) << 16 | UInt32(block[1]) << 24)
    case .f16: return half(at: 0)
    case .q40: return half(at: 0) * Float(nibble(at: 2) - 8)
    case .q41: return half(at: 0) * Float(nibble(at: 4)) + half(at: 2)
    case .q50: return half(at: 0) * Float(nibble(at: 6) + fifth(at: 2) - 16)
    case .q51: return half(at: 0) * Float(nibble(at: 8) + fifth(at: 4)) + half(at: 2)
    case .q80: return half(at: 0) * Float(Int8(bitPattern: block[2 + index]))
    case .q4K, .q5K:
      let group = index / 32
      let place = group / 2 * 32 + index % 32
      let packed = Array(block[4..<16]).map(Int.init)
      let scale =
        group < 4 ? packed[group] & 63 : packed[group + 4] & 15 | (packed[group - 4] >> 6) << 4
      let minimum =
        group < 4 ? packed[group + 4] & 63 : packed[group + 4] >> 4 | (packed[group] >> 6) << 4
      let start = format == .q4K ? 16 : 48
      var quant = Int(block[start + place]) >> (group % 2 * 4) & 15
      if format == .q5K { quant += (Int(block[16 + index % 32]) >> group & 1) * 16 }
      return half(at: 0) * Float(scale) * Float(quant) - half(at: 2) * Float(minimum)
    case .q6K:
      let (part, inside) = index.quotientAndRemainder(dividingBy: 128)
      let (quarter, column) = inside.quotientAndRemainder(dividingBy: 32)
      let low = Int(block[part * 64 + quarter % 2 * 32 + column]) >> (quarter / 2 * 4) & 15
      let high = Int(block[128 + part * 32 + column]) >> (quarter * 2) & 3
      let scale = Int8(bitPattern: block[192 + part * 8 + quarter * 2 + column / 16])
      return half(at: 208) * Float(scale) * Float(low + high * 16 - 32)
    }
  }
}
