/// Where a row of query or key stands in memory that stands at `row` where the halves of a head are
/// rotated with each other, as in transformers and in Qwen's GGUF files.
///
/// In memory, and in Llama's GGUF files, the two rows that RoPE rotates together stand side by side:
/// reshape(heads, 2, size / 2).swapaxes(1, 2).
public func rowOfRotaryPairs(_ row: Int, headSize: Int) -> Int {
  let (head, offset) = row.quotientAndRemainder(dividingBy: headSize)
  let (half, index) = offset.quotientAndRemainder(dividingBy: headSize / 2)
  return head * headSize + 2 * index + half
}

extension ModelConfiguration {
  /// Whether the model's file has the rows of query and key that RoPE rotates together side by side,
  /// as they stand in memory; else ``rowOfRotaryPairs(_:headSize:)`` says where its rows stand in
  /// memory.
  ///
  /// A GGUF adapter, which is loaded beside the model's file, has its rows of B in that file's order.
  public var fileKeepsRotaryPairsTogether: Bool { architecture == "llama" }
}

extension LayerWeights {
  /// Puts all that belongs to query and key into the order in which the rows that RoPE rotates
  /// together stand side by side.
  func pairRotaryRows(_ c: ModelConfiguration) {
    let count = c.querySize + c.keyValueSize
    queryKeyValue.rows(0..<count).pairRotaryRows(headSize: c.headSize)
    if let queryKeyValueBias {
      Matrix(queryKeyValueBias, count, 1).pairRotaryRows(headSize: c.headSize)
    }
    if let headNorms {
      Matrix(headNorms.query, c.headSize, 1).pairRotaryRows(headSize: c.headSize)
      Matrix(headNorms.key, c.headSize, 1).pairRotaryRows(headSize: c.headSize)
    }
  }
}

extension Matrix {
  /// Puts the rows of whole heads, whose halves are rotated with each other, into the order in which
  /// those rotated together stand side by side.
  func pairRotaryRows(headSize: Int) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: headSize * columns) { head in
      let copy = head.baseAddress!
      for first in Swift.stride(from: 0, to: rows, by: headSize) {
        copy.update(from: base + first * stride, count: headSize * columns)
        for row in 0..<headSize {
          (base + (first + rowOfRotaryPairs(row, headSize: headSize)) * stride)
            .update(from: copy + row * columns, count: columns)
        }
      }
    }
  }
}
