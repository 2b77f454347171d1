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
    var text = text
    if case .mistral(let format) = style, !text.hasPrefix(format.lead) { text = format.lead + text }
    return tokenizer.encode(text) + [tokenizer.endToken]
  }

  /// The tokens of a whole conversation in stretches, alternately untrained and trained: every
  /// assistant turn with its end token is trained. It ends with the last assistant turn.
  ///
  /// A trained turn's text is encoded apart from what stands before it, as when it is sampled.
  public func encodeConversation(
    _ messages: [Message], tokenizer: Tokenizer
  ) -> [(tokens: [TokenID], trained: Bool)] {
    var stretches: [(tokens: [TokenID], trained: Bool)] = []
    var pieces = opening
    for turn in turns(of: messages) {
      pieces += turn.before
      if turn.role == .assistant {
        stretches.append((encode(pieces, tokenizer), false))
        stretches.append((encodeCompletion(turn.text, tokenizer: tokenizer), true))
        pieces = Array(turn.after.dropFirst())
      } else {
        pieces.append(.text(turn.text))
        pieces += turn.after
      }
    }
    return stretches
  }

  private func prompt(_ messages: [Message]) -> [Piece] {
    opening + turns(of: messages).flatMap { $0.before + [.text($0.text)] + $0.after }
      + header(.assistant)
  }

  /// Encodes each stretch of text between two special tokens whole.
  private func encode(_ pieces: [Piece], _ tokenizer: Tokenizer) -> [TokenID] {
    var tokens: [TokenID] = []
    var stretch = ""
    for piece in pieces {
      switch piece {
      case .text(let text): stretch += text
      case .special(let text):
        guard let token = tokenizer.specialToken(text) else {
          stretch += text
          continue
        }
        tokens += tokenizer.encode(stretch)
        stretch = ""
        tokens.append(token)
      }
    }
    return tokens + tokenizer.encode(stretch)
  }
}
