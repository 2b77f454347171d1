import CKernels
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// What the machine's speed is measured with: it must do the whole work.
  @Suite(.serialized) struct MachineSpeedTests {
    @Test func `each of oneDNN's ways computes the whole product`() throws {
      let shape = ProductShape(rows: 21, columns: 70, depth: 33)
      #expect(shape.operations == 2 * 21 * 70 * 33)
      let products: [any TimedProduct] = [
        try PlainProduct(shape), try PrimitiveProduct(shape, .matmul),
        try PrimitiveProduct(shape, .innerProduct),
      ]
      for product in products {
        product.compute()
        let result = product.result
        #expect((result.rows, result.columns) == (21, 70))
        // Each element is the sum of 33 times 0.5 · 0.25.
        for index in 0..<(21 * 70) { #expect(result.base[index] == 4.125) }
      }
    }

    @Test(arguments: [1, 37, 1_000_003]) func `every word is read`(count: Int) {
      var words = (0..<UInt64(count)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
      #expect(apprentice_read_words(words, count) == words.reduce(0, ^))
      words[count - 1] ^= 1
      #expect(apprentice_read_words(words, count) == words.reduce(0, ^))
    }

    @Test func `the figures are of this world`() throws {
      let peak = try MachineSpeed.peak(repeats: 3)
      #expect(peak.gigaflops > 0.1 && peak.gigaflops < 100_000)
      let bandwidth = try MachineSpeed.readBandwidth(bytes: 1 << 24, repeats: 2)
      #expect(bandwidth > 0.1 && bandwidth < 100_000)
    }
  }
}
