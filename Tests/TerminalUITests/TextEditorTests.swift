import Testing

@testable import TerminalUI

@Suite struct TextEditorTests {
  private func editor(
    _ text: String = "", width: Int = 20, height: Int = 5, keys: String = ""
  ) throws -> TextEditor {
    var editor = TextEditor(text, viewport: Size(width: width, height: height))
    try press(keys, in: &editor)
    return editor
  }

  /// Presses keys by name.
  private func press(_ keys: String, in editor: inout TextEditor) throws {
    for key in try KeyPress.list(parsing: keys) {
      let used = editor.handle(key)
      #expect(used, "\(key) is not used")
    }
  }

  private func type(_ text: String, in editor: inout TextEditor) {
    for character in text {
      editor.handle(character == "\n" ? KeyPress(.enter) : .character(character))
    }
  }

  @Test func typingAndDeleting() throws {
    var editor = try editor()
    type("hello\nworld", in: &editor)
    try press("backspace left delete home x ctrl-k", in: &editor)
    #expect(editor.text == "hello\nx")
    try press("home backspace", in: &editor)
    #expect(editor.text == "hellox")
    #expect(editor.cursor == 5)
  }

  @Test func keysOfTheScreenAreNotUsed() throws {
    var editor = try editor("abc")
    for name in ["ctrl-s", "escape", "tab", "f1", "alt-x"] {
      let used = editor.handle(try KeyPress(parsing: name))
      #expect(!used, "\(name)")
    }
    #expect(editor.text == "abc")
  }

  @Test func aGraphemeIsOneStep() throws {
    var editor = try editor("a👨‍👩‍👧e\u{301}", keys: "left left")
    #expect(editor.cursor == 1)
    try press("delete", in: &editor)
    #expect(editor.text == "ae\u{301}")
    try press("end backspace", in: &editor)
    #expect(editor.text == "a")
  }

  @Test func combiningMarksJoinTheLetterBefore() throws {
    var editor = try editor("ex", keys: "left")
    editor.insert("\u{301}")
    #expect(Array(editor.text) == ["e\u{301}", "x"])
    #expect(editor.cursor == 1)
    try press("backspace", in: &editor)
    #expect(editor.text == "x")
  }

  @Test func pasteIsSanitisedAndOneStepOfUndo() throws {
    var editor = try editor("ab", keys: "left")
    editor.paste("1\r\n2\u{1B}3")
    #expect(editor.text == "a1\n2␛3b")
    #expect(editor.cursor == 6)
    try press("ctrl-_", in: &editor)
    #expect(editor.text == "ab")
    #expect(editor.cursor == 1)
  }

  @Test func wordsInBothDirections() throws {
    var editor = try editor("one, two  three")
    try press("ctrl-left", in: &editor)
    #expect(editor.cursor == 10)
    try press("alt-b", in: &editor)
    #expect(editor.cursor == 5)
    try press("ctrl-right", in: &editor)
    #expect(editor.cursor == 8)
    try press("ctrl-w", in: &editor)
    #expect(editor.text == "one,   three")
    try press("alt-d", in: &editor)
    #expect(editor.text == "one, ")
  }

  @Test func verticalMovementKeepsItsColumn() throws {
    var editor = try editor("abcdef\nxy\nabcdef", keys: "left left up")
    #expect(editor.cursor == 9)
    try press("up", in: &editor)
    #expect(editor.cursor == 4)
    try press("left down", in: &editor)
    #expect(editor.cursor == 9)
    try press("up up", in: &editor)
    #expect(editor.cursor == 0)
    try press("down down down down", in: &editor)
    #expect(editor.cursor == editor.text.count)
  }

  @Test func softWrappedRowsAreRows() throws {
    var editor = try editor("aaaa bbbb cccc", width: 5)
    #expect(editor.layout(width: 5, height: 5).rows == ["aaaa ", "bbbb ", "cccc"])
    try press("up", in: &editor)
    #expect(editor.layout(width: 5, height: 5).cursor == Point(x: 4, y: 1))
    try press("home", in: &editor)
    #expect(editor.cursor == 5)
    try press("end", in: &editor)
    #expect(editor.layout(width: 5, height: 5).cursor == Point(x: 4, y: 1))
    try press("right", in: &editor)
    #expect(editor.cursor == 11)
  }

  @Test func widthsCountInColumns() throws {
    let editor = try editor("日本x", keys: "left")
    #expect(editor.layout(width: 20, height: 5).cursor == Point(x: 4, y: 0))
    var clicked = editor
    clicked.moveCursor(toCell: Point(x: 3, y: 0))
    #expect(clicked.cursor == 1)
  }

  @Test func scrollingIsSteadyAndKeepsTheCursorInView() throws {
    let text = (1...20).map { "line \($0)" }.joined(separator: "\n")
    var editor = try editor(text)
    var layout = editor.layout(width: 20, height: 5)
    #expect(layout.firstRow == 15)
    #expect(layout.cursor.y == 4)
    #expect(layout.rowCount == 20)
    try press("up up", in: &editor)
    layout = editor.layout(width: 20, height: 5)
    #expect(layout.firstRow == 15)
    #expect(layout.cursor.y == 2)
    try press("pageup", in: &editor)
    #expect(editor.layout(width: 20, height: 5).rows.first == "line 14")
    try press("ctrl-home", in: &editor)
    #expect(editor.layout(width: 20, height: 5).firstRow == 0)
    editor.viewport = Size(width: 20, height: 3)
    try press("pagedown pagedown", in: &editor)
    #expect(editor.layout(width: 20, height: 3).rows == ["line 3", "line 4", "line 5"])
  }

  @Test func undoGoesByWordsAndRedoComesBack() throws {
    var editor = try editor()
    type("one two", in: &editor)
    try press("ctrl-_", in: &editor)
    #expect(editor.text == "one ")
    try press("ctrl-_", in: &editor)
    #expect(editor.text == "")
    try press("ctrl-_ ctrl-y ctrl-y ctrl-y", in: &editor)
    #expect(editor.text == "one two")
    try press("ctrl-w ctrl-_", in: &editor)
    #expect(editor.text == "one two")
    #expect(editor.cursor == 7)
  }

  @Test func randomEditsUndoToTheStart() throws {
    var generator = SeededGenerator(state: 7)
    let commands = EditorCommand.allCases.filter { ![.undo, .redo].contains($0) }
    let texts = ["a", " ", "日", "\u{301}", "\n", "👨‍👩‍👧", "\u{200D}", "🇫", "-", "\t"]
    for _ in 0..<50 {
      var editor = try editor("start 日本\nhere", width: 7, height: 3)
      var changes = 0
      for _ in 0..<60 {
        let before = editor.text
        if Bool.random(using: &generator) {
          editor.insert(texts.randomElement(using: &generator) ?? "")
        } else {
          editor.perform(commands.randomElement(using: &generator) ?? .left)
        }
        if editor.text != before { changes += 1 }
        #expect((0...editor.characters.count).contains(editor.cursor))
        let layout = editor.layout(width: 7, height: 3)
        #expect((0..<3).contains(layout.cursor.y) && (0..<7).contains(layout.cursor.x))
      }
      for _ in 0..<max(changes, 60) { editor.perform(.undo) }
      #expect(editor.text == "start 日本\nhere")
    }
  }

  @Test func drawingShowsTheCursor() throws {
    var surface = Surface(size: Size(width: 10, height: 3))
    let editor = try editor("ab\ncd", width: 5, height: 2)
    editor.draw(in: Rect(x: 2, y: 1, width: 5, height: 2), of: &surface)
    #expect(surface.rows() == ["", "  ab", "  cd"])
    #expect(surface.cursor == Point(x: 4, y: 2))
  }
}

/// A linear congruential generator (Knuth's constants), enough to draw the same tests each time.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 33
  }
}
