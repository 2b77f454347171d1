import TerminalUI

/// All keys, from the tables that give them their meaning.
struct HelpView {
  let model: WorkstationModel

  func content() -> Surface {
    var rows: [(key: String, title: String)] = []
    let titleColumn = 28
    func section(_ title: String, _ entries: [(String, String)]) {
      if !rows.isEmpty { rows.append(("", "")) }
      rows.append((title, ""))
      for (key, title) in entries {
        let lines = WrappedText(title, width: model.size.width - titleColumn - 1).lines
        rows += lines.enumerated().map { ($0 == 0 ? "  " + key : "", $1.text) }
      }
    }
    section(
      "Ranking",
      [("1 … 9", "put the card in that tier and go on (the same digit: tied)")]
        + RankAction.keys.bindings.map { ($0.keyNames, $0.title) }
        + [("mouse", "click a card to focus it, drag it to its place, scroll inside it")])
    section(
      "Writing",
      WriteAction.keys.bindings.map { ($0.keyNames, $0.title) }
        + [("alt-1 … alt-9", "start from that candidate")]
        + EditorCommand.keys.bindings.map { ($0.keyNames, $0.title) })
    section(
      "Learning",
      LearningAction.keys.bindings.map { ($0.keyNames, $0.title) }
        + [("pageup pagedown", "scroll the screen")])
    section(
      "Everywhere",
      GlobalAction.keys.bindings.filter { model.guidelines != nil || $0.action != .guidelines }
        .map { ($0.keyNames, $0.title) }
        + [("ctrl-z", "suspend; fg brings it back")])
    var surface = Surface(size: Size(width: model.size.width, height: rows.count + 1))
    for (y, row) in rows.enumerated() {
      let isHeading = row.title.isEmpty
      surface.write(row.key, x: 1, y: y, style: isHeading ? Theme.heading : Theme.key)
      surface.write(row.title, x: titleColumn, y: y)
    }
    return surface
  }
}
