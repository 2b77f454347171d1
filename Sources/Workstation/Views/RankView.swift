import Feedback
import TerminalUI

/// The ranking screen: the prompt, and the cards in the order that is being made.
struct RankView {
  let model: WorkstationModel

  func draw(on surface: inout Surface) {
    let layout = RankLayout(model)
    guard layout.prompt != nil else {
      drawEmpty(on: &surface)
      return
    }
    PromptView(layout: layout, scrollKeys: "[ ]").draw(on: &surface)
    for card in layout.cards { draw(card, on: &surface) }
    if case .growing = model.desk { drawGrowing(layout, on: &surface) }
    if let row = layout.dividerRow { drawDivider(row, on: &surface) }
    drawDropMark(layout, on: &surface)
  }

  private func drawEmpty(on surface: inout Surface) {
    guard case .empty(let reason) = model.desk else { return }
    let page = model.pageArea
    let width = min(page.width - 8, 72)
    var y = page.y + max(1, page.height / 3)
    for line in WrappedText(reason, width: width).lines {
      surface.write(line.text, x: (page.width - width) / 2, y: y)
      y += 1
    }
  }

  private func draw(_ card: RankLayout.Card, on surface: inout Surface) {
    let area = card.area
    guard !area.isEmpty else { return }
    if card.isFocused {
      for y in area.y..<area.maxY { surface.write("▌", x: 0, y: y, style: Theme.accent) }
    }
    let label = card.isFocused ? Theme.accent : Style.bold
    surface.write(card.digit.map(String.init) ?? "·", x: 1, y: area.y, style: label)
    surface.write(card.letter, x: 4, y: area.y, style: label)
    let isDragged = model.drag.map { $0.hasMoved && $0.completion == card.id } ?? false
    let style: Style = isDragged ? .reverse : .plain
    for (index, line) in card.lines.dropFirst(card.scroll).prefix(card.textRows).enumerated() {
      surface.write(line, x: RankLayout.gutter, y: area.y + index, style: style)
    }
    drawMore(card, on: &surface)
    if !card.notes.isEmpty, area.height > card.textRows {
      surface.write(
        truncated(card.notes, to: area.width - RankLayout.gutter - 1), x: RankLayout.gutter,
        y: area.y + card.textRows, style: Theme.quiet.adding(.italic))
    }
  }

  /// Says how much of a card is out of view. In the focused card nothing may be covered, so the
  /// counts stand in the gutter; another card's last row is cut for it.
  private func drawMore(_ card: RankLayout.Card, on surface: inout Surface) {
    let last = card.area.y + card.textRows - 1
    if card.isFocused {
      if card.scroll > 0 {
        surface.write("↑\(card.scroll)", x: 1, y: min(card.area.y + 1, last), style: Theme.quiet)
      }
      if card.hiddenBelow > 0, card.textRows > 1 {
        surface.write("↓\(card.hiddenBelow)", x: 4, y: last, style: Theme.quiet)
      }
      return
    }
    guard card.hiddenBelow > 0 else { return }
    let mark = "  +\(count(card.hiddenBelow, "line"))"
    let x = card.area.width - 1 - mark.count
    let line = card.lines[card.scroll + card.textRows - 1]
    let room = x - RankLayout.gutter
    surface.fill(Rect(x: RankLayout.gutter, y: last, width: card.area.width, height: 1))
    let text = truncated(line, to: room - 2)
    let space = text.isEmpty || text.hasSuffix("…") ? "" : " "
    surface.write(
      text.hasSuffix("…") ? text : text + space + "…", x: RankLayout.gutter, y: last)
    surface.write(mark, x: x, y: last, style: Theme.quiet)
  }

  private func drawGrowing(_ layout: RankLayout, on surface: inout Surface) {
    let y = layout.cardsArea.maxY - 1
    guard (layout.cards.last?.area.maxY ?? 0) <= y else { return }
    surface.write(
      "Being written. They can be placed as soon as all are whole.", x: RankLayout.gutter, y: y,
      style: Theme.quiet)
  }

  private func drawDivider(_ row: Int, on surface: inout Surface) {
    let text = " not placed "
    surface.fill(
      Rect(x: 0, y: row, width: surface.size.width, height: 1), style: Theme.rule, with: "╶")
    surface.write(
      text, x: surface.size.width - text.count - 1, y: row, style: Theme.quiet)
  }

  private func drawDropMark(_ layout: RankLayout, on surface: inout Surface) {
    guard let drag = model.drag, drag.hasMoved,
      let drop = layout.drop(of: drag.completion, at: drag.current),
      let row = layout.row(of: drop)
    else { return }
    let y = min(max(layout.cardsArea.y, row), layout.cardsArea.maxY - 1)
    surface.write("▶", x: 0, y: y, style: Theme.accent)
  }
}

/// The prompt above the cards or the editor.
struct PromptView {
  let layout: RankLayout
  /// The keys that scroll the prompt on this screen.
  let scrollKeys: String

  func draw(on surface: inout Surface) {
    guard let prompt = layout.prompt else { return }
    let width = surface.size.width
    surface.write(prompt.useCase.title, x: 1, y: layout.headerRow, style: Theme.quiet)
    let area = layout.promptArea
    var name = truncated("prompt \(sanitized(prompt.key))", to: width / 2)
    if layout.promptLines.count > area.height {
      let first = layout.promptScroll + 1
      name += "   lines \(first)–\(layout.promptScroll + area.height) of "
      name += "\(layout.promptLines.count), \(scrollKeys) scroll"
    }
    surface.write(
      name, x: width - 1 - TextWidth.columns(name), y: layout.headerRow, style: Theme.quiet)
    let lines = layout.promptLines.dropFirst(layout.promptScroll).prefix(area.height)
    for (index, line) in lines.enumerated() {
      surface.write(line, x: area.x, y: area.y + index, style: Theme.heading)
    }
    rule(y: area.maxY, on: &surface)
  }
}
