import TerminalUI

/// The whole screen.
func view(_ model: WorkstationModel, _ size: Size) -> Surface {
  var model = model
  model.size = size
  if !size.contains(.minimum) { return tooSmallView(size) }
  var surface = Surface(size: size)
  FrameView(model: model).draw(on: &surface)
  switch model.screen {
  case .rank:
    RankView(model: model).draw(on: &surface)
    MenuView(model: model).draw(on: &surface)
  case .write: WriteView(model: model).draw(on: &surface)
  case .learning, .guidelines, .help:
    let page = model.pageArea
    let content = model.content(of: model.screen)
    let first = min(
      model.scroll[model.screen, default: 0], max(0, content.size.height - page.height))
    surface.draw(
      content, rows: first..<min(content.size.height, first + page.height), at: page.origin)
    drawScrollMark(first, content.size.height, page, on: &surface)
  }
  return surface
}

/// Says which rows of a long page are in view, on the rule below it.
private func drawScrollMark(_ first: Int, _ rows: Int, _ page: Rect, on surface: inout Surface) {
  guard rows > page.height else { return }
  let last = min(rows, first + page.height)
  let more = last < rows ? ", PgDn shows more" : ""
  let text = " lines \(first + 1)–\(last) of \(rows)\(more) "
  surface.write(
    text, x: surface.size.width - text.count - 2, y: surface.size.height - 3, style: Theme.quiet)
}

extension WorkstationModel {
  /// All of a screen that scrolls as a whole.
  func content(of screen: Screen) -> Surface {
    switch screen {
    case .learning: LearningView(model: self).content().surface
    case .guidelines: GuidelinesView(text: guidelines ?? "", width: size.width).content()
    case .help: HelpView(model: self).content()
    case .rank, .write: Surface(size: Size(width: 0, height: 0))
    }
  }

  func contentHeight(of screen: Screen) -> Int {
    content(of: screen).size.height
  }
}

extension Surface {
  /// Copies some rows of another surface.
  mutating func draw(_ other: Surface, rows: Range<Int>, at origin: Point) {
    for (offset, y) in rows.enumerated() {
      var x = 0
      while x < other.size.width {
        let cell = other[x, y]
        if !cell.text.isEmpty {
          write(cell.text, x: origin.x + x, y: origin.y + offset, style: cell.style)
        }
        x += 1
      }
    }
  }
}
