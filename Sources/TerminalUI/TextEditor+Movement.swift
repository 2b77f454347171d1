extension TextEditor {
  /// Moves the cursor.
  mutating func move(_ command: EditorCommand) {
    switch command {
    case .left: moveCursor(to: cursor - 1)
    case .right: moveCursor(to: cursor + 1)
    case .up: moveRows(-1)
    case .down: moveRows(1)
    case .pageUp: moveRows(-max(1, viewport.height - 1))
    case .pageDown: moveRows(max(1, viewport.height - 1))
    case .wordLeft: moveCursor(to: wordStart(before: cursor))
    case .wordRight: moveCursor(to: wordEnd(after: cursor))
    case .lineStart: moveToRowStart()
    case .lineEnd: moveToRowEnd()
    case .textStart: moveCursor(to: 0)
    case .textEnd: moveCursor(to: characters.count)
    default: break
    }
  }

  /// Puts the cursor on a cell of the viewport, as a click does.
  public mutating func moveCursor(toCell point: Point) {
    let rows = self.rows
    let row = min(max(0, scroll + point.y), rows.count - 1)
    place(onRow: row, of: rows, column: max(0, point.x))
    goalColumn = nil
    scrollToCursor()
  }

  private mutating func moveRows(_ count: Int) {
    let rows = self.rows
    let (row, column) = cursorCell(in: rows)
    let goal = goalColumn ?? column
    let target = row + count
    if target < 0 {
      moveCursor(to: 0)
    } else if target >= rows.count {
      moveCursor(to: characters.count)
    } else {
      place(onRow: target, of: rows, column: goal)
    }
    goalColumn = goal
    scrollToCursor()
  }

  private mutating func moveToRowStart() {
    let rows = self.rows
    moveCursor(to: rows[cursorCell(in: rows).row].range.lowerBound)
  }

  private mutating func moveToRowEnd() {
    let rows = self.rows
    let row = rows[cursorCell(in: rows).row]
    moveCursor(to: row.range.upperBound)
    staysOnRow = !row.endsParagraph
    scrollToCursor()
  }

  /// Puts the cursor on a row, at a column or as near to its left as characters allow.
  private mutating func place(onRow index: Int, of rows: [WrappedRow], column goal: Int) {
    let row = rows[index]
    var column = 0
    var position = row.range.lowerBound
    while position < row.range.upperBound {
      let next = column + columns(of: characters[position], at: column)
      if next > goal { break }
      column = next
      position += 1
    }
    cursor = position
    staysOnRow = position == row.range.upperBound && !row.endsParagraph
  }

  // MARK: Words and paragraphs

  /// The start of the word that a step to the left goes to.
  func wordStart(before position: Int) -> Int {
    var position = position
    while position > 0, !isWord(characters[position - 1]) { position -= 1 }
    while position > 0, isWord(characters[position - 1]) { position -= 1 }
    return position
  }

  /// The end of the word that a step to the right goes to.
  func wordEnd(after position: Int) -> Int {
    var position = position
    while position < characters.count, !isWord(characters[position]) { position += 1 }
    while position < characters.count, isWord(characters[position]) { position += 1 }
    return position
  }

  func paragraphStart(of position: Int) -> Int {
    var position = position
    while position > 0, !characters[position - 1].isNewline { position -= 1 }
    return position
  }

  func paragraphEnd(of position: Int) -> Int {
    var position = position
    while position < characters.count, !characters[position].isNewline { position += 1 }
    return position
  }

  private func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "'"
  }
}
