import Feedback

extension ChatTemplate {
  /// The conversation as text, with the beginning of the assistant's next turn.
  public func render(_ messages: [Message]) -> String {
    prompt(messages).map { piece in
      switch piece {
      case .special(let text), .text(let text): text
      }
    }.joined()
  }

  /// The tokens of a conversation, with the beginning of the assistant's next turn.
  public func encodePrompt(_ messages: [Message], tokenizer: Tokenizer) -> [TokenID] {
    encode(prompt(messages), tokenizer)
  }

  /// The tokens of an assistant's turn after such a prompt: its text, in which nothing is special,
  /// and the end token.
  public func encodeCompletion(_ text: String, tokenizer: Tokenizer) -> [TokenID] {
    tokenizer.encode(text) + [tokenizer.endToken]
  }

  /// The tokens of a whole conversation in stretches, alternately untrained and trained: every
  /// assistant turn with its end token is trained. It ends with the last assistant turn.
  ///
  /// A trained turn's text is encoded apart from what stands before it, as when it is sampled.
  public func encodeConversation(
    _ messages: [Message], tokenizer: Tokenizer
  ) -> [(tokens: [TokenID], trained: Bool)] {
    var stretches: [(tokens: [TokenID], trained: Bool)] = []
    var pieces = opening(of: messages)
    for message in messages {
      pieces += header(message.role)
      if message.role == .assistant {
        stretches.append((encode(pieces, tokenizer), false))
        stretches.append((encodeCompletion(body(message), tokenizer: tokenizer), true))
        pieces = Array(footer.dropFirst())
      } else {
        pieces.append(.text(body(message)))
        pieces += footer
      }
    }
    return stretches
  }

  private func prompt(_ messages: [Message]) -> [Piece] {
    var pieces = opening(of: messages)
    for message in messages {
      pieces += header(message.role)
      pieces.append(.text(body(message)))
      pieces += footer
    }
    return pieces + header(.assistant)
  }

  /// Encodes each stretch of text between two special tokens whole.
  private func encode(_ pieces: [Piece], _ tokenizer: Tokenizer) -> [TokenID] {
    var tokens: [TokenID] = []
    var stretch = ""
    for piece in pieces {
      switch piece {
      case .text(let text): stretch += text
      case .special(let text):
        tokens += tokenizer.encode(stretch)
        stretch = ""
        if let token = tokenizer.specialToken(text) { tokens.append(token) }
      }
    }
    return tokens + tokenizer.encode(stretch)
  }
}
