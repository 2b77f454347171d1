import Testing

@testable import LanguageModel

extension ComputeTests {
  /// Float32 products against sums in double precision, with every variant of the kernels.
  @Suite(.serialized) struct ProductTests {
    /// Numbers within ±1 in a matrix whose rows are three longer than it is wide, and NaN between them.
    private func matrix(_ rows: Int, _ columns: Int, seed: Int) -> (Matrix, [Double]) {
      let stride = columns + 3
      let base = UnsafeMutablePointer<Float>.allocate(capacity: rows * stride)
      base.initialize(repeating: .nan, count: rows * stride)
      var values: [Double] = []
      for row in 0..<rows {
        for column in 0..<columns {
          let value = Float(((row * 7919 + column * 104729 + seed * 31) % 2003) - 1001) / 1001
          base[row * stride + column] = value
          values.append(Double(value))
        }
      }
      return (Matrix(base, rows, columns, stride: stride), values)
    }

    private struct Shape {
      var rows, columns, depth: Int
    }

    /// Shapes below, at and above the kernels' tiles, strips and blocks.
    private static let shapes = [
      Shape(rows: 1, columns: 1, depth: 1), Shape(rows: 5, columns: 16, depth: 7),
      Shape(rows: 13, columns: 33, depth: 40), Shape(rows: 64, columns: 48, depth: 257),
      Shape(rows: 37, columns: 700, depth: 300), Shape(rows: 3, columns: 350, depth: 513),
    ]

    @Test(arguments: [false, true], [false, true])
    func `every variant agrees`(a aTransposed: Bool, b bTransposed: Bool) {
      withEachVariant { variant in
        for shape in Self.shapes {
          let (m, n, k) = (shape.rows, shape.columns, shape.depth)
          let (a, aValues) = aTransposed ? matrix(k, m, seed: 1) : matrix(m, k, seed: 1)
          let (b, bValues) = bTransposed ? matrix(n, k, seed: 2) : matrix(k, n, seed: 2)
          let (out, before) = matrix(m, n, seed: 3)
          let (turned, _) = matrix(n, m, seed: 4)
          defer { for matrix in [a, b, out, turned] { matrix.base.deallocate() } }
          let left = Factor(matrix: a, transposed: aTransposed)
          let right = Factor(matrix: b, transposed: bTransposed)
          let products = Products()
          // Two products at once: one adds two terms to what is there, the other is stored transposed.
          products.add(left, right, scale: 0.5, into: out.plain, adding: true)
          products.add(left, right)
          products.add(left, right, scale: -2, into: turned.transposed)
          products.compute()
          for row in 0..<m {
            for column in 0..<n {
              var sum = 0.0
              for p in 0..<k {
                sum +=
                  (aTransposed ? aValues[p * m + row] : aValues[row * k + p])
                  * (bTransposed ? bValues[column * k + p] : bValues[p * n + column])
              }
              let added = Double(out.base[row * out.stride + column])
              let stored = Double(turned.base[column * turned.stride + row])
              let bound = 1e-6 * Double(k) + 1e-6
              #expect(
                abs(added - before[row * n + column] - 1.5 * sum) < bound
                  && abs(stored + 2 * sum) < bound,
                "\(variant): \(shape), row \(row), column \(column)")
            }
            for between in n..<out.stride { #expect(out.base[row * out.stride + between].isNaN) }
          }
        }
      }
    }
  }
}
