/// Why the workstation cannot open: one sentence.
public struct WorkstationError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// A message of another part as a sentence: with a capital and a full stop.
func sentence(_ error: any Error) -> String {
  sentence(String(describing: error))
}

func sentence(_ text: String) -> String {
  let text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  guard let first = text.first, let last = text.last else { return "Something failed unsaid." }
  // A path keeps its first letter.
  let start = first.isLetter ? first.uppercased() : String(first)
  return start + text.dropFirst() + (".!?".contains(last) ? "" : ".")
}
