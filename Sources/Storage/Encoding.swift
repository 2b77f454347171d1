import Foundation
import GRDB

/// JSON text in a column.
enum JSON {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decode<T: Decodable>(_ type: T.Type, from text: String) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw StorageError("the workspace holds a value that cannot be read: \(text.prefix(60))")
    }
  }
}

/// Numbers in a blob column, four bytes each, little-endian.
enum Packed {
  static func data(_ values: [Int32]) -> Data {
    data(bits: values.map { UInt32(bitPattern: $0) })
  }

  static func data(_ values: [Float]) -> Data {
    data(bits: values.map(\.bitPattern))
  }

  static func integers(_ data: Data) -> [Int32] {
    bits(data).map { Int32(bitPattern: $0) }
  }

  static func floats(_ data: Data) -> [Float] {
    bits(data).map { Float(bitPattern: $0) }
  }

  private static func data(bits: [UInt32]) -> Data {
    bits.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  private static func bits(_ data: Data) -> [UInt32] {
    let count = data.count / 4
    return data.withUnsafeBytes { bytes in
      (0..<count).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
      }
    }
  }
}

extension Database {
  /// Runs a statement that is prepared once for each connection.
  func run(sql: String, arguments: StatementArguments) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }
}

/// The number of words, by whitespace: what the length baselines count.
func wordCount(_ text: String) -> Int {
  text.split(whereSeparator: \.isWhitespace).count
}
