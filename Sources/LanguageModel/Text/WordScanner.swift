/// Cuts text into the words within which byte-pair merges happen; see ``PreTokenizer`` for the
/// patterns.
///
/// A byte that is no part of valid UTF-8 counts as a symbol, so that any input is cut into words that
/// join to it again.
struct WordScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let preTokenizer: PreTokenizer
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ preTokenizer: PreTokenizer) {
    self.bytes = bytes
    self.preTokenizer = preTokenizer
  }

  private enum Kind {
    case letter, number, whitespace, symbol, end
  }

  /// The range of the next word, which is never empty; nil at the end.
  mutating func next() -> Range<Int>? {
    let start = position
    let (kind, length) = classify(start)
    guard kind != .end else { return nil }
    switch preTokenizer {
    case .smolLM, .gpt2: position = endOfGPT2Word(from: start, kind, length)
    case .llama3, .qwen2: position = endOfLlama3Word(from: start, kind, length)
    }
    return start..<position
  }

  private func endOfGPT2Word(from start: Int, _ kind: Kind, _ length: Int) -> Int {
    if kind == .whitespace { return endOfWhitespace(from: start, length) }
    if kind == .number, preTokenizer == .smolLM { return start + length }
    let contraction = contraction(at: start, anyCase: false)
    return contraction > 0 ? start + contraction : endOfRun(of: kind, from: start + length)
  }

  private func endOfLlama3Word(from start: Int, _ kind: Kind, _ length: Int) -> Int {
    let contraction = contraction(at: start, anyCase: true)
    if contraction > 0 { return start + contraction }
    switch kind {
    case .letter: return endOfRun(of: .letter, from: start + length)
    case .number:
      return endOfRun(of: .number, from: start + length, atMost: preTokenizer == .llama3 ? 2 : 0)
    case .symbol:
      // One symbol goes with the letters that follow it.
      if classify(start + length).kind == .letter {
        return endOfRun(of: .letter, from: start + length)
      }
      return endOfNewlines(from: endOfRun(of: .symbol, from: start + length))
    case .whitespace, .end: return endOfWhitespaceWithNewlines(from: start, length)
    }
  }

  private func endOfRun(of kind: Kind, from start: Int, atMost limit: Int = .max) -> Int {
    var end = start
    for _ in 0..<limit {
      let (next, length) = classify(end)
      guard next == kind else { return end }
      end += length
    }
    return end
  }

  private func isNewline(_ index: Int) -> Bool {
    index < bytes.count && (bytes[index] == 0x0A || bytes[index] == 0x0D)
  }

  private func endOfNewlines(from start: Int) -> Int {
    var end = start
    while isNewline(end) { end += 1 }
    return end
  }

  /// The end of the word that begins with whitespace in GPT-2's pattern: a space goes with what
  /// follows it; of a longer run the last character is left to the next word.
  private func endOfWhitespace(from start: Int, _ length: Int) -> Int {
    var last = start
    var end = start + length
    while true {
      let (kind, length) = classify(end)
      if kind == .whitespace {
        last = end
        end += length
      } else if kind == .end || (kind == .number && preTokenizer == .smolLM) {
        return end
      } else if last > start {
        return last
      } else {
        return bytes[start] == UInt8(ascii: " ") ? endOfRun(of: kind, from: end + length) : end
      }
    }
  }

  /// The same in Llama 3's pattern: whitespace up to its last line end is a word; any other than a
  /// line end goes with letters, and a space with symbols and the line ends after them.
  private func endOfWhitespaceWithNewlines(from start: Int, _ length: Int) -> Int {
    let (next, nextLength) = classify(start + length)
    if next == .letter, !isNewline(start) { return endOfRun(of: .letter, from: start + length) }
    if next == .symbol, bytes[start] == UInt8(ascii: " ") {
      return endOfNewlines(from: endOfRun(of: .symbol, from: start + length + nextLength))
    }
    var last = start
    var afterNewline = 0
    var end = start
    while case (let kind, let length) = classify(end), kind == .whitespace {
      last = end
      end += length
      if isNewline(last) { afterNewline = end }
    }
    if afterNewline > 0 { return afterNewline }
    return end == bytes.count || last == start ? end : last
  }

  /// The length of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` at a position, else 0.
  private func contraction(at start: Int, anyCase: Bool) -> Int {
    guard bytes[start] == UInt8(ascii: "'") else { return 0 }
    func letter(_ index: Int) -> UInt8 {
      guard index < bytes.count else { return 0 }
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[index])
      return anyCase && isUpper ? bytes[index] | 0x20 : bytes[index]
    }
    let second = letter(start + 2)
    switch letter(start + 1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? 3 : 0
    case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? 3 : 0
    // U+017F, the long s, is an s when case does not count.
    case 0xC5: return anyCase && second == 0xBF ? 3 : 0
    default: return 0
    }
  }

  /// The kind of the character at a position and its length in bytes.
  private func classify(_ index: Int) -> (kind: Kind, length: Int) {
    guard index < bytes.count else { return (.end, 0) }
    let byte = bytes[index]
    if byte < 0x80 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        return (.letter, 1)
      case UInt8(ascii: "0")...UInt8(ascii: "9"): return (.number, 1)
      case 0x20, 0x09...0x0D: return (.whitespace, 1)
      default: return (.symbol, 1)
      }
    }
    guard let (scalar, length) = decode(at: index) else { return (.symbol, 1) }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return (.letter, length)
    case .decimalNumber, .letterNumber, .otherNumber:
      return (.number, length)
    default:
      return (scalar.properties.isWhitespace ? .whitespace : .symbol, length)
    }
  }

  /// The character that begins with a byte above 0x7F; nil when the bytes are not valid UTF-8.
  private func decode(at index: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    let first = bytes[index]
    let length: Int
    var value: UInt32
    let smallest: UInt32
    switch first {
    case 0xC2...0xDF: (length, value, smallest) = (2, UInt32(first & 0x1F), 0x80)
    case 0xE0...0xEF: (length, value, smallest) = (3, UInt32(first & 0x0F), 0x800)
    case 0xF0...0xF4: (length, value, smallest) = (4, UInt32(first & 0x07), 0x10000)
    default: return nil
    }
    guard index + length <= bytes.count else { return nil }
    for byte in bytes[index + 1..<index + length] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    // A scalar cannot be a surrogate or lie above U+10FFFF, so those fail here.
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}
