import Feedback
import TerminalUI

/// The mouse.
extension WorkstationModel {
  mutating func receive(_ event: MouseEvent) -> [Effect] {
    if case .press(let point, .left) = event,
      let tab = tabs.first(where: { $0.area.contains(point) })
    {
      notice = nil
      show(tab.screen)
      return []
    }
    switch screen {
    case .rank: return rank(event)
    case .write:
      let area = WriteLayout(self).editorArea
      switch event {
      case .press(let point, .left) where area.contains(point):
        work.writing.editor.moveCursor(
          toCell: Point(x: point.x - area.x, y: point.y - area.y))
      case .scroll(let point, let up):
        if area.contains(point) {
          for _ in 0..<3 { work.writing.editor.perform(up ? .up : .down) }
        } else {
          scrollPrompt(by: up ? -1 : 1)
        }
      default: break
      }
    case .learning, .guidelines, .help:
      if case .scroll(_, let up) = event { scrollScreen(by: up ? -3 : 3) }
    }
    return []
  }

  private mutating func rank(_ event: MouseEvent) -> [Effect] {
    guard saving == nil, menu == nil, desk.slate != nil else { return [] }
    let layout = RankLayout(self)
    switch event {
    case .press(let point, .left):
      guard let card = layout.card(at: point) else { return [] }
      notice = nil
      confirmed = []
      work.board.focus(on: card.id)
      // The focus may make cards move under the pointer: only a pointer that moves itself drags.
      drag = Drag(completion: card.id, start: point, current: point)
    case .drag(let point): drag?.current = point
    case .release(let point):
      guard var drag else { return [] }
      self.drag = nil
      drag.current = point
      return finish(drag, layout)
    case .scroll(let point, let up):
      if let card = layout.card(at: point) {
        scrollCard(card.id, by: up ? -3 : 3)
      } else if layout.promptArea.contains(point) {
        scrollPrompt(by: up ? -1 : 1)
      }
    default: break
    }
    return []
  }

  private mutating func finish(_ drag: Drag, _ layout: RankLayout) -> [Effect] {
    guard drag.hasMoved, let drop = layout.drop(of: drag.completion, at: drag.current) else {
      return []
    }
    let before = work.board.digits
    work.board.drop(drag.completion, at: drop)
    guard work.board.digits != before else { return [] }
    return [saveRankingDraft()].compactMap(\.self)
  }
}
