extension TextEditor {
  /// What an editor shows in a rectangle.
  public struct Layout: Hashable, Sendable {
    /// The visible rows, at most as many as the height.
    public var rows: [String]
    /// The cursor's cell inside the rectangle.
    public var cursor: Point
    /// How many rows are above the first visible one.
    public var firstRow: Int
    /// How many rows the whole text has.
    public var rowCount: Int
  }

  /// Lays the text out; the cursor is always in view.
  ///
  /// Scrolling is steady if the size is the ``viewport``'s.
  public func layout(width: Int, height: Int) -> Layout {
    let rows = wrappedRows(characters, width: width)
    let height = max(1, height)
    let cell = cursorCell(in: rows)
    let first = firstRow(showing: cell.row, of: rows.count, height: height)
    let visible = rows[first..<min(rows.count, first + height)]
    return Layout(
      rows: visible.map { expanded(characters[$0.range]) },
      // Spaces that hang over the edge keep the cursor at it.
      cursor: Point(x: min(cell.column, max(0, width - 1)), y: cell.row - first),
      firstRow: first, rowCount: rows.count)
  }

  /// Draws the text and shows the cursor in a rectangle of a surface.
  public func draw(in rect: Rect, of surface: inout Surface, style: Style = .plain) {
    guard !rect.isEmpty else { return }
    let layout = layout(width: rect.width, height: rect.height)
    for (y, row) in layout.rows.enumerated() {
      surface.write(row, x: rect.x, y: rect.y + y, style: style, limit: rect.width)
    }
    surface.cursor = Point(x: rect.x + layout.cursor.x, y: rect.y + layout.cursor.y)
  }

  var rows: [WrappedRow] { wrappedRows(characters, width: viewport.width) }

  /// The row and column of the cursor.
  func cursorCell(in rows: [WrappedRow]) -> (row: Int, column: Int) {
    var index = rows.lastIndex { $0.range.lowerBound <= cursor } ?? 0
    if staysOnRow, index > 0, rows[index].range.lowerBound == cursor, !rows[index - 1].endsParagraph
    {
      index -= 1
    }
    var column = 0
    for position in rows[index].range where position < cursor {
      column += columns(of: characters[position], at: column)
    }
    return (index, column)
  }

  mutating func scrollToCursor() {
    let rows = self.rows
    let row = cursorCell(in: rows).row
    scroll = firstRow(showing: row, of: rows.count, height: max(1, viewport.height))
  }

  /// The scroll that shows a row with the least movement and no empty page below the text.
  private func firstRow(showing row: Int, of count: Int, height: Int) -> Int {
    let last = min(scroll, max(0, count - height))
    return min(max(last, row - height + 1), row)
  }
}
