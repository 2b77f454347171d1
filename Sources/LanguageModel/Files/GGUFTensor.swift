/// One tensor of a GGUF file, still as it is stored.
public struct GGUFTensor: @unchecked Sendable {
  public let name: String
  public let format: WeightFormat
  /// In GGUF's order: the first is the length of a row, whose values lie side by side.
  public let dimensions: [Int]
  /// The stored bytes, mapped from the file; valid as long as the file object lives.
  public let data: UnsafeRawBufferPointer

  /// The number of values in a row.
  public var columns: Int { dimensions[0] }
  /// The number of rows, all other dimensions taken together.
  public var rows: Int { dimensions.dropFirst().reduce(1, *) }
  /// The number of values.
  public var count: Int { dimensions.reduce(1, *) }

  /// Reads a tensor's description.
  ///
  /// - Returns: the description with the offset of its data, both unchecked against the data.
  static func readDescription(from reader: inout GGUFReader) throws(LanguageModelError)
    -> (name: String, format: WeightFormat, dimensions: [Int], offset: UInt64, size: Int)
  {
    let name = try reader.string(for: "the list of tensors")
    let what = "the description of tensor '\(name)'"
    let rank = try reader.number(UInt32.self, for: what)
    guard (1...4).contains(rank) else {
      throw LanguageModelError(
        "\(reader.path): tensor '\(name)' has \(rank) dimensions instead of 1 to 4; the file is "
          + "damaged, fetch it again"
      )
    }
    var dimensions: [Int] = []
    var count = 1
    for _ in 0..<rank {
      let dimension = try reader.number(UInt64.self, for: what)
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: dimension))
      guard dimension > 0, !overflow, product <= Int.max / 4 else {
        throw LanguageModelError(
          "\(reader.path): tensor '\(name)' has an impossible dimension \(dimension); the file is "
            + "damaged, fetch it again"
        )
      }
      dimensions.append(Int(dimension))
      count = product
    }
    let code = try reader.number(UInt32.self, for: what)
    guard let format = WeightFormat(rawValue: code) else {
      let known = WeightFormat.allCases.map(\.name).joined(separator: ", ")
      throw LanguageModelError(
        "\(reader.path): tensor '\(name)' has the weight format number \(code), which is not "
          + "supported; supported are \(known)"
      )
    }
    guard dimensions[0] % format.valuesPerBlock == 0 else {
      throw LanguageModelError(
        "\(reader.path): tensor '\(name)' has rows of \(dimensions[0]) values, which "
          + "\(format.name) cannot store; the file is damaged, fetch it again"
      )
    }
    let offset = try reader.number(UInt64.self, for: what)
    let (size, overflow) = (count / format.valuesPerBlock).multipliedReportingOverflow(
      by: format.bytesPerBlock)
    guard !overflow else {
      throw LanguageModelError(
        "\(reader.path): tensor '\(name)' is impossibly large; the file is damaged, fetch it again")
    }
    return (name, format, dimensions, offset, size)
  }
}
