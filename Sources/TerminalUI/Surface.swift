/// One cell of a surface: a grapheme and its style.
public struct Cell: Hashable, Sendable {
  /// What is drawn: one or two columns of text; empty for the right half of a wide grapheme.
  public var text: String
  public var style: Style

  public init(text: String = " ", style: Style = .plain) {
    self.text = text
    self.style = style
  }

  public static let blank = Cell()
}

/// A grid of cells that views draw into and the terminal shows.
///
/// Everything clips at the edges, and wide graphemes are never split: half of one that is
/// overwritten or does not fit becomes a space.
public struct Surface: Hashable, Sendable {
  public let size: Size
  /// Where the terminal's cursor is shown; hidden if `nil`.
  public var cursor: Point?
  private var cells: [Cell]

  public init(size: Size) {
    self.size = Size(width: max(0, size.width), height: max(0, size.height))
    cells = Array(repeating: .blank, count: self.size.width * self.size.height)
  }

  public var bounds: Rect { Rect(size) }

  /// The cell at a position; blank outside, where writing does nothing.
  public subscript(x: Int, y: Int) -> Cell {
    get {
      guard bounds.contains(Point(x: x, y: y)) else { return .blank }
      return cells[y * size.width + x]
    }
    set {
      guard bounds.contains(Point(x: x, y: y)) else { return }
      cells[y * size.width + x] = newValue
    }
  }

  /// Writes text from a cell to the right, on one row.
  ///
  /// Control characters are shown as in ``sanitized(_:)``, newlines and tabs as spaces.
  ///
  /// - Parameter limit: the most columns to use.
  /// - Returns: the columns used, also of a part that lies left of the surface.
  @discardableResult
  public mutating func write(
    _ text: String, x: Int, y: Int, style: Style = .plain, limit: Int? = nil
  ) -> Int {
    let end = min(size.width, limit.map { x + max(0, $0) } ?? size.width)
    guard y >= 0, y < size.height else { return 0 }
    var column = x
    for piece in text.lazy.flatMap(drawablePieces) {
      guard column + piece.columns <= end else {
        // A wide grapheme that does not fit leaves a space in its style.
        if column < end, column >= 0 { put(" ", columns: 1, x: column, y: y, style: style) }
        return max(column, min(end, column + piece.columns)) - x
      }
      if column >= 0 {
        put(piece.text, columns: piece.columns, x: column, y: y, style: style)
      } else if column + piece.columns > 0 {
        put(" ", columns: 1, x: 0, y: y, style: style)
      }
      column += piece.columns
    }
    return column - x
  }

  /// Fills a rectangle with spaces, or another character one column wide, in a style.
  public mutating func fill(_ rect: Rect, style: Style = .plain, with character: Character = " ") {
    let area = rect.intersection(bounds)
    let text = TextWidth.columns(character) == 1 ? String(character) : " "
    guard !area.isEmpty else { return }
    for y in area.y..<area.maxY {
      for x in area.x..<area.maxX { put(text, columns: 1, x: x, y: y, style: style) }
    }
  }

  /// Gives the cells of a rectangle another style and keeps their text.
  public mutating func restyle(_ rect: Rect, _ change: (Style) -> Style) {
    let area = rect.intersection(bounds)
    guard !area.isEmpty else { return }
    for y in area.y..<area.maxY {
      for x in area.x..<area.maxX { self[x, y].style = change(self[x, y].style) }
    }
  }

  /// Copies another surface to a position, its cursor too if it has one.
  public mutating func draw(_ other: Surface, at origin: Point) {
    for y in 0..<other.size.height {
      for x in 0..<other.size.width {
        let cell = other[x, y]
        if cell.text.isEmpty { continue }
        let wide = x + 1 < other.size.width && other[x + 1, y].text.isEmpty
        let column = origin.x + x
        if wide, column + 1 >= size.width || column < 0 {
          put(" ", columns: 1, x: column, y: origin.y + y, style: cell.style)
          put(" ", columns: 1, x: column + 1, y: origin.y + y, style: cell.style)
        } else {
          put(cell.text, columns: wide ? 2 : 1, x: column, y: origin.y + y, style: cell.style)
        }
      }
    }
    if let point = other.cursor {
      cursor = Point(x: origin.x + point.x, y: origin.y + point.y)
    }
  }

  /// The text of each row, trailing spaces removed.
  public func rows() -> [String] {
    (0..<size.height).map { y in
      var row = ""
      for x in 0..<size.width { row += self[x, y].text }
      while row.last == " " { row.removeLast() }
      return row
    }
  }

  /// The rows as one text, a newline after each.
  public func snapshot() -> String {
    rows().map { $0 + "\n" }.joined()
  }

  /// Stores a piece of text, and blanks the other half of any wide one that it cuts.
  private mutating func put(_ text: String, columns: Int, x: Int, y: Int, style: Style) {
    guard y >= 0, y < size.height, x >= 0, x + columns <= size.width else { return }
    if self[x, y].text.isEmpty { self[x - 1, y].text = " " }
    let next = x + columns
    if next < size.width, self[next, y].text.isEmpty { self[next, y].text = " " }
    self[x, y] = Cell(text: text, style: style)
    if columns == 2 { self[x + 1, y] = Cell(text: "", style: style) }
  }
}
