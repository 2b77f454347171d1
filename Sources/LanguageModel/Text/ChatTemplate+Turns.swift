import Feedback

extension ChatTemplate {
  /// One turn as it is written.
  struct Turn {
    var role: Message.Role
    var before: [Piece]
    var text: String
    /// Of an assistant's turn the end token comes first.
    var after: [Piece]
  }

  /// The conversation's turns, with a default system turn where the template adds one.
  func turns(of messages: [Message]) -> [Turn] {
    switch style {
    case .chatML(let defaultSystem):
      return withSystem(defaultSystem, messages).map { message in
        Turn(
          role: message.role, before: header(message.role), text: message.content,
          after: [.special(end), .text("\n")])
      }
    case .llama3(let systemLead):
      return withSystem(systemLead.map { _ in "" }, messages).enumerated().map { index, message in
        let lead = index == 0 && message.role == .system ? systemLead : nil
        return Turn(
          role: message.role, before: header(message.role),
          text: (lead ?? "") + message.content.trimmingWhitespace(), after: [.special(end)])
      }
    case .mistral(let format):
      return turns(of: messages, systemOpen: format.systemOpen) { message, system in
        if message.role == .assistant {
          let text = format.trimsAnswers ? message.content.trimmingWhitespace() : message.content
          return Turn(
            role: .assistant, before: [], text: format.lead + text, after: [.special(end)])
        }
        return Turn(
          role: message.role, before: format.open + system, text: message.content,
          after: format.close)
      }
    case .gemma:
      return turns(of: messages, systemOpen: nil) { message, system in
        Turn(
          role: message.role, before: header(message.role) + system,
          text: message.content.trimmingWhitespace(), after: [.special(end), .text("\n")])
      }
    }
  }

  /// The messages with a system turn before them, if there is a default and none of their own.
  private func withSystem(_ content: String?, _ messages: [Message]) -> [Message] {
    guard let content, let first = messages.first, first.role != .system else { return messages }
    return [Message(role: .system, content: content)] + messages
  }

  /// Turns of a format in which a system turn is part of the user's turn that follows it, unless
  /// `systemOpen` begins one.
  private func turns(
    of messages: [Message], systemOpen: [Piece]?,
    write: (_ message: Message, _ system: [Piece]) -> Turn
  ) -> [Turn] {
    var turns: [Turn] = []
    var system = ""
    for message in messages {
      if message.role == .system, let systemOpen {
        turns.append(
          Turn(
            role: .system, before: systemOpen, text: message.content,
            after: [.special("[/SYSTEM_PROMPT]")]))
      } else if message.role == .system {
        system += message.content + "\n\n"
      } else if message.role == .user, !system.isEmpty {
        turns.append(write(message, [.text(system)]))
        system = ""
      } else {
        turns.append(write(message, []))
      }
    }
    if !system.isEmpty {
      turns.append(write(Message(role: .user, content: String(system.dropLast(2))), []))
    }
    return turns
  }

  /// What stands before a turn's text; before an assistant's, it is where a prompt ends.
  func header(_ role: Message.Role) -> [Piece] {
    switch style {
    case .chatML:
      [.special("<|im_start|>"), .text("\(role.rawValue)\n")]
    case .llama3:
      [
        .special("<|start_header_id|>"), .text(role.rawValue), .special("<|end_header_id|>"),
        .text("\n\n"),
      ]
    case .mistral: []
    case .gemma:
      [.special("<start_of_turn>"), .text(role == .assistant ? "model\n" : "user\n")]
    }
  }

  /// What stands before the first turn.
  var opening: [Piece] { beginning.map { [.special($0)] } ?? [] }
}

extension String {
  func trimmingWhitespace() -> String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
