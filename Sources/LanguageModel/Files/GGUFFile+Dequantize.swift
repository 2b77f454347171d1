extension GGUFFile {
  /// Writes a tensor's values as float32, row after row.
  ///
  /// - Parameters:
  ///   - rows: the rows to write, all of them by default. Calls for different rows may run at the
  ///     same time.
  ///   - out: exactly as many floats as those rows hold.
  /// - Throws: ``LanguageModelError`` when there is no such tensor, or a length does not fit.
  public func dequantized(
    _ name: String, rows: Range<Int>? = nil, into out: UnsafeMutableBufferPointer<Float>
  ) throws(LanguageModelError) {
    guard let tensor = tensors[name] else {
      throw LanguageModelError(
        "\(path): has no tensor '\(name)'; the file is not a complete model, fetch it again")
    }
    let rows = rows ?? 0..<tensor.rows
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rows else {
      throw LanguageModelError(
        "\(path): tensor '\(name)' has \(tensor.rows) rows, not rows \(rows.lowerBound) to "
          + "\(rows.upperBound)"
      )
    }
    guard out.count == rows.count * tensor.columns else {
      throw LanguageModelError(
        "\(path): tensor '\(name)' has \(rows.count * tensor.columns) values where \(out.count) "
          + "are expected; it does not fit this model"
      )
    }
    guard !rows.isEmpty, let source = tensor.data.baseAddress, let target = out.baseAddress else {
      return
    }
    let blocksPerRow = tensor.columns / tensor.format.valuesPerBlock
    tensor.format.dequantize(
      source + rows.lowerBound * blocksPerRow * tensor.format.bytesPerBlock, to: target,
      blocks: rows.count * blocksPerRow)
  }
}
