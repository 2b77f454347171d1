import Foundation

/// A file of one JSON object a line, or of plain text lines, with its line numbers.
///
/// Empty lines are skipped, a byte-order mark at the beginning and a carriage return at the end of a
/// line are dropped.
public struct JSONLines: Sequence, Sendable {
  /// The name that errors give: the path, or such as `standard input`.
  public let name: String
  private let data: Data

  /// The lines of a file.
  public init(path: String) throws(ExchangeError) {
    self.init(data: try FileBytes.read(path), name: path)
  }

  /// The lines of bytes that came from `name`.
  public init(data: Data, name: String) {
    self.data = data
    self.name = name
  }

  public func makeIterator() -> Iterator {
    Iterator(name: name, rest: data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
  }

  public struct Iterator: IteratorProtocol {
    fileprivate let name: String
    fileprivate var rest: Data
    private var number = 0

    fileprivate init(name: String, rest: Data) {
      self.name = name
      self.rest = rest
    }

    public mutating func next() -> JSONLine? {
      while !rest.isEmpty {
        number += 1
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        var line = rest[..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : Data()
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        if line.contains(where: { $0 != 0x20 && $0 != 0x09 }) {
          return JSONLine(source: name, number: number, bytes: line)
        }
      }
      return nil
    }
  }

  /// Every line as a record.
  ///
  /// - Throws: ``ExchangeError`` with file, line and reason at the first that is none.
  public func records<Record: Decodable>(
    _ type: Record.Type
  ) throws(ExchangeError) -> [(record: Record, line: JSONLine)] {
    var records: [(record: Record, line: JSONLine)] = []
    for line in self { records.append((try line.decode(type), line)) }
    return records
  }
}

/// One line with the place it came from.
public struct JSONLine: Sendable {
  public let source: String
  /// Counted from 1, empty lines too.
  public let number: Int
  let bytes: Data

  public init(source: String, number: Int, bytes: Data) {
    self.source = source
    self.number = number
    self.bytes = bytes
  }

  public init(source: String, number: Int, text: String) {
    self.init(source: source, number: number, bytes: Data(text.utf8))
  }

  /// Whether the line begins with `{`: then it is JSON where plain text could stand too.
  public var isJSON: Bool { bytes.first == UInt8(ascii: "{") }

  /// The line as text.
  public func text() throws(ExchangeError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error("is not valid UTF-8")
    }
    return text
  }

  /// The error for this line: file, line, reason.
  public func error(_ reason: String) -> ExchangeError {
    ExchangeError("\(source):\(number): \(reason)")
  }

  /// The line's JSON object as a record.
  public func decode<Record: Decodable>(_ type: Record.Type) throws(ExchangeError) -> Record {
    _ = try text()
    guard bytes.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{") else {
      throw error("is not a JSON object; each line is one, as in {\"key\": \"value\"}")
    }
    do {
      return try JSONDecoder().decode(type, from: bytes)
    } catch let failure as DecodingError {
      throw error(JSONLine.reason(failure))
    } catch {
      throw self.error("\(error)")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      var path = ""
      for key in context.codingPath + (last.map { [$0] } ?? []) {
        if let index = key.intValue {
          path += "[\(index)]"
        } else {
          path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
      }
      return "“\(path)”"
    }
    switch error {
    case .keyNotFound(let key, let context): return "lacks \(path(context, key))"
    case .valueNotFound(_, let context): return "has no value for \(path(context))"
    case .typeMismatch(let type, let context):
      return "\(path(context)) is not \(name(of: type))"
    case .dataCorrupted(let context):
      if context.codingPath.isEmpty && context.underlyingError != nil { return "is not valid JSON" }
      if context.codingPath.isEmpty { return context.debugDescription }
      return "\(path(context)) \(context.debugDescription)"
    @unknown default: return "cannot be read"
    }
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is Int.Type, is Int64.Type, is Int32.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is [String: Any].Type: "an object"
    case is [Any].Type: "a list"
    default: "of the kind that belongs there"
    }
  }
}
