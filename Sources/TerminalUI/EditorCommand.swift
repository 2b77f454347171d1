/// What an editor does on a key.
public enum EditorCommand: String, CaseIterable, Hashable, Sendable {
  case newline, backspace, delete
  case left, right, up, down
  case wordLeft, wordRight, lineStart, lineEnd, textStart, textEnd, pageUp, pageDown
  case deleteWordBackward, deleteWordForward, deleteToLineStart, deleteToLineEnd
  case undo, redo

  /// The usual keys.
  public static let keys = KeyMap<EditorCommand>([
    (.newline, "enter", "new line"),
    (.backspace, "backspace", "delete the character before"),
    (.delete, "delete ctrl-d", "delete the character after"),
    (.left, "left ctrl-b", "left"),
    (.right, "right ctrl-f", "right"),
    (.up, "up ctrl-p", "up a row"),
    (.down, "down ctrl-n", "down a row"),
    (.wordLeft, "ctrl-left alt-left alt-b", "back a word"),
    (.wordRight, "ctrl-right alt-right alt-f", "on a word"),
    (.lineStart, "home ctrl-a", "start of the row"),
    (.lineEnd, "end ctrl-e", "end of the row"),
    (.textStart, "ctrl-home alt-<", "start of the text"),
    (.textEnd, "ctrl-end alt->", "end of the text"),
    (.pageUp, "pageup", "up a page"),
    (.pageDown, "pagedown", "down a page"),
    (.deleteWordBackward, "ctrl-w alt-backspace", "delete the word before"),
    (.deleteWordForward, "alt-d ctrl-delete alt-delete", "delete the word after"),
    (.deleteToLineStart, "ctrl-u", "delete to the start of the line"),
    (.deleteToLineEnd, "ctrl-k", "delete to the end of the line"),
    (.undo, "ctrl-_ alt-u", "undo"),
    (.redo, "ctrl-y alt-r", "redo"),
  ])
}
