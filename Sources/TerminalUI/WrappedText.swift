/// Text laid out in rows of a width: wrapped at words, long words broken, in any script.
///
/// A break is allowed after spaces, after a hyphen inside a word, and between ideographs and kana
/// except before closing and after opening punctuation. Tabs become spaces, and control characters
/// are made visible as in ``sanitized(_:)``.
public struct WrappedText: Hashable, Sendable {
  /// One row.
  public struct Line: Hashable, Sendable {
    /// What to draw; spaces that the wrap left at the end are dropped.
    public var text: String
    /// Which characters (graphemes) of the wrapped text the row holds, dropped spaces included.
    public var range: Range<Int>
    /// Whether the paragraph ends with this row.
    public var endsParagraph: Bool
  }

  /// At least one; an empty text is one empty row.
  public var lines: [Line]

  public init(_ text: String, width: Int) {
    let characters = Array(text)
    lines = wrappedRows(characters, width: width).map { row in
      var text = expanded(characters[row.range])
      if !row.endsParagraph {
        while text.last == " " { text.removeLast() }
      }
      return Line(text: text, range: row.range, endsParagraph: row.endsParagraph)
    }
  }

  /// How many rows a text takes at a width.
  public static func height(of text: String, width: Int) -> Int {
    wrappedRows(Array(text), width: width).count
  }
}

/// Columns from one tab stop to the next.
let tabWidth = 4

/// The characters of one row; the newline that ends a paragraph belongs to none.
struct WrappedRow: Equatable {
  var range: Range<Int>
  var endsParagraph: Bool
}

/// Where text breaks at a width; spaces at the end of a row may hang over its edge.
func wrappedRows(_ characters: [Character], width: Int) -> [WrappedRow] {
  let width = max(1, width)
  var rows: [WrappedRow] = []
  var start = 0
  var column = 0
  var breakAt: Int?  // where the row may end, if what follows does not fit
  var index = 0
  while index < characters.count {
    let character = characters[index]
    if character.isNewline {
      rows.append(WrappedRow(range: start..<index, endsParagraph: true))
      (start, column, breakAt) = (index + 1, 0, nil)
      index += 1
      continue
    }
    if index > start, canBreak(between: characters[index - 1], and: character) { breakAt = index }
    let columns = columns(of: character, at: column)
    let isSpace = character == " " || character == "\t"
    if column + columns > width, !isSpace, index > start {
      let end = breakAt ?? index
      rows.append(WrappedRow(range: start..<end, endsParagraph: false))
      // What was read after the break is read again on the new row.
      (start, column, breakAt, index) = (end, 0, nil, end)
      continue
    }
    column += columns
    index += 1
  }
  rows.append(WrappedRow(range: start..<characters.count, endsParagraph: true))
  return rows
}

/// The columns a character takes when it begins at a column of its row.
func columns(of character: Character, at column: Int) -> Int {
  character == "\t" ? tabWidth - column % tabWidth : TextWidth.columns(character)
}

/// The text of a row with tabs as spaces and nothing that could command the terminal.
func expanded(_ characters: ArraySlice<Character>) -> String {
  var text = ""
  var column = 0
  for character in characters {
    let columns = columns(of: character, at: column)
    if character == "\t" {
      text += String(repeating: " ", count: columns)
    } else if character.unicodeScalars.contains(where: { visibleForm($0) != nil }) {
      for piece in drawablePieces(character) { text += piece.text }
    } else {
      text.append(character)
    }
    column += columns
  }
  return text
}

private func canBreak(between before: Character, and after: Character) -> Bool {
  if after == " " || after == "\t" { return false }
  if before == " " || before == "\t" { return true }
  if before == "-" || before == "\u{2010}" { return after.isLetter }
  if noBreakBefore.contains(after) || noBreakAfter.contains(before) { return false }
  return isIdeographic(before) || isIdeographic(after)
}

/// Whether lines may break next to a character without a space (ideographs, kana, wide signs).
/// Hangul is written with spaces and breaks there.
private func isIdeographic(_ character: Character) -> Bool {
  guard let value = character.unicodeScalars.first?.value, value >= 0x2E80 else { return false }
  if (0xAC00...0xD7A3).contains(value) { return false }
  return TextWidth.columns(character) == 2
}

/// Small kana and closing punctuation do not begin a row (JIS X 4051, the common part).
private let noBreakBefore: Set<Character> = Set(
  "、。，．：；？！）］｝」』】〉》〕ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥"
    + ",.:;?!)]}%’”\u{00A0}\u{2060}\u{202F}")
/// Opening punctuation does not end a row.
private let noBreakAfter: Set<Character> = Set("（［｛「『【〈《〔([{‘“\u{00A0}\u{2060}\u{202F}")
