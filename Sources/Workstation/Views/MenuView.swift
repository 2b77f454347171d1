import Feedback
import TerminalUI

/// The small menus over the cards.
struct MenuView {
  let model: WorkstationModel

  func draw(on surface: inout Surface) {
    let board = model.work.board
    switch model.menu {
    case .flags(let id, let row):
      let set = model.work.flags[id] ?? []
      let rows = Flag.allCases.enumerated().map { index, flag in
        "\(menuLetter(index)) [\(set.contains(flag) ? "x" : " ")] \(flag.title)"
      }
      box(title: "Flags of \(board.letter(of: id))", rows: rows, selected: row, on: &surface)
    case .quality(let id):
      let now = model.work.quality[id].map { "now \($0)" } ?? "not rated"
      box(
        title: "Overall quality of \(board.letter(of: id))",
        rows: ["1 worst  2  3  4  5  6  7 best", "0 clears it; \(now)"], selected: nil,
        on: &surface)
    case .skip(let row):
      let rows =
        SkipReason.allCases.enumerated().map { "\($0 + 1) \($1.rawValue)" }
        + ["\(SkipReason.allCases.count + 1) another reason, in your words"]
      box(title: "Skip this prompt because", rows: rows, selected: row, on: &surface)
    case .skipReason(let editor):
      let area = box(
        title: "Skip this prompt because", rows: [String(repeating: " ", count: 60)],
        selected: nil, on: &surface)
      editor.draw(in: area, of: &surface)
    case .compare(let id, let partner, let scroll):
      CompareView(model: model, focused: id, partner: partner, scroll: scroll).draw(on: &surface)
    case nil: break
    }
  }

  /// A box in the middle of the page; returns the area of its rows.
  @discardableResult
  private func box(
    title: String, rows: [String], selected: Int?, on surface: inout Surface
  ) -> Rect {
    let page = model.pageArea
    let inner = max(title.count + 2, rows.map { TextWidth.columns($0) }.max() ?? 0) + 2
    let height = rows.count + 2
    let x = max(0, (page.width - inner - 2) / 2)
    let y = page.y + max(0, (page.height - height) / 2)
    surface.fill(Rect(x: x, y: y, width: inner + 2, height: height))
    let line = String(repeating: "─", count: inner)
    surface.write("┌\(line)┐", x: x, y: y)
    surface.write(" \(title) ", x: x + 2, y: y, style: .bold)
    for (index, row) in rows.enumerated() {
      let isSelected = index == selected
      surface.write("│", x: x, y: y + 1 + index)
      surface.write(
        (isSelected ? "▌" : " ") + row, x: x + 1, y: y + 1 + index,
        style: isSelected ? .bold : .plain)
      surface.write("│", x: x + inner + 1, y: y + 1 + index)
    }
    surface.write("└\(line)┘", x: x, y: y + height - 1)
    return Rect(x: x + 2, y: y + 1, width: inner - 1, height: rows.count)
  }
}
