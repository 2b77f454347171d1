import Feedback

/// A line of a file for supervised fine-tuning.
public enum SFTRecord: Decodable, Sendable, Hashable {
  /// `{"messages"}`: every assistant turn is learnt.
  case conversation([Message])
  /// `{"prompt","completion"}`: the completion is learnt.
  case completion(prompt: [Message], text: String)

  private enum Key: String, CodingKey {
    case messages, prompt, completion
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    if container.contains(.messages) {
      let messages = try container.decode([WrittenMessage].self, forKey: .messages).map(\.message)
      guard messages.contains(where: { $0.role == .assistant }) else {
        throw DecodingError.dataCorruptedError(
          forKey: .messages, in: container, debugDescription: "has no assistant's turn to learn")
      }
      self = .conversation(messages)
    } else if container.contains(.prompt) || container.contains(.completion) {
      self = .completion(
        prompt: try container.decodePrompt(forKey: .prompt),
        text: try container.decodeAnswer(forKey: .completion))
    } else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: [],
          debugDescription: "has neither “messages” nor “prompt” and “completion”"))
    }
  }
}
