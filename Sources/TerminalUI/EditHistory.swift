/// The changes of a text that can be undone and redone.
struct EditHistory: Sendable, Hashable {
  /// One change: the paragraphs from `start` before it and after it.
  struct Edit: Sendable, Hashable {
    var start: Int
    var removed: [Character]
    var inserted: [Character]
    var cursorBefore: Int
    var cursorAfter: Int
  }

  private var done: [Edit] = []
  private var undone: [Edit] = []
  /// What the last change typed, if it was typing.
  private var lastTyped: String?

  /// The most changes kept.
  static let limit = 500

  /// Adds a change; typing goes on with the last change until a word begins.
  mutating func record(_ edit: Edit, typed: String?) {
    undone = []
    if let typed, let previous = lastTyped, let last = done.last,
      !startsWord(typed, after: previous),
      typed != "\n", edit.start == last.start, edit.removed == last.inserted,
      edit.cursorBefore == last.cursorAfter
    {
      done[done.count - 1].inserted = edit.inserted
      done[done.count - 1].cursorAfter = edit.cursorAfter
    } else {
      done.append(edit)
      if done.count > Self.limit { done.removeFirst() }
    }
    lastTyped = typed
  }

  mutating func undo() -> Edit? {
    lastTyped = nil
    guard let edit = done.popLast() else { return nil }
    undone.append(edit)
    return edit
  }

  mutating func redo() -> Edit? {
    lastTyped = nil
    guard let edit = undone.popLast() else { return nil }
    done.append(edit)
    return edit
  }

  private func startsWord(_ typed: String, after previous: String) -> Bool {
    previous.last?.isWhitespace == true && typed.first?.isWhitespace == false
  }
}
