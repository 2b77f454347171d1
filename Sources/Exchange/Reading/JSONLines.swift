import Foundation

/// Files that hold one JSON object a line.
public enum JSONLines {
  /// What JSON has no number for, as text.
  private static let infinity = "Infinity"
  private static let notANumber = "NaN"

  /// Reads every object of a file; lines without text are passed over.
  ///
  /// - Throws: `FILE:LINE: reason` for the first line that is no such object.
  public static func read<Record: Decodable>(
    _ type: Record.Type, from lines: TextLines, _ body: (Placed<Record>) throws -> Void
  ) throws {
    while let line = try lines.next() {
      guard !line.value.allSatisfy(\.isWhitespace) else { continue }
      try body(Placed(try decode(type, from: line), at: line.place))
    }
  }

  /// Every object of a file, in its order.
  public static func read<Record: Decodable>(
    _ type: Record.Type, path: String
  ) throws -> [Placed<Record>] {
    var records: [Placed<Record>] = []
    try read(type, from: TextLines(path: path)) { records.append($0) }
    return records
  }

  /// The object of one line.
  ///
  /// - Throws: `FILE:LINE: reason`.
  public static func decode<Record: Decodable>(
    _ type: Record.Type, from line: Placed<String>
  ) throws(ExchangeError) -> Record {
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: infinity, negativeInfinity: "-" + infinity, nan: notANumber)
      return try decoder.decode(type, from: Data(line.value.utf8))
    } catch let error as DecodingError {
      throw line.place.error(reason(error))
    } catch let error as ExchangeError {
      throw line.place.error(error.description)
    } catch {
      throw line.place.error("\(error)")
    }
  }

  /// One object as a line, without the line break: keys in order, numbers exact.
  public static func encode(_ record: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: "-" + infinity, nan: notANumber)
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      return "\(subject(context.codingPath)) lacks \"\(key.stringValue)\""
    case .valueNotFound(let type, let context):
      return "\(subject(context.codingPath)) is null where \(name(of: type)) is needed"
    case .typeMismatch(let type, let context):
      return "\(subject(context.codingPath)) is not \(name(of: type))"
    case .dataCorrupted(let context):
      if context.codingPath.isEmpty || context.underlyingError != nil { return "is not valid JSON" }
      return "\(subject(context.codingPath)) cannot be used: \(context.debugDescription)"
    @unknown default:
      return "cannot be read: \(error)"
    }
  }

  /// A place in an object as people write it: `"completions[2].text"`.
  private static func subject(_ path: [any CodingKey]) -> String {
    guard !path.isEmpty else { return "the line" }
    var text = ""
    for key in path {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return "\"\(printable(text, limit: 80))\""
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is any Collection.Type where !(type is any ExpressibleByDictionaryLiteral.Type): "a list"
    default: "an object"
    }
  }
}
