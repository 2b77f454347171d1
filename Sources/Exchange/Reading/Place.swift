/// A line of a file, for error sentences.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  /// The file as people know it: its path, or “standard input”.
  public var file: String
  /// From 1.
  public var line: Int

  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// `FILE:LINE`.
  public var description: String { "\(file):\(line)" }

  /// An error about this line: `FILE:LINE: reason`.
  public func error(_ reason: String) -> ExchangeError {
    ExchangeError("\(self): \(reason)")
  }
}

/// A value with the line that it was read from.
public struct Placed<Value> {
  public var value: Value
  public var place: Place

  public init(_ value: Value, at place: Place) {
    self.value = value
    self.place = place
  }
}

extension Placed: Sendable where Value: Sendable {}
