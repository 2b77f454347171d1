/// Why the terminal cannot be used, in one sentence.
public struct TerminalError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
