import Foundation

@testable import LanguageModel

/// The bytes of a small GGUF file, whole or with whatever is wrong in it.
struct GGUFBytes {
  /// A metadata value.
  enum Value {
    case integer(UInt32)
    case float(Float)
    case bool(Bool)
    case string(String)
    case strings([String])
    case integers([Int32])
  }

  struct Tensor {
    var name: String
    var dimensions: [UInt64]
    var code: UInt32
    var offset: UInt64
  }

  var magic = "GGUF"
  var version: UInt32 = 3
  /// The counts that the header claims; nil for the right ones.
  var claimedEntries: UInt64?
  var claimedTensors: UInt64?
  var entries: [(key: String, value: Value)] = []
  var tensors: [Tensor] = []
  var data: [UInt8] = []

  /// Adds a tensor behind those there are, at the next multiple of 32.
  mutating func add(_ name: String, _ dimensions: [Int], _ format: WeightFormat, _ bytes: [UInt8]) {
    while data.count % 32 != 0 { data.append(0) }
    tensors.append(
      Tensor(
        name: name, dimensions: dimensions.map { UInt64($0) }, code: format.rawValue,
        offset: UInt64(data.count)))
    data += bytes
  }

  func encoded() -> [UInt8] {
    var bytes = Array(magic.utf8)
    bytes.append(number: version)
    bytes.append(number: claimedTensors ?? UInt64(tensors.count))
    bytes.append(number: claimedEntries ?? UInt64(entries.count))
    for entry in entries {
      bytes.append(text: entry.key)
      switch entry.value {
      case .integer(let value):
        bytes.append(number: GGUFValue.Code.uint32)
        bytes.append(number: value)
      case .float(let value):
        bytes.append(number: GGUFValue.Code.float32)
        bytes.append(number: value.bitPattern)
      case .bool(let value):
        bytes.append(number: GGUFValue.Code.bool)
        bytes.append(value ? 1 : 0)
      case .string(let value):
        bytes.append(number: GGUFValue.Code.string)
        bytes.append(text: value)
      case .strings(let values):
        bytes.append(number: GGUFValue.Code.array)
        bytes.append(number: GGUFValue.Code.string)
        bytes.append(number: UInt64(values.count))
        for value in values { bytes.append(text: value) }
      case .integers(let values):
        bytes.append(number: GGUFValue.Code.array)
        bytes.append(number: GGUFValue.Code.int32)
        bytes.append(number: UInt64(values.count))
        for value in values { bytes.append(number: UInt32(bitPattern: value)) }
      }
    }
    for tensor in tensors {
      bytes.append(text: tensor.name)
      bytes.append(number: UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { bytes.append(number: dimension) }
      bytes.append(number: tensor.code)
      bytes.append(number: tensor.offset)
    }
    while bytes.count % 32 != 0 { bytes.append(0) }
    return bytes + data
  }

  /// Opens the bytes as a file, which is gone afterwards.
  func open() throws -> GGUFFile { try GGUFBytes.open(encoded()) }

  static func open(_ bytes: [UInt8]) throws -> GGUFFile {
    try withTemporaryFile(bytes) { try GGUFFile(path: $0) }
  }
}

/// Calls a function with the path of a file that holds those bytes and is gone afterwards.
func withTemporaryFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result
{
  let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gguf")
  try Data(bytes).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  return try body(file.path)
}

extension [UInt8] {
  mutating func append(number: UInt32) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(number: UInt64) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(text: String) {
    append(number: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
