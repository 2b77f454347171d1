import TerminalUI

/// What keys do on every screen.
enum GlobalAction: String, Sendable, Hashable, CaseIterable {
  case nextScreen, previousScreen, rank, write, learning, guidelines, help, quit

  static let keys = KeyMap<GlobalAction>([
    (.nextScreen, "tab", "next screen"),
    (.previousScreen, "shift-tab", "previous screen"),
    (.rank, "f1", "Rank"),
    (.write, "f2", "Write"),
    (.learning, "f3", "Learning"),
    (.guidelines, "f4", "Guidelines"),
    (.help, "f5", "Help (? too, where nothing is typed)"),
    (.quit, "ctrl-c", "quit (q too, where nothing is typed): everything is kept"),
  ])
}

/// What keys do on the ranking screen, besides the digits.
enum RankAction: String, Sendable, Hashable, CaseIterable {
  case focusUp, focusDown, focusFirst, focusLast, scrollUp, scrollDown, promptUp, promptDown
  case moveUp, moveDown, tie, takeBack, compare, edit, write, quality, flags, skip, undo, submit
  case cancel

  static let keys = KeyMap<RankAction>([
    (.focusUp, "up k", "focus the card above"),
    (.focusDown, "down j", "focus the card below"),
    (.focusFirst, "home", "focus the first card"),
    (.focusLast, "end", "focus the last card"),
    (.scrollUp, "pageup", "scroll up inside the card"),
    (.scrollDown, "pagedown space", "scroll down inside the card"),
    (.promptUp, "[", "scroll the prompt up"),
    (.promptDown, "]", "scroll the prompt down"),
    (.moveUp, "shift-up K", "move the card up"),
    (.moveDown, "shift-down J", "move the card down"),
    (.tie, "=", "tie with the card above; before any is placed: all equal"),
    (.takeBack, "0 backspace delete", "take the card's place away"),
    (.compare, "d", "which words differ from the best card"),
    (.edit, "e", "edit the card into a demonstration"),
    (.write, "w", "write a demonstration"),
    (.quality, "r", "overall quality of the card, 1 to 7"),
    (.flags, "f", "flags of the card"),
    (.skip, "s", "skip, with a reason"),
    (.undo, "u", "take back the last submitted label"),
    (.submit, "enter", "submit"),
    (.cancel, "escape", "close, cancel"),
  ])
}

/// What keys do on the learning screen, besides those that scroll it.
enum LearningAction: String, Sendable, Hashable, CaseIterable {
  case versionUp, versionDown, use, pin

  static let keys = KeyMap<LearningAction>([
    (.versionUp, "up k", "choose the version above"),
    (.versionDown, "down j", "choose the version below"),
    (.use, "enter", "put the chosen version into use (asks once)"),
    (.pin, "p", "keep the chosen version's files whatever its age, or no longer"),
  ])
}

/// What keys do on the writing screen, besides the editor's own.
enum WriteAction: String, Sendable, Hashable, CaseIterable {
  case submit, nextStart, back, promptUp, promptDown

  static let keys = KeyMap<WriteAction>([
    (.submit, "ctrl-s alt-enter", "submit the demonstration"),
    (.nextStart, "ctrl-o", "start from the next candidate (ctrl-_ takes it back)"),
    (.back, "escape", "back to the ranking; the draft stays"),
    (.promptUp, "alt-up", "scroll the prompt up"),
    (.promptDown, "alt-down", "scroll the prompt down"),
  ])
}
