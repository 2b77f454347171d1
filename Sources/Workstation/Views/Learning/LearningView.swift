import TerminalUI

/// The learning screen: sentences first, then the pictures.
struct LearningView {
  let model: WorkstationModel

  var status: WorkspaceStatus { model.status }

  /// The whole page, as long as it is.
  struct Content {
    var surface: Surface
    /// The list of versions, and what is said of the chosen one.
    var versionRows: Range<Int>
  }

  func content() -> Content {
    let width = model.size.width
    let column = (width - 4) / 2
    let right = column + 3
    var surface = Surface(size: Size(width: width, height: 200))
    let figures = max(
      drawReward(x: 1, y: 0, width: column, on: &surface),
      drawPolicy(x: right, y: 0, width: column, on: &surface))
    let top = figures + 1
    var bottom = max(
      drawVersions(x: 1, y: top, width: column, on: &surface),
      drawNow(x: right, y: top, width: column, on: &surface))
    if let chosen = model.chosen {
      bottom = drawVersion(chosen, x: 1, y: bottom + 1, width: width - 2, on: &surface)
    }
    let height = drawLosses(y: bottom + 1, width: width, on: &surface)
    var page = Surface(size: Size(width: width, height: height))
    page.draw(surface, rows: 0..<height, at: Point(x: 0, y: 0))
    return Content(surface: page, versionRows: top..<bottom)
  }

  /// Writes wrapped text; returns the row after it.
  func paragraph(
    _ text: String, x: Int, y: Int, width: Int, style: Style = .plain, on surface: inout Surface
  ) -> Int {
    let lines = WrappedText(sanitized(text), width: width).lines
    for (index, line) in lines.enumerated() {
      surface.write(line.text, x: x, y: y + index, style: style)
    }
    return y + lines.count
  }

  /// Writes sentences, each from the beginning of a row; returns the row after them.
  func paragraphs(
    _ texts: [String], x: Int, y: Int, width: Int, on surface: inout Surface
  ) -> Int {
    texts.reduce(y) { paragraph($1, x: x, y: $0, width: width, on: &surface) }
  }
}

/// A number with two digits after the point.
func decimal(_ value: Double) -> String {
  guard abs(value) < 1e12 else { return "\(value)" }
  let hundredths = Int((value * 100).rounded())
  let fraction = String(abs(hundredths % 100) + 100).dropFirst()
  return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(fraction)"
}
