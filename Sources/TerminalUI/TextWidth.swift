/// How many columns text takes on a terminal.
///
/// The C library's answer is years behind Unicode and knows nothing of graphemes, so the table is
/// here: East Asian Wide and Fullwidth (Unicode Standard Annex 11) take two columns, so do emoji
/// and whole emoji sequences, and marks that combine take none.
public enum TextWidth {
  /// Columns of a string on one row; a tab counts as one.
  public static func columns(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + columns($1) }
  }

  /// Columns of one grapheme: usually 0 to 2, more for clusters of several spacing letters.
  public static func columns(_ character: Character) -> Int {
    if character.isASCII { return 1 }
    let scalars = character.unicodeScalars
    guard scalars.count > 1, let first = scalars.first else {
      return scalars.first.map { columns($0) } ?? 0
    }
    return isEmojiSequence(scalars, first: first) ? 2 : scalars.reduce(0) { $0 + columns($1) }
  }

  /// Columns of one code point that stands alone.
  static func columns(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    // Control characters are drawn as one visible sign.
    if value < 0x300 { return value == 0xAD ? 0 : 1 }
    if isWide(value) { return 2 }
    // Hangul vowels and finals join the syllable that their initial began.
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    case .format: return isHiddenControl(scalar) ? 1 : 0
    default: break
    }
    if (0x1F1E6...0x1F1FF).contains(value) { return 1 }
    return properties.isEmojiPresentation ? 2 : 1
  }

  /// Whether a cluster is one picture: a flag, a keycap, or emoji with joiners, skin or selector.
  private static func isEmojiSequence(
    _ scalars: Character.UnicodeScalarView, first: Unicode.Scalar
  ) -> Bool {
    guard first.properties.isEmoji else { return false }
    return scalars.dropFirst().contains { scalar in
      switch scalar.value {
      case 0xFE0F, 0x200D, 0x1F3FB...0x1F3FF, 0x1F1E6...0x1F1FF, 0xE0020...0xE007F: true
      default: false
      }
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    guard value >= 0x1100 else { return false }
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      let range = wideRanges[middle]
      if value < range.lowerBound {
        high = middle
      } else if value > range.upperBound {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }

  /// Wide and Fullwidth blocks that are not emoji, in order, from EastAsianWidth.txt.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F,  // Hangul initials
    0x2329...0x232A,  // angle brackets
    0x2E80...0x2FFF,  // radicals, ideographic description
    0x3000...0x303E,  // CJK punctuation
    0x3041...0x33FF,  // kana, bopomofo, compatibility letters
    0x3400...0x4DBF,  // ideographs, extension A
    0x4E00...0xA4CF,  // ideographs, Yi
    0xA960...0xA97F,  // Hangul extended A
    0xAC00...0xD7A3,  // Hangul syllables
    0xF900...0xFAFF,  // compatibility ideographs
    0xFE10...0xFE19,  // vertical forms
    0xFE30...0xFE6F,  // compatibility and small forms
    0xFF01...0xFF60,  // fullwidth forms
    0xFFE0...0xFFE6,  // fullwidth signs
    0x16FE0...0x16FE3,  // ideographic marks
    0x16FF0...0x16FF1,
    0x17000...0x18CD5,  // Tangut, Khitan
    0x18D00...0x18D08,
    0x1AFF0...0x1AFFE,  // kana extended
    0x1B000...0x1B2FB,  // kana supplement, Nushu
    0x1F200...0x1F202,  // enclosed ideographs
    0x1F210...0x1F23B,
    0x1F240...0x1F248,
    0x1F250...0x1F251,
    0x1F260...0x1F265,
    0x20000...0x2FFFD,  // ideographs, extensions B and on
    0x30000...0x3FFFD,
  ]
}
