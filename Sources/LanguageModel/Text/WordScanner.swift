/// Cuts text into the words within which byte-pair merges happen: llama.cpp's `smollm`
/// pre-tokenizer.
///
/// First every number character (`\p{N}`) stands alone. Between them GPT-2's pattern holds:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, where a number ends the
/// text as far as the look-ahead is concerned. A byte that is no part of valid UTF-8 counts as a
/// symbol, so that any input is cut into words that join to it again.
struct WordScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  private enum Kind {
    case letter, number, whitespace, symbol, end
  }

  /// The range of the next word, which is never empty; nil at the end.
  mutating func next() -> Range<Int>? {
    let start = position
    let (kind, length) = classify(start)
    switch kind {
    case .end:
      return nil
    case .number:
      position = start + length
    case .letter:
      position = endOfRun(of: .letter, from: start + length)
    case .symbol:
      position = start + contraction(at: start)
      if position == start { position = endOfRun(of: .symbol, from: start + length) }
    case .whitespace:
      position = endOfWhitespace(from: start, length: length)
    }
    return start..<position
  }

  private func endOfRun(of kind: Kind, from start: Int) -> Int {
    var end = start
    while true {
      let (next, length) = classify(end)
      guard next == kind else { return end }
      end += length
    }
  }

  /// The end of the word that begins with whitespace: a space goes with the letters or symbols that
  /// follow it; of a longer run the last character is left to the next word.
  private func endOfWhitespace(from start: Int, length: Int) -> Int {
    var last = start
    var end = start + length
    while true {
      let (kind, length) = classify(end)
      switch kind {
      case .whitespace:
        last = end
        end += length
      case .number, .end:
        return end
      case .letter, .symbol:
        if last > start { return last }
        return bytes[start] == UInt8(ascii: " ") ? endOfRun(of: kind, from: end + length) : end
      }
    }
  }

  /// The length of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` at a position, else 0.
  private func contraction(at start: Int) -> Int {
    guard bytes[start] == UInt8(ascii: "'"), start + 1 < bytes.count else { return 0 }
    let second = start + 2 < bytes.count ? bytes[start + 2] : 0
    switch bytes[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? 3 : 0
    case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? 3 : 0
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
