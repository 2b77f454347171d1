import TerminalUI

/// The line of keys that work now; those that matter least go first when there is no room.
struct KeysLine {
  let model: WorkstationModel

  /// One hint; a lower rank stays longer.
  private struct Hint {
    var key: String
    var title: String
    var rank: Int
  }

  func draw(y: Int, on surface: inout Surface) {
    let end = model.screen == .write ? "f5 help" : "? help"
    let room = surface.size.width - end.count - 4
    var hints = self.hints
    while columns(hints) > room, let least = hints.map(\.rank).max() {
      hints.removeAll { $0.rank == least }
    }
    var x = 1
    for hint in hints {
      x += surface.write(hint.key, x: x, y: y, style: Theme.key)
      x += surface.write(" " + hint.title, x: x, y: y, style: Theme.quiet) + 2
    }
    surface.write(end, x: surface.size.width - end.count - 1, y: y, style: Theme.quiet)
  }

  private func columns(_ hints: [Hint]) -> Int {
    hints.reduce(0) { $0 + $1.key.count + $1.title.count + 3 }
  }

  private var hints: [Hint] {
    switch model.screen {
    case .rank: rankHints
    case .write:
      [
        Hint(key: "ctrl-s", title: "submit", rank: 0),
        Hint(key: "esc", title: "back, draft kept", rank: 1),
        Hint(key: "ctrl-o", title: "start from a candidate", rank: 2),
        Hint(key: "ctrl-_", title: "undo", rank: 3),
      ]
    case .learning: learningHints
    case .guidelines, .help:
      [
        Hint(key: "tab", title: "next screen", rank: 0),
        Hint(key: "↑ ↓", title: "scroll", rank: 1),
        Hint(key: "esc", title: "back", rank: 2),
        Hint(key: "q", title: "quit", rank: 3),
      ]
    }
  }

  private var learningHints: [Hint] {
    let scrolling = model.status.versions.isEmpty ? "↑ ↓" : "pgup pgdn"
    let always = [
      Hint(key: "tab", title: "next screen", rank: 1),
      Hint(key: scrolling, title: "scroll", rank: 4),
      Hint(key: "esc", title: "back", rank: 5), Hint(key: "q", title: "quit", rank: 6),
    ]
    guard !model.status.versions.isEmpty else { return always }
    let version = Hint(key: "↑ ↓", title: "version", rank: 0)
    guard model.chosenVersion != nil else { return [version] + always }
    return [
      version, Hint(key: "enter", title: "use", rank: 2), Hint(key: "p", title: "pin", rank: 3),
    ] + always
  }

  private var rankHints: [Hint] {
    switch model.menu {
    case .flags:
      return [
        Hint(key: "letter, space", title: "set or clear", rank: 0),
        Hint(key: "enter", title: "close", rank: 1),
      ]
    case .quality:
      return [
        Hint(key: "1-7", title: "worst to best", rank: 0), Hint(key: "0", title: "clear", rank: 1),
        Hint(key: "esc", title: "cancel", rank: 1),
      ]
    case .skip:
      return [
        Hint(key: "1-\(SkipReason.allCases.count + 1)", title: "skip for this reason", rank: 0),
        Hint(key: "esc", title: "cancel", rank: 1),
      ]
    case .skipReason:
      return [
        Hint(key: "enter", title: "skip", rank: 0), Hint(key: "esc", title: "back", rank: 1),
      ]
    case .compare:
      return [
        Hint(key: "↑ ↓", title: "another card", rank: 1),
        Hint(key: "pgup pgdn", title: "scroll", rank: 2),
        Hint(key: "esc", title: "back to the cards", rank: 0),
      ]
    case nil: return boardHints
    }
  }

  private var boardHints: [Hint] {
    guard let slate = model.desk.slate else {
      return [
        Hint(key: "w", title: "write an answer meanwhile", rank: 1),
        Hint(key: "u", title: "undo", rank: 2), Hint(key: "q", title: "quit", rank: 0),
      ]
    }
    return [
      Hint(key: "1-\(slate.completions.count)", title: "place", rank: 0),
      Hint(key: "=", title: "tie", rank: 2),
      Hint(key: "J K", title: "move", rank: 6),
      Hint(key: "d", title: "compare", rank: 7),
      Hint(key: "e", title: "edit", rank: 4),
      Hint(key: "w", title: "write", rank: 8),
      Hint(key: "f", title: "flags", rank: 9),
      Hint(key: "r", title: "quality", rank: 10),
      Hint(key: "s", title: "skip", rank: 3),
      Hint(key: "u", title: "undo", rank: 5),
      Hint(key: "enter", title: "submit", rank: 1),
    ]
  }
}
