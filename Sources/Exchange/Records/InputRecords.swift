import Feedback

/// What `generate` reads: a prompt.
public struct PromptRecord: Decodable, Sendable {
  public var prompt: PromptText

  /// The prompt of a line: the line's text, or the record when it begins with `{`; nil for a line
  /// without text.
  public static func read(_ line: Placed<String>) throws(ExchangeError) -> PromptText? {
    let text = line.value
    guard let first = text.first(where: { !$0.isWhitespace }) else { return nil }
    guard first == "{" else { return PromptText(text) }
    return try JSONLines.decode(PromptRecord.self, from: line).prompt
  }
}

/// What `logprobs` and `score` read: a prompt and one answer to it.
public struct AnsweredRecord: Decodable, Sendable {
  public var prompt: PromptText
  public var completion: AnswerText
}
