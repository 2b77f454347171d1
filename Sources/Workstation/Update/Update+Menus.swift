import Feedback
import TerminalUI

/// Keys of the small menus over the ranking screen.
extension WorkstationModel {
  mutating func receiveInMenu(_ key: KeyPress) -> [Effect] {
    if key.key == .escape {
      if case .skipReason = menu { menu = .skip(row: 0) } else { menu = nil }
      return []
    }
    guard saving == nil, let slate = desk.slate else { return [] }
    switch menu {
    case .flags(let id, let row): return flag(id, row: row, key)
    case .quality(let id): return rate(id, key)
    case .skip(let row): return skip(slate, row: row, key)
    case .skipReason(var editor):
      if key.key == .enter { return skip(slate, reason: editor.text) }
      editor.handle(key)
      menu = .skipReason(editor)
    case .compare(let id, let partner, let scroll):
      compare(id, with: partner, scroll: scroll, key)
    case nil: break
    }
    return []
  }

  private mutating func flag(_ id: Int64, row: Int, _ key: KeyPress) -> [Effect] {
    let flags = Flag.allCases
    var row = row
    var toggles = false
    switch key.key {
    case .up, .character("k"): row = (row + flags.count - 1) % flags.count
    case .down, .character("j"): row = (row + 1) % flags.count
    case .character(" "): toggles = true
    case .enter, .character("f"):
      menu = nil
      return []
    case .character(let letter):
      guard let index = flags.indices.first(where: { menuLetter($0) == letter }) else { return [] }
      (row, toggles) = (index, true)
    default: return []
    }
    menu = .flags(of: id, row: row)
    guard toggles else { return [] }
    work.flags[id, default: []].formSymmetricDifference([flags[row]])
    if work.flags[id]?.isEmpty == true { work.flags[id] = nil }
    return [saveRankingDraft()].compactMap(\.self)
  }

  private mutating func rate(_ id: Int64, _ key: KeyPress) -> [Effect] {
    guard case .character(let character) = key.key, character.isASCII,
      let digit = character.wholeNumberValue, (0...7).contains(digit)
    else {
      refuse("Quality goes from 1, worst, to 7, best; 0 clears it.")
      return []
    }
    work.quality[id] = digit == 0 ? nil : digit
    menu = nil
    return [saveRankingDraft()].compactMap(\.self)
  }

  private mutating func skip(_ slate: Slate, row: Int, _ key: KeyPress) -> [Effect] {
    let reasons = SkipReason.allCases
    let rows = reasons.count + 1
    var chosen: Int?
    switch key.key {
    case .up, .character("k"): menu = .skip(row: (row + rows - 1) % rows)
    case .down, .character("j"): menu = .skip(row: (row + 1) % rows)
    case .enter: chosen = row
    case .character(let character): chosen = character.wholeNumberValue.map { $0 - 1 }
    default: break
    }
    guard let chosen, (0..<rows).contains(chosen) else { return [] }
    if chosen == reasons.count {
      menu = .skipReason(TextEditor("", viewport: Size(width: 60, height: 1)))
      return []
    }
    return skip(slate, reason: reasons[chosen].rawValue)
  }

  private mutating func skip(_ slate: Slate, reason: String) -> [Effect] {
    let words = reason.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !words.isEmpty else {
      refuse("Say in a few words why, then Enter; Esc goes back.")
      return []
    }
    menu = nil
    return submit([.skip(reason: words)], for: slate)
  }

  private mutating func compare(
    _ id: Int64, with partner: Int64, scroll: Int, _ key: KeyPress
  ) {
    let page = max(1, size.height - 8)
    func scrolled(_ rows: Int) -> Menu {
      .compare(id, with: partner, scroll: min(max(0, scroll + rows), lastComparisonRow))
    }
    switch key.key {
    case .character("d"), .character("q"): menu = nil
    case .up, .character("k"): refocusComparison(by: -1)
    case .down, .character("j"): refocusComparison(by: 1)
    case .pageUp: menu = scrolled(-page)
    case .pageDown, .character(" "): menu = scrolled(page)
    default: break
    }
  }

  /// Compares the card above or below instead.
  private mutating func refocusComparison(by steps: Int) {
    work.board.moveFocus(by: steps)
    guard let focus = work.board.focus, let partner = comparisonPartner else { return }
    menu = .compare(focus, with: partner, scroll: 0)
  }
}

/// The key of a row in the flags menu: letters, without those that move the cursor.
func menuLetter(_ row: Int) -> Character {
  Array("abcdeghilmnop")[row]
}
