import CNCurses
import Glibc

extension Terminal {
  /// Shows a surface; only rows that have changed go to curses, and only changed cells beyond.
  public func draw(_ surface: Surface) {
    let window = cn_stdscr()
    let size = size
    if shown == nil || shown?.size != surface.size { werase(window) }
    for y in 0..<min(size.height, surface.size.height) {
      if let shown, shown.size == surface.size, rowsEqual(shown, surface, y) { continue }
      // Writing the lower right corner this way neither scrolls nor fails, unlike one cell at a time.
      var cells = encodedRow(surface, y, width: min(size.width, surface.size.width))
      mvwadd_wchnstr(window, Int32(y), 0, &cells, Int32(cells.count))
    }
    if let cursor = surface.cursor, surface.bounds.contains(cursor) {
      curs_set(1)
      wmove(window, Int32(cursor.y), Int32(cursor.x))
    } else {
      curs_set(0)
    }
    wrefresh(window)
    shown = surface
  }

  private func rowsEqual(_ one: Surface, _ other: Surface, _ y: Int) -> Bool {
    (0..<one.size.width).allSatisfy { one[$0, y] == other[$0, y] }
  }

  /// A row as curses wants it: no entry for the right half of a wide grapheme.
  private func encodedRow(_ surface: Surface, _ y: Int, width: Int) -> [cchar_t] {
    var cells: [cchar_t] = []
    cells.reserveCapacity(width)
    var x = 0
    while x < width {
      let cell = surface[x, y]
      let wide = x + 1 < surface.size.width && surface[x + 1, y].text.isEmpty
      let columns = wide && x + 1 < width ? 2 : 1
      let texts = wide && columns == 1 ? [[0x20]] : encodedText(cell.text, columns: columns)
      for text in texts { cells.append(encoded(text, cell.style)) }
      x += columns
    }
    return cells
  }

  private func encoded(_ text: [wchar_t], _ style: Style) -> cchar_t {
    var cell = cchar_t()
    let (attributes, pair) = colors(style)
    cn_setcchar(&cell, text + [0], attributes, pair)
    return cell
  }

  /// The attributes and the colour pair of a style.
  private func colors(_ style: Style) -> (attr_t, Int32) {
    var attributes: attr_t = 0
    if style.attributes.contains(.bold) { attributes |= cn_bold }
    if style.attributes.contains(.dim) { attributes |= cn_dim }
    if style.attributes.contains(.italic) { attributes |= cn_italic }
    if style.attributes.contains(.underline) { attributes |= cn_underline }
    if style.attributes.contains(.reverse) { attributes |= cn_reverse }
    guard colorDepth != .monochrome, style.foreground != nil || style.background != nil else {
      return (attributes, 0)
    }
    let foreground = style.foreground.map { colorDepth.nearest($0) } ?? -1
    let background = style.background.map { colorDepth.nearest($0) } ?? -1
    let pair = alloc_pair(Int32(foreground), Int32(background))
    return (attributes, max(0, pair))
  }

  /// Starts colours and says how many there are.
  static func startColors(_ options: Options) -> ColorDepth {
    guard options.color, has_colors(), start_color() == OK else { return .monochrome }
    use_default_colors()
    return cn_colors() >= 256 ? .indexed256 : cn_colors() >= 8 ? .eight : .monochrome
  }
}

/// The code points of each curses cell for a cell of ours: usually one entry.
///
/// Curses places text by the C library's widths. Where those differ from ours, what is drawn is
/// chosen so that nothing else on the row moves: a sequence is drawn by its first picture, and what
/// the C library does not know is drawn as the replacement character.
func encodedText(_ text: String, columns: Int) -> [[wchar_t]] {
  let scalars = Array(text.unicodeScalars)
  guard let first = scalars.first else { return [[0x20]] }
  if scalars.count == 1, first.isASCII, first.value >= 0x20, first.value < 0x7F {
    return [[wchar_t(first.value)]]
  }
  // Flags are their letters: terminals do not agree on the width of half a flag.
  if columns == 2, scalars.allSatisfy({ (0x1F1E6...0x1F1FF).contains($0.value) }) {
    return scalars.prefix(2).map { [wchar_t($0.value - 0x1F1E6 + 0x41)] }
  }
  let padding = [wchar_t](repeating: 0x20, count: columns - 1).map { [$0] }
  let width = Int(cn_wcwidth(wchar_t(first.value)))
  guard width > 0, width <= columns else {
    let replacement: wchar_t = cn_wcwidth(0xFFFD) == 1 ? 0xFFFD : 0x3F
    return [[replacement]] + padding
  }
  // A curses cell holds one letter and four marks.
  let marks = scalars.dropFirst().filter { scalar in
    TextWidth.columns(scalar) == 0 && cn_wcwidth(wchar_t(scalar.value)) == 0
      && !scalar.properties.isVariationSelector && scalar.properties.generalCategory != .format
  }
  let cell = [wchar_t(first.value)] + marks.prefix(4).map { wchar_t($0.value) }
  return width == columns ? [cell] : [cell] + padding
}
