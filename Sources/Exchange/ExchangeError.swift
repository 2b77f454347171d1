/// Why a file could not be read or written, as one sentence for a person: what, where, what to do.
public struct ExchangeError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
