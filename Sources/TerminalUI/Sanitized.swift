/// Text made safe to show: what would command the terminal or reorder the line becomes visible.
///
/// Control characters become their pictures (`␛`), C1 controls and bidirectional overrides the
/// replacement character, and every kind of line end a newline. Newlines and tabs stay.
public func sanitized(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0 == "\r" || visibleForm($0) != nil }) else {
    return text
  }
  var result = String.UnicodeScalarView()
  var previous: Unicode.Scalar = " "
  for scalar in text.unicodeScalars {
    if scalar == "\r" {
      result.append("\n")
    } else if scalar != "\n" || previous != "\r" {
      result.append(visibleForm(scalar) ?? scalar)
    }
    previous = scalar
  }
  return String(result)
}

/// What to show for a code point that must not reach the terminal; `nil` if it may.
func visibleForm(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
  switch scalar.value {
  case 0x09, 0x0A: nil
  case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value)
  case 0x7F: "\u{2421}"
  case 0x80...0x84, 0x86...0x9F: "\u{FFFD}"
  case 0x85, 0x2028, 0x2029: "\n"
  case _ where isHiddenControl(scalar): "\u{FFFD}"
  default: nil
  }
}

/// Embeddings, overrides and isolates reorder everything after them on a row, also what is ours.
func isHiddenControl(_ scalar: Unicode.Scalar) -> Bool {
  (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}

/// A stretch of text that goes into one cell, or two if it is wide.
struct DrawablePiece: Equatable {
  var text: String
  var columns: Int
}

/// A grapheme as what cells can hold: control characters made visible, clusters of several spacing
/// letters (Devanagari conjuncts, say) taken apart as terminals do, marks on nothing left out.
func drawablePieces(_ character: Character) -> [DrawablePiece] {
  if let ascii = character.asciiValue {
    if ascii >= 0x20, ascii < 0x7F {
      return [DrawablePiece(text: String(character), columns: 1)]
    }
    // The grapheme CR LF is one newline too.
    if character.isNewline || character == "\t" { return [DrawablePiece(text: " ", columns: 1)] }
  }
  let columns = TextWidth.columns(character)
  let isUnsafe = character.unicodeScalars.contains { visibleForm($0) != nil }
  if columns == 1 || columns == 2, !isUnsafe, character.unicodeScalars.first.map(isBase) == true {
    if columns == 1 || spacingCount(character) == 1 || isPicture(character) {
      return [DrawablePiece(text: String(character), columns: columns)]
    }
  }
  var pieces: [DrawablePiece] = []
  for scalar in character.unicodeScalars {
    let shown = visibleForm(scalar) ?? scalar
    let width = shown == "\n" ? 1 : TextWidth.columns(shown)
    if width > 0 {
      pieces.append(DrawablePiece(text: shown == "\n" ? " " : String(shown), columns: width))
    } else if !pieces.isEmpty {
      pieces[pieces.count - 1].text.unicodeScalars.append(shown)
    }
  }
  return pieces
}

private func isBase(_ scalar: Unicode.Scalar) -> Bool { TextWidth.columns(scalar) > 0 }

private func spacingCount(_ character: Character) -> Int {
  character.unicodeScalars.count(where: isBase)
}

private func isPicture(_ character: Character) -> Bool {
  character.unicodeScalars.first?.properties.isEmoji == true
}
