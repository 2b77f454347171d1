/// Why a file could not be read or written, as one sentence with the file and, where there is one,
/// the line.
public struct ExchangeError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  /// The sentence for any error met while working on `file`.
  init(_ error: any Error, file: String) {
    if let error = error as? ExchangeError {
      self = error
    } else {
      self.init("\(file): \(error)")
    }
  }
}
