/// Which words two texts do not share, found as a longest common subsequence (Myers 1986).
struct WordDifference: Sendable, Hashable {
  /// A stretch of a text.
  struct Run: Sendable, Hashable {
    var text: String
    /// Whether the other text lacks it.
    var isOwn: Bool
  }

  var left: [Run]
  var right: [Run]

  init(_ left: String, _ right: String) {
    let leftWords = Self.words(left)
    let rightWords = Self.words(right)
    let difference = rightWords.difference(from: leftWords) { $0.key == $1.key }
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    self.left = leftWords.enumerated().map { Run(text: $1.text, isOwn: removed.contains($0)) }
    self.right = rightWords.enumerated().map { Run(text: $1.text, isOwn: inserted.contains($0)) }
  }

  /// A word, compared without the case and the punctuation around it.
  private struct Word {
    var text: String
    var key: String
  }

  /// Words and line breaks; ideographs are words of their own, as they have no spaces.
  private static func words(_ text: String) -> [Word] {
    var words: [Word] = []
    var current = ""
    func finish() {
      guard !current.isEmpty else { return }
      let bare = current.filter { $0.isLetter || $0.isNumber }.lowercased()
      words.append(Word(text: current, key: bare.isEmpty ? current : bare))
      current = ""
    }
    for character in text {
      if character.isNewline {
        finish()
        words.append(Word(text: "\n", key: "\n"))
      } else if character.isWhitespace {
        finish()
      } else if let scalar = character.unicodeScalars.first,
        (0x2E80..<0xAC00).contains(scalar.value)
      {
        finish()
        words.append(Word(text: String(character), key: String(character)))
      } else {
        current.append(character)
      }
    }
    finish()
    return words
  }
}
