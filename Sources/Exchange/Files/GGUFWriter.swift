/// A GGUF file of version 3 in the making: a few metadata values, then float32 tensors.
///
/// All numbers are little-endian, as on every machine this program runs on. The data of each tensor begins on a multiple of 32 bytes, which is
/// what a file without `general.alignment` promises.
struct GGUFWriter {
  private static let alignment = 32
  private var entries: [UInt8] = []
  private var entryCount = 0
  private var descriptions: [UInt8] = []
  private var tensorCount = 0
  private var data: [UInt8] = []

  /// GGUF's codes of the types that are written here.
  private enum Code {
    static let float32Value: UInt32 = 6
    static let stringValue: UInt32 = 8
    static let float32Tensor: UInt32 = 0
  }

  mutating func add(_ key: String, _ value: String) {
    entries.append(string: key)
    entries.append(Code.stringValue)
    entries.append(string: value)
    entryCount += 1
  }

  mutating func add(_ key: String, _ value: Float) {
    entries.append(string: key)
    entries.append(Code.float32Value)
    entries.append(value.bitPattern)
    entryCount += 1
  }

  /// Adds a tensor.
  ///
  /// - Parameters:
  ///   - dimensions: in GGUF's order, the length of a row first.
  ///   - values: row after row.
  mutating func add(_ name: String, dimensions: [Int], _ values: [Float]) {
    precondition(
      values.count == dimensions.reduce(1, *), "the dimensions are not those of the values")
    descriptions.append(string: name)
    descriptions.append(UInt32(dimensions.count))
    for dimension in dimensions { descriptions.append(UInt64(dimension)) }
    descriptions.append(Code.float32Tensor)
    descriptions.append(UInt64(data.count))
    tensorCount += 1
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    data.pad(to: Self.alignment)
  }

  /// The whole file.
  func encoded() -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    bytes.reserveCapacity(64 + entries.count + descriptions.count + data.count)
    bytes.append(UInt32(3))
    bytes.append(UInt64(tensorCount))
    bytes.append(UInt64(entryCount))
    bytes += entries
    bytes += descriptions
    bytes.pad(to: Self.alignment)
    return bytes + data
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(string: String) {
    append(UInt64(string.utf8.count))
    append(contentsOf: string.utf8)
  }

  fileprivate mutating func pad(to alignment: Int) {
    append(contentsOf: repeatElement(0, count: (alignment - count % alignment) % alignment))
  }
}
