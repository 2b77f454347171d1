import Feedback
import TerminalUI

/// Keys of the ranking screen.
extension WorkstationModel {
  mutating func rank(_ key: KeyPress, confirmed: Set<Confirmation>) -> [Effect] {
    if saving != nil { return [] }
    let action = RankAction.keys.action(for: key)
    switch action {
    case .undo:
      saving = .undo
      return [.undo]
    case .promptUp: scrollPrompt(by: -1)
    case .promptDown: scrollPrompt(by: 1)
    case .write: return startWriting()
    case .cancel: return []
    default: break
    }
    guard let slate = desk.slate else {
      let needsSlate = action.map { !Self.worksWhileWaiting.contains($0) } ?? (digit(key) != nil)
      if needsSlate { refuse(waitingSentence) }
      return []
    }
    if let digit = digit(key) { return place(inTier: digit) }
    guard let action else { return [] }
    return perform(action, on: slate, confirmed: confirmed)
  }

  private static let worksWhileWaiting: Set<RankAction> = [
    .undo, .promptUp, .promptDown, .write, .cancel, .focusUp, .focusDown, .focusFirst, .focusLast,
  ]

  private var waitingSentence: String {
    switch desk {
    case .empty: "There is nothing to rank yet."
    default: "The candidates are still being written; place them when all are there."
    }
  }

  private func digit(_ key: KeyPress) -> Int? {
    guard case .character(let character) = key.key, key.modifiers.isEmpty, character.isASCII,
      let digit = character.wholeNumberValue, digit > 0
    else { return nil }
    return digit
  }

  private mutating func perform(
    _ action: RankAction, on slate: Slate, confirmed: Set<Confirmation>
  ) -> [Effect] {
    let board = work.board
    guard let focus = board.focus else { return [] }
    switch action {
    case .focusUp: work.board.moveFocus(by: -1)
    case .focusDown: work.board.moveFocus(by: 1)
    case .focusFirst: work.board.moveFocus(by: -slate.completions.count)
    case .focusLast: work.board.moveFocus(by: slate.completions.count)
    case .scrollUp: scrollCard(focus, by: -max(1, visibleRows(of: focus) - 1))
    case .scrollDown: scrollCard(focus, by: max(1, visibleRows(of: focus) - 1))
    case .moveUp, .moveDown:
      if !work.board.move(up: action == .moveUp) {
        refuse(moveRefusal(focus, up: action == .moveUp))
      }
    case .tie: tie(focus)
    case .takeBack:
      if !work.board.takeBack() { refuse("\(board.letter(of: focus)) has no place yet.") }
    case .compare: compare(focus)
    case .edit: return startEditing(focus)
    case .quality: menu = .quality(of: focus)
    case .flags: menu = .flags(of: focus, row: 0)
    case .skip: menu = .skip(row: 0)
    case .submit: return submitRanking(of: slate, confirmed: confirmed)
    case .undo, .promptUp, .promptDown, .write, .cancel: break
    }
    return work.board.digits != board.digits ? [saveRankingDraft()].compactMap(\.self) : []
  }

  private mutating func place(inTier digit: Int) -> [Effect] {
    guard digit <= work.board.completions.count else {
      refuse("There are \(work.board.completions.count) candidates: tiers go from 1 to that.")
      return []
    }
    work.board.place(inTier: digit)
    sayWhenComplete()
    return [saveRankingDraft()].compactMap(\.self)
  }

  private mutating func tie(_ focus: Int64) {
    let letter = work.board.letter(of: focus)
    switch work.board.tieWithAbove() {
    case .tied(let above):
      say("\(letter) is tied with \(work.board.letter(of: above)).")
      sayWhenComplete()
    case .allEqual: say("All equal. Enter submits that, 0 takes a card out.")
    case .nothingAbove: refuse("There is no placed card above \(letter) to tie it with.")
    }
  }

  private mutating func sayWhenComplete() {
    guard work.board.isComplete else { return }
    say("\(work.board.text(of: work.board.tiers)). Enter submits it.")
  }

  private func moveRefusal(_ focus: Int64, up: Bool) -> String {
    let letter = work.board.letter(of: focus)
    if work.board.digits[focus] == nil { return "\(letter) is not placed yet: K or a digit does." }
    return up ? "\(letter) is already the best." : "\(letter) is already the last."
  }

  private mutating func compare(_ focus: Int64) {
    guard let partner = comparisonPartner else {
      refuse("Place the best card first: d compares with it.")
      return
    }
    menu = .compare(focus, with: partner, scroll: 0)
  }

  func saveRankingDraft() -> Effect? {
    desk.slateID.map { .save(.ranking(RankingDraft(work)), slate: $0) }
  }

  // MARK: Scrolling

  mutating func scrollPrompt(by rows: Int) {
    let layout = RankLayout(self)
    let last = max(0, layout.promptLines.count - layout.promptArea.height)
    work.promptScroll = min(max(0, work.promptScroll + rows), last)
  }

  mutating func scrollCard(_ id: Int64, by rows: Int) {
    guard let card = RankLayout(self).cards.first(where: { $0.id == id }) else { return }
    let last = max(0, card.lines.count - card.textRows)
    work.scroll[id] = min(max(0, card.scroll + rows), last)
  }

  private func visibleRows(of id: Int64) -> Int {
    RankLayout(self).cards.first { $0.id == id }?.textRows ?? 1
  }
}
