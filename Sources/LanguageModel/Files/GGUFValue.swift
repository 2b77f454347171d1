/// One value of a GGUF file's metadata.
enum GGUFValue {
  case integer(Int)
  case float(Double)
  case bool(Bool)
  case string(String)
  /// An array as it stands in the file: its elements' type code, their number and their bytes,
  /// already checked to be whole.
  case array(type: UInt32, count: Int, bytes: UnsafeRawBufferPointer)

  /// GGUF's type codes.
  enum Code {
    static let uint8: UInt32 = 0
    static let int8: UInt32 = 1
    static let uint16: UInt32 = 2
    static let int16: UInt32 = 3
    static let uint32: UInt32 = 4
    static let int32: UInt32 = 5
    static let float32: UInt32 = 6
    static let bool: UInt32 = 7
    static let string: UInt32 = 8
    static let array: UInt32 = 9
    static let uint64: UInt32 = 10
    static let int64: UInt32 = 11
    static let float64: UInt32 = 12
  }

  /// Reads the value of `key`, its type code first.
  init(from reader: inout GGUFReader, key: String) throws(LanguageModelError) {
    let what = "the value of '\(key)'"
    let type = try reader.number(UInt32.self, for: what)
    switch type {
    case Code.array:
      let type = try reader.number(UInt32.self, for: what)
      guard type == Code.string || GGUFValue.size(of: type) != nil else {
        throw LanguageModelError(
          "\(reader.path): '\(key)' is an array of unknown type \(type); the file is damaged or "
            + "newer than this program"
        )
      }
      let size = GGUFValue.size(of: type)
      let count = try reader.count(ofSize: size ?? 8, for: what)
      let start = reader.offset
      if let size {
        _ = try reader.take(count * size, for: what)
      } else {
        for _ in 0..<count { _ = try reader.stringBytes(for: what) }
      }
      let bytes = UnsafeRawBufferPointer(rebasing: reader.bytes[start..<reader.offset])
      self = .array(type: type, count: count, bytes: bytes)
    default:
      self = try GGUFValue(scalar: type, from: &reader, key: key)
    }
  }

  /// Reads one value that is no array.
  init(scalar type: UInt32, from reader: inout GGUFReader, key: String) throws(LanguageModelError) {
    let what = "the value of '\(key)'"
    switch type {
    case Code.uint8: self = .integer(Int(try reader.number(UInt8.self, for: what)))
    case Code.int8: self = .integer(Int(try reader.number(Int8.self, for: what)))
    case Code.uint16: self = .integer(Int(try reader.number(UInt16.self, for: what)))
    case Code.int16: self = .integer(Int(try reader.number(Int16.self, for: what)))
    case Code.uint32: self = .integer(Int(try reader.number(UInt32.self, for: what)))
    case Code.int32: self = .integer(Int(try reader.number(Int32.self, for: what)))
    case Code.uint64: self = .integer(Int(clamping: try reader.number(UInt64.self, for: what)))
    case Code.int64: self = .integer(Int(try reader.number(Int64.self, for: what)))
    case Code.float32:
      self = .float(Double(Float(bitPattern: try reader.number(UInt32.self, for: what))))
    case Code.float64: self = .float(Double(bitPattern: try reader.number(UInt64.self, for: what)))
    case Code.bool: self = .bool(try reader.number(UInt8.self, for: what) != 0)
    case Code.string: self = .string(try reader.string(for: what))
    default:
      throw LanguageModelError(
        "\(reader.path): '\(key)' has the unknown type \(type); the file is damaged or newer than "
          + "this program"
      )
    }
  }

  /// The size of a value in bytes; nil for strings, arrays and unknown types.
  private static func size(of type: UInt32) -> Int? {
    switch type {
    case Code.uint8, Code.int8, Code.bool: 1
    case Code.uint16, Code.int16: 2
    case Code.uint32, Code.int32, Code.float32: 4
    case Code.uint64, Code.int64, Code.float64: 8
    default: nil
    }
  }
}
