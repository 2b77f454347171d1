import Testing

@testable import TerminalUI

@Suite struct KeyMapTests {
  enum Action: Hashable, Sendable { case submit, skip, up, tie }

  private let table: [(action: Action, keys: String, title: String)] = [
    (.submit, "enter ctrl-s", "submit"), (.skip, "s", "skip"), (.up, "up k", "up"),
    (.tie, "=", "tie"),
  ]

  @Test(arguments: [
    ("x", KeyPress.character("x")), ("J", .character("J")), ("shift-j", .character("J")),
    ("ctrl-S", .control("s")), ("shift-up", KeyPress(.up, .shift)), ("?", .character("?")),
    ("-", .character("-")), ("ctrl--", .control("-")), ("space", .character(" ")),
    ("alt-enter", KeyPress(.enter, .alt)),
    ("ctrl-alt-f5", KeyPress(.function(5), [.control, .alt])),
    ("esc", KeyPress(.escape)), ("é", .character("é")), ("alt-J", KeyPress(.character("J"), .alt)),
  ])
  func keysAreReadAndWritten(text: String, key: KeyPress) throws {
    #expect(try KeyPress(parsing: text) == key)
    #expect(try KeyPress(parsing: key.description) == key)
  }

  @Test(arguments: ["", "ctrl-", "hyper-x", "f99", "ab"])
  func unknownKeysAreNamed(text: String) {
    #expect(throws: TerminalError.self) { try KeyPress(parsing: text) }
  }

  @Test func actionsOfKeys() {
    let map = KeyMap(table)
    #expect(map.action(for: KeyPress(.enter)) == .submit)
    #expect(map.action(for: .character("k")) == .up)
    #expect(map.action(for: .character("z")) == nil)
    #expect(map.hint(for: .submit) == "enter")
    #expect(map.bindings.map(\.keyNames) == ["enter ctrl-s", "s", "up k", "="])
  }

  @Test func rebindingTakesKeysFromOthers() throws {
    var map = KeyMap(table)
    try map.rebind("# mine\n\nsubmit = s f2\n tie = =", names: ["submit": .submit, "tie": .tie])
    #expect(map.action(for: .character("s")) == .submit)
    #expect(map.action(for: KeyPress(.enter)) == nil)
    #expect(map.keys(for: .skip) == [])
    #expect(map.bindings[0].keyNames == "s f2")
    #expect(map.bindings[0].title == "submit")
    #expect(map.action(for: .character("=")) == .tie)
  }

  @Test(arguments: [
    ("submit = enter\njump = x", "Line 2"), ("submit enter", "Line 1"),
    ("submit = ctrl-enter\nskip = nokey", "Line 2"),
  ])
  func aBadTableChangesNothing(text: String, line: String) {
    var map = KeyMap(table)
    let error = #expect(throws: TerminalError.self) {
      try map.rebind(text, names: ["submit": .submit, "skip": .skip])
    }
    #expect(error?.description.hasPrefix(line) == true)
    #expect(map.bindings == KeyMap(table).bindings)
  }

  @Test func theEditorsKeysAreDistinct() {
    let keys = EditorCommand.keys.bindings.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    #expect(Set(EditorCommand.keys.bindings.map(\.action)) == Set(EditorCommand.allCases))
  }
}
