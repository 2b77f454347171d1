import Feedback

/// A prompt as records give it: a string, which is one user turn, or a list of messages that ends
/// with the user's.
public struct PromptText: Codable, Sendable, Hashable {
  public var messages: [Message]
  /// Whether it was a string.
  private let isString: Bool

  public init(_ text: String) {
    messages = [Message(role: .user, content: text)]
    isString = true
  }

  /// A prompt of several turns; one user turn is written as a list too.
  public init(messages: [Message]) {
    self.messages = messages
    isString = false
  }

  public init(from decoder: any Decoder) throws {
    switch try Turns(from: decoder) {
    case .text(let text): self.init(text)
    case .messages(let messages):
      guard messages.last?.role == .user else {
        throw unusable(decoder, "it does not end with the user's turn")
      }
      self.init(messages: messages)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    if isString {
      try messages[0].content.encode(to: encoder)
    } else {
      try messages.encode(to: encoder)
    }
  }
}

/// An answer as records give it: a string, which is one assistant turn, or a list of messages that
/// begins and ends with the assistant's.
public struct AnswerText: Codable, Sendable, Hashable {
  public var messages: [Message]
  private let isString: Bool

  public init(_ text: String) {
    messages = [Message(role: .assistant, content: text)]
    isString = true
  }

  public init(messages: [Message]) {
    self.messages = messages
    isString = false
  }

  /// The text when it is one turn; nil when there are several.
  public var text: String? { messages.count == 1 ? messages[0].content : nil }

  public init(from decoder: any Decoder) throws {
    switch try Turns(from: decoder) {
    case .text(let text): self.init(text)
    case .messages(let messages):
      guard messages.first?.role == .assistant, messages.last?.role == .assistant else {
        throw unusable(decoder, "it does not begin and end with the assistant's turn")
      }
      self.init(messages: messages)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    if isString {
      try messages[0].content.encode(to: encoder)
    } else {
      try messages.encode(to: encoder)
    }
  }
}

/// A string or a list of messages.
private enum Turns: Decodable {
  case text(String)
  case messages([Message])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = .text(try container.decode(String.self))
      return
    } catch DecodingError.typeMismatch {
      // Then it is a list.
    }
    do {
      self = .messages(try container.decode(MessageList.self).messages)
    } catch DecodingError.typeMismatch(_, let context)
      where context.codingPath.count == decoder.codingPath.count
    {
      throw unusable(decoder, "it is neither a string nor a list of messages")
    }
  }
}

/// A list of `{"role","content"}`, at least one; other fields are passed over.
struct MessageList: Decodable, Sendable {
  var messages: [Message]

  private struct Turn: Decodable {
    var role: Message.Role
    var content: String

    enum CodingKeys: String, CodingKey {
      case role, content
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let name = try container.decode(String.self, forKey: .role)
      guard let role = Message.Role(rawValue: name) else {
        throw DecodingError.dataCorruptedError(
          forKey: .role, in: container,
          debugDescription:
            "“\(printable(name, limit: 40))” is none of system, user and assistant")
      }
      self.role = role
      content = try container.decode(String.self, forKey: .content)
    }
  }

  init(from decoder: any Decoder) throws {
    messages = try [Turn](from: decoder).map { Message(role: $0.role, content: $0.content) }
    guard !messages.isEmpty else { throw unusable(decoder, "it holds no message") }
  }
}

/// An error about the value that a decoder stands at.
func unusable(_ decoder: any Decoder, _ reason: String) -> DecodingError {
  DecodingError.dataCorrupted(
    DecodingError.Context(codingPath: decoder.codingPath, debugDescription: reason))
}
