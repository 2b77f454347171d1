import Feedback

/// A prompt or an answer as files give it: a string, or a list of messages.
public enum Turns: Codable, Sendable, Hashable {
  case text(String)
  case messages([Message])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .text(text)
      return
    }
    guard var list = try? decoder.unkeyedContainer() else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "is neither a string nor a list of messages")
    }
    var messages: [Message] = []
    while !list.isAtEnd { messages.append(try list.decode(WrittenMessage.self).message) }
    self = .messages(messages)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .messages(let messages): try container.encode(messages)
    }
  }

  /// The messages of a prompt: a string is one user's turn.
  var prompt: [Message] {
    switch self {
    case .text(let text): [Message(role: .user, content: text)]
    case .messages(let messages): messages
    }
  }

  /// How a prompt is written most simply: one user's turn as its text, anything else as messages.
  public init(prompt: [Message]) {
    if prompt.count == 1, prompt[0].role == .user {
      self = .text(prompt[0].content)
    } else {
      self = .messages(prompt)
    }
  }
}

/// A message whose errors say what was found.
struct WrittenMessage: Decodable {
  var message: Message

  private enum Key: String, CodingKey {
    case role, content
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let name = try container.decode(String.self, forKey: .role)
    guard let role = Message.Role(rawValue: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .role, in: container,
        debugDescription: "is “\(name)”; the roles are system, user and assistant")
    }
    message = Message(role: role, content: try container.decode(String.self, forKey: .content))
  }
}

extension KeyedDecodingContainer {
  /// The prompt of a key: messages that end with the user's turn.
  func decodePrompt(forKey key: Key) throws -> [Message] {
    let prompt = try decode(Turns.self, forKey: key).prompt
    guard prompt.last?.role == .user else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "does not end with a user's turn")
    }
    return prompt
  }

  /// The answer of a key: a string, or a list of one assistant's turn.
  func decodeAnswer(forKey key: Key) throws -> String {
    guard let answer = try decode(Turns.self, forKey: key).answer else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "is not one assistant's turn")
    }
    return answer
  }

  /// The answers of a key, each as ``decodeAnswer(forKey:)`` takes it.
  func decodeAnswers(forKey key: Key) throws -> [String] {
    try decode([Turns].self, forKey: key).enumerated().map { index, turns in
      guard let answer = turns.answer else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: self, debugDescription: "number \(index + 1) is not one assistant's turn")
      }
      return answer
    }
  }
}

extension Turns {
  /// The text of an answer; nil when it is no single turn of the assistant's.
  fileprivate var answer: String? {
    switch self {
    case .text(let text): text
    case .messages(let messages):
      messages.count == 1 && messages[0].role == .assistant ? messages[0].content : nil
    }
  }
}
