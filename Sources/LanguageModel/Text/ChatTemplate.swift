/// How a model expects a conversation to be written: which special tokens stand around each turn.
public struct ChatTemplate: Sendable, Equatable {
  /// A piece of a written conversation.
  enum Piece: Equatable {
    case special(String)
    /// Text of the template or of a message: never read for control tokens.
    case text(String)
  }

  enum Style: Equatable {
    /// OpenAI's ChatML, with a system turn that is added when the conversation has none.
    case chatML(defaultSystem: String?)
    /// Llama 3's, from 3.1 on with lines that begin the system turn, which is then always there.
    case llama3(systemLead: String?)
    case mistral(MistralFormat)
    case gemma
  }

  let style: Style
  /// The token before every conversation, if there is one.
  let beginning: String?
  /// The token that ends an assistant's turn.
  let end: String

  private static let known: [(name: String, style: Style)] = [
    (
      "smollm2",
      .chatML(
        defaultSystem: "You are a helpful AI assistant named SmolLM, trained by Hugging Face")
    ),
    ("chatml", .chatML(defaultSystem: nil)),
    ("qwen2", .chatML(defaultSystem: "You are a helpful assistant.")),
    (
      "qwen2.5",
      .chatML(
        defaultSystem:
          "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")
    ),
    ("qwen3", .chatML(defaultSystem: nil)),
    ("llama3", .llama3(systemLead: nil)),
    (
      // The date is the template's own, which transformers writes for 3.1: one that moved would make
      // prompts differ from day to day.
      "llama3.1",
      .llama3(
        systemLead: "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n")
    ),
    ("mistral-v1", .mistral(.v1)),
    ("mistral-v3", .mistral(.v3)),
    ("mistral-v3-tekken", .mistral(.v3Tekken)),
    ("mistral-v7", .mistral(.v7)),
    ("mistral-v7-tekken", .mistral(.v7Tekken)),
    ("gemma", .gemma),
  ]

  /// The names that `--chat-template` takes.
  public static let names = known.map(\.name)

  /// The template of a model file, recognised from its `tokenizer.chat_template`.
  ///
  /// - Parameter name: one of ``names``, to use instead of what the file says.
  /// - Throws: ``LanguageModelError`` when it is unknown, or the vocabulary lacks its tokens.
  public init(gguf: GGUFFile, name: String? = nil) throws(LanguageModelError) {
    let names = ChatTemplate.names.joined(separator: ", ")
    let source = name == nil ? gguf.string("tokenizer.chat_template") : nil
    if let name {
      guard let known = ChatTemplate.known.first(where: { $0.name == name }) else {
        throw LanguageModelError("'\(name)' is no chat template known here; known are \(names)")
      }
      style = known.style
    } else if let source {
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
    func token(_ key: String) -> String? {
      guard let index = gguf.integer("tokenizer.ggml.\(key)_token_id"),
        vocabulary.indices.contains(index)
      else { return nil }
      return String(decoding: vocabulary[index], as: UTF8.self)
    }
    switch style {
    case .chatML:
      beginning = source?.contains("bos_token") == true ? token("bos") : nil
      end = "<|im_end|>"
    case .llama3: (beginning, end) = ("<|begin_of_text|>", "<|eot_id|>")
    case .mistral: (beginning, end) = (token("bos") ?? "<s>", token("eos") ?? "</s>")
    case .gemma: (beginning, end) = (token("bos") ?? "<bos>", "<end_of_turn>")
    }
    // A token's text may also be an ordinary one's: then it cannot stand for a turn.
    let types = gguf.integers("tokenizer.ggml.token_type") ?? []
    for token in specialTokens {
      let index = vocabulary.firstIndex { $0.elementsEqual(token.utf8) }
      guard let index, !types.indices.contains(index) || types[index] != 1 else {
        throw LanguageModelError(
          "\(gguf.path): lacks the special token '\(token)' that the chat template needs; name "
            + "another with --chat-template NAME (\(names))"
        )
      }
    }
  }

  /// Recognises a template by what only it contains, as llama.cpp's list does.
  private static func recognize(_ source: String) -> Style? {
    if source.contains("<|im_start|>") {
      // Phi-4 separates role and text with a token of its own, SmolVLM ends turns with another.
      let others = ["<|im_sep|>", "<end_of_utterance>"]
      return others.contains { source.contains($0) }
        ? nil : .chatML(defaultSystem: defaultSystem(in: source))
    }
    if source.contains("[INST]") {
      return MistralFormat(recognizedIn: source).map { .mistral($0) }
    }
    if source.contains("<start_of_turn>") { return .gemma }
    if source.contains("<|start_header_id|>"), source.contains("<|end_header_id|>") {
      let isLater = source.contains("Cutting Knowledge Date: December 2023")
      return known.first { $0.name == (isLater ? "llama3.1" : "llama3") }?.style
    }
    return nil
  }

  /// The system turn that a ChatML template writes out in full, as SmolLM2's and Qwen2's do.
  private static func defaultSystem(in source: String) -> String? {
    for newline in ["\n", "\\n"] {
      for part in source.split(separator: "<|im_start|>system" + newline).dropFirst() {
        guard let end = part.firstRange(of: "<|im_end|>") else { continue }
        let text = part[..<end.lowerBound]
        let isLiteral = !["'", "\"", "{{", "{%"].contains { text.contains($0) }
        if !text.isEmpty, isLiteral { return unescaped(text) }
      }
    }
    return nil
  }

  /// The text that a Jinja string literal's text stands for.
  private static func unescaped(_ literal: Substring) -> String {
    var text = ""
    var characters = literal.makeIterator()
    while let character = characters.next() {
      guard character == "\\", let escaped = characters.next() else {
        text.append(character)
        continue
      }
      text.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
    }
    return text
  }

  /// The special tokens that the vocabulary must have.
  var specialTokens: [String] {
    let beginning = beginning.map { [$0] } ?? []
    switch style {
    case .chatML: return beginning + ["<|im_start|>", end]
    case .llama3: return beginning + ["<|start_header_id|>", "<|end_header_id|>", end]
    case .mistral(let format): return beginning + format.specialTokens + [end]
    case .gemma: return beginning + ["<start_of_turn>", end]
    }
  }
}
