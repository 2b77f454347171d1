import Feedback
import TerminalUI

/// Changes the model by a message; what is to be done outside comes back.
func update(_ model: inout WorkstationModel, _ message: WorkstationMessage) -> [Effect] {
  switch message {
  case .terminal(let event, let time):
    model.countTime(until: time, isWork: event != .resumed)
    return model.receive(event)
  case .status(let status): model.status = status
  case .trouble(let sentence): model.trouble = sentence
  case .desk(let desk, let drafts): model.take(desk, drafts: drafts)
  case .draftSaved: if model.work.writing.saving == .pending { model.work.writing.saving = .saved }
  case .submitted(let submission, let reveal): model.finishSubmission(submission, reveal)
  case .undone(let undone): return model.finishUndo(undone)
  case .changed(let change): model.finish(change)
  case .failed(let kind, let sentence): model.fail(kind, sentence)
  }
  return []
}

extension WorkstationModel {
  /// Counts the time since the last event as work on the slate.
  mutating func countTime(until time: Double, isWork: Bool) {
    if isWork, let lastTime, desk.slate != nil, !isLeaving {
      work.elapsed += max(0, time - lastTime)
    }
    lastTime = time
  }

  private var isLeaving: Bool { saving != nil || isFinished }

  mutating func receive(_ event: TerminalEvent) -> [Effect] {
    switch event {
    case .resize(let size):
      self.size = size
      fitEditor()
    case .wake, .resumed: break
    case .interrupt: isFinished = true
    case .key(let key): return receive(key)
    case .paste(let text): return receive(paste: text)
    case .mouse(let event): return receive(event)
    }
    return []
  }

  private mutating func receive(_ key: KeyPress) -> [Effect] {
    notice = nil
    drag = nil
    let previous = confirmed
    confirmed = []
    if let action = GlobalAction.keys.action(for: key) {
      perform(action)
      return []
    }
    if screen == .write { return write(key, confirmed: previous) }
    if screen == .rank, menu != nil { return receiveInMenu(key) }
    if key == .character("q") {
      isFinished = true
      return []
    }
    if key == .character("?") {
      show(.help)
      return []
    }
    if screen == .rank { return rank(key, confirmed: previous) }
    if screen == .learning, let effects = learning(key, confirmed: previous) { return effects }
    read(key)
    return []
  }

  private mutating func perform(_ action: GlobalAction) {
    switch action {
    case .nextScreen: step(1)
    case .previousScreen: step(-1)
    case .rank: show(.rank)
    case .write: show(.write)
    case .learning: show(.learning)
    case .guidelines: if guidelines != nil { show(.guidelines) }
    case .help: show(.help)
    case .quit: isFinished = true
    }
  }

  private mutating func step(_ count: Int) {
    let screens = self.screens
    let index = screens.firstIndex(of: screen) ?? 0
    show(screens[(index + count + screens.count) % screens.count])
  }

  mutating func show(_ screen: Screen) {
    if screen == .help, self.screen != .help { screenBeforeHelp = self.screen }
    self.screen = screen
    if screen != .rank { menu = nil }
    fitEditor()
  }

  /// Keys of the screens that are only read.
  private mutating func read(_ key: KeyPress) {
    let page = max(1, size.height - 6)
    switch key.key {
    case .up, .character("k"): scrollScreen(by: -1)
    case .down, .character("j"): scrollScreen(by: 1)
    case .pageUp: scrollScreen(by: -page)
    case .pageDown, .character(" "): scrollScreen(by: page)
    case .home: scroll[screen] = 0
    case .end: scrollScreen(by: 100_000)
    case .escape: show(screen == .help ? screenBeforeHelp : .rank)
    default: break
    }
  }

  mutating func scrollScreen(by rows: Int) {
    let last = max(0, contentHeight(of: screen) - pageArea.height)
    scroll[screen] = min(max(0, scroll[screen, default: 0] + rows), last)
  }

  private mutating func receive(paste text: String) -> [Effect] {
    notice = nil
    if screen == .rank, case .skipReason(var editor) = menu {
      editor.paste(text.split(whereSeparator: \.isNewline).joined(separator: " "))
      menu = .skipReason(editor)
      return []
    }
    guard screen == .write else { return [] }
    guard desk.slateID != nil, saving == nil else { return [] }
    work.writing.editor.paste(text)
    return writingChanged()
  }

  mutating func say(_ text: String, _ kind: Notice.Kind = .done) {
    notice = Notice(kind: kind, text: text)
  }

  mutating func refuse(_ text: String) {
    notice = Notice(kind: .refusal, text: text)
  }

  mutating func fail(_ kind: Effect.Kind, _ sentence: String) {
    let retry: String
    switch kind {
    case .draft:
      if work.writing.saving == .saved { work.writing.saving = .pending }
      retry = "Your work stays on the screen; saving it is tried again."
    case .submit:
      saving = nil
      // What was asked before the first try need not be asked again.
      confirmed = [.unplacedLast, .demonstrationToo]
      retry = "Your label is still here; submit it again to retry."
    case .undo:
      saving = nil
      retry = "Press u to retry."
    case .version: retry = "The versions stay as they were."
    }
    say("\(sentence) \(retry)", .failure)
  }
}
