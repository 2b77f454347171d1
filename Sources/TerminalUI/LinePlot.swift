/// A line over evenly spaced values, with an axis on the left and one below.
public struct LinePlot: Sendable {
  /// From left to right; `nil` and what is not finite leave a gap.
  public var values: [Double?]
  /// The values at the lower and the upper edge.
  public var range: ClosedRange<Double>
  /// What stands at the left, each at the row of its value.
  public var ticks: [(value: Double, label: String)]
  /// What stands under the first and the last value.
  public var ends: (first: String, last: String)

  public init(
    values: [Double?], range: ClosedRange<Double>, ticks: [(value: Double, label: String)] = [],
    ends: (first: String, last: String) = ("", "")
  ) {
    self.values = values
    self.range = range
    self.ticks = ticks
    self.ends = ends
  }

  /// Draws into a rectangle: braille dots where there are 256 colours, blocks on eight, `*` on
  /// terminals with none, which may have neither.
  public func draw(
    in rect: Rect, of surface: inout Surface, depth: ColorDepth, style: Style = .plain
  ) {
    let margin = ticks.map { TextWidth.columns($0.label) }.max() ?? 0
    let area = Rect(
      x: rect.x + margin + 2, y: rect.y, width: rect.width - margin - 2, height: rect.height - 1)
    guard !area.isEmpty else { return }
    for y in area.y..<area.maxY { surface.write("│", x: area.x - 1, y: y) }
    for tick in ticks {
      let y = area.y + Int((share(of: tick.value) * Double(area.height - 1)).rounded())
      let x = area.x - 2 - TextWidth.columns(tick.label)
      surface.write(tick.label + " ┤", x: x, y: y)
    }
    surface.write("└ " + ends.first, x: area.x - 1, y: area.maxY, limit: area.width + 1)
    surface.write(ends.last, x: rect.maxX - TextWidth.columns(ends.last), y: area.maxY)
    let raster = Raster(cells: area.size, depth: depth)
    for (y, row) in raster.rows(dots: dots(columns: raster.columns, rows: raster.rows)).enumerated()
    {
      for (x, text) in row.enumerated() where text != " " {
        surface.write(text, x: area.x + x, y: area.y + y, style: style)
      }
    }
  }

  /// How far a value lies below the upper edge, 0 to 1.
  private func share(of value: Double) -> Double {
    let height = range.upperBound - range.lowerBound
    guard height > 0 else { return 0.5 }
    return min(max(0, (range.upperBound - value) / height), 1)
  }

  /// The dots of the line, neighbours joined without gaps.
  private func dots(columns: Int, rows: Int) -> Set<Point> {
    var dots: Set<Point> = []
    var previous: Point?
    let step = values.count > 1 ? Double(columns - 1) / Double(values.count - 1) : 0
    for (index, value) in values.enumerated() {
      guard let value, value.isFinite else {
        previous = nil
        continue
      }
      let point = Point(
        x: Int((Double(index) * step).rounded()),
        y: Int((share(of: value) * Double(rows - 1)).rounded()))
      dots.formUnion(line(from: previous ?? point, to: point))
      previous = point
    }
    return dots
  }

  private func line(from start: Point, to end: Point) -> [Point] {
    let steps = max(abs(end.x - start.x), abs(end.y - start.y))
    guard steps > 0 else { return [end] }
    return (0...steps).map { step in
      let part = Double(step) / Double(steps)
      return Point(
        x: start.x + Int((Double(end.x - start.x) * part).rounded()),
        y: start.y + Int((Double(end.y - start.y) * part).rounded()))
    }
  }
}

/// Dots finer than cells: 2 × 4 a cell in braille, 1 × 2 in half blocks, 1 × 1 in characters.
private struct Raster {
  let cells: Size
  let depth: ColorDepth

  private var across: Int { depth == .indexed256 ? 2 : 1 }
  private var down: Int { depth == .indexed256 ? 4 : depth == .eight ? 2 : 1 }
  var columns: Int { cells.width * across }
  var rows: Int { cells.height * down }

  /// The text of every cell for the dots that are set.
  func rows(dots: Set<Point>) -> [[String]] {
    var bits = Array(
      repeating: Array(repeating: UInt32(0), count: cells.width), count: cells.height)
    for dot in dots {
      bits[dot.y / down][dot.x / across] |= bit(dot.x % across, dot.y % down)
    }
    return bits.map { $0.map(text) }
  }

  /// The bit of a dot inside its cell; braille's are numbered by column, the lowest row last.
  private func bit(_ x: Int, _ y: Int) -> UInt32 {
    guard depth == .indexed256 else { return 1 << UInt32(y) }
    return y < 3 ? 1 << UInt32(3 * x + y) : 1 << UInt32(6 + x)
  }

  private func text(_ bits: UInt32) -> String {
    if bits == 0 { return " " }
    switch depth {
    case .indexed256: return Unicode.Scalar(0x2800 + bits).map { String($0) } ?? " "
    case .eight: return ["▀", "▄", "█"][Int(bits) - 1]
    case .monochrome: return "*"
    }
  }
}
