import Feedback

/// How a model expects a conversation to be written: which special tokens stand around each turn.
public struct ChatTemplate: Sendable, Equatable {
  /// A piece of a written conversation.
  enum Piece: Equatable {
    case special(String)
    /// Text of the template or of a message: never read for special tokens.
    case text(String)
  }

  private enum Style: Equatable {
    /// OpenAI's ChatML, with a system turn that is added when the conversation has none.
    case chatML(defaultSystem: String?)
    case llama3
  }

  private let style: Style

  /// The names that `--chat-template` takes.
  public static let names = ["smollm2", "chatml", "llama3"]

  private static let smolLM2System =
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

  /// The template of a model file, recognised from its `tokenizer.chat_template`.
  ///
  /// - Parameter name: one of ``names``, to use instead of what the file says.
  /// - Throws: ``LanguageModelError`` when it is unknown, or the vocabulary lacks its tokens.
  public init(gguf: GGUFFile, name: String? = nil) throws(LanguageModelError) {
    let names = ChatTemplate.names.joined(separator: ", ")
    if let name {
      switch name {
      case "smollm2": style = .chatML(defaultSystem: ChatTemplate.smolLM2System)
      case "chatml": style = .chatML(defaultSystem: nil)
      case "llama3": style = .llama3
      default:
        throw LanguageModelError("'\(name)' is no chat template known here; known are \(names)")
      }
    } else if let source = gguf.string("tokenizer.chat_template") {
      guard let style = ChatTemplate.recognize(source) else {
        throw LanguageModelError(
          "\(gguf.path): has a chat template that is not recognised; name one with --chat-template "
            + "NAME (\(names))"
        )
      }
      self.style = style
    } else {
      throw LanguageModelError(
        "\(gguf.path): has no chat template; name one with --chat-template NAME (\(names))")
    }

    let vocabulary = gguf.byteStrings("tokenizer.ggml.tokens") ?? []
    for token in specialTokens
    where !vocabulary.contains(where: { $0.elementsEqual(token.utf8) }) {
      throw LanguageModelError(
        "\(gguf.path): lacks the token '\(token)' that the chat template needs; name another with "
          + "--chat-template NAME (\(names))"
      )
    }
  }

  /// Recognises a template by what only it contains, as llama.cpp's list does.
  private static func recognize(_ source: String) -> Style? {
    if source.contains("<|im_start|>") {
      return .chatML(defaultSystem: defaultSystem(in: source))
    }
    if source.contains("<|start_header_id|>"), source.contains("<|end_header_id|>") {
      return .llama3
    }
    return nil
  }

  /// The system turn that a ChatML template writes out in full, as SmolLM2's and Qwen's do.
  private static func defaultSystem(in source: String) -> String? {
    for newline in ["\n", "\\n"] {
      for part in source.split(separator: "<|im_start|>system" + newline).dropFirst() {
        guard let end = part.firstRange(of: "<|im_end|>") else { continue }
        let text = part[..<end.lowerBound]
        if !text.isEmpty, !text.contains(where: { "'\"{}".contains($0) }) { return String(text) }
      }
    }
    return nil
  }

  /// The special tokens that the template writes.
  private var specialTokens: [String] {
    switch style {
    case .chatML: ["<|im_start|>", "<|im_end|>"]
    case .llama3:
      ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    }
  }

  /// What stands before a conversation: the default system turn, or a token that begins it.
  func opening(of messages: [Message]) -> [Piece] {
    switch style {
    case .chatML(let system):
      guard let system, let first = messages.first, first.role != .system else { return [] }
      let message = Message(role: .system, content: system)
      return header(.system) + [.text(body(message))] + footer
    case .llama3:
      return [.special("<|begin_of_text|>")]
    }
  }

  /// What stands before a turn's text.
  func header(_ role: Message.Role) -> [Piece] {
    switch style {
    case .chatML:
      [.special("<|im_start|>"), .text("\(role.rawValue)\n")]
    case .llama3:
      [
        .special("<|start_header_id|>"), .text(role.rawValue), .special("<|end_header_id|>"),
        .text("\n\n"),
      ]
    }
  }

  /// A turn's text as the template writes it.
  func body(_ message: Message) -> String {
    switch style {
    case .chatML: message.content
    case .llama3: message.content.trimmingWhitespace()
    }
  }

  /// What stands after a turn's text, the end token first.
  var footer: [Piece] {
    switch style {
    case .chatML: [.special("<|im_end|>"), .text("\n")]
    case .llama3: [.special("<|eot_id|>")]
    }
  }
}

extension String {
  fileprivate func trimmingWhitespace() -> String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
