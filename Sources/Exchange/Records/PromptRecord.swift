import Feedback

/// A line of what `generate` reads: a prompt as plain text, or `{"prompt"}` where the line begins
/// with `{`.
public struct PromptRecord: Decodable, Sendable, Hashable {
  /// The prompt as it was given.
  public var written: Turns
  public var prompt: [Message]

  private enum Key: String, CodingKey {
    case prompt
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    written = try container.decode(Turns.self, forKey: .prompt)
    prompt = try container.decodePrompt(forKey: .prompt)
  }

  public init(_ line: JSONLine) throws(ExchangeError) {
    if line.isJSON {
      self = try line.decode(PromptRecord.self)
    } else {
      written = .text(try line.text())
      prompt = written.prompt
    }
  }
}

/// A line of what `logprobs` and `score` read: `{"prompt","completion"}`.
public struct CompletionRecord: Decodable, Sendable, Hashable {
  public var prompt: [Message]
  public var completion: String

  private enum Key: String, CodingKey {
    case prompt, completion
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    prompt = try container.decodePrompt(forKey: .prompt)
    completion = try container.decodeAnswer(forKey: .completion)
  }
}
