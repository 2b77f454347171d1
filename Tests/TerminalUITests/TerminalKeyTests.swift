import TerminalUI
import TestSupport
import Testing

let terminalTypes = ["xterm-256color", "tmux-256color", "screen-256color", "linux", "vt100"]

/// Keys, pastes and the mouse, from an emulated terminal through the driver to events.
@Suite struct TerminalKeyTests {
  @Test(arguments: terminalTypes)
  func keysArriveAsTheyArePressed(term: String) throws {
    let terminal = try PseudoTerminal([probePath()], term: term)
    try terminal.wait(for: "1 resize 80 24")
    let names = [
      "x", "J", "é", "字", "enter", "tab", "backspace", "delete", "up", "down", "left", "right",
      "home", "end", "pageup", "pagedown", "shift-up", "shift-down", "ctrl-left", "ctrl-right",
      "alt-left", "ctrl-s", "ctrl-w", "ctrl-c", "ctrl-q", "ctrl-_", "alt-b", "alt-backspace",
      "shift-tab", "ctrl-delete", "f5", "space",
    ]
    for (index, name) in names.enumerated() {
      try terminal.send(key: name)
      try terminal.wait(for: "\(index + 2) key \(name)")
    }
  }

  @Test func escapeAloneIsAKey() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("\u{1B}")
    try terminal.wait(for: "2 key escape")
    terminal.send("x")
    try terminal.wait(for: "3 key x")
  }

  @Test func escapeAndAKeyAtOnceAreAlt() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("\u{1B}f")
    try terminal.wait(for: "2 key alt-f")
  }

  @Test func unknownSequencesAreNotTyped() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("\u{1B}[27;5;13~\u{1B}[I\u{1B}[?62;1cy")
    try terminal.wait(for: "2 key y")
  }

  @Test(arguments: ["xterm-256color", "tmux-256color"])
  func pastedTextIsOneEventWithoutKeys(term: String) throws {
    let terminal = try PseudoTerminal([probePath()], term: term)
    try terminal.wait(for: "1 resize")
    terminal.paste("q one\r\ntwo\u{1B}[31m日")
    try terminal.wait(for: "2 paste q one|two␛[31m日")
    terminal.send("x")
    try terminal.wait(for: "3 key x")
  }

  @Test func aLongPasteArrivesWhole() throws {
    let terminal = try PseudoTerminal([probePath()], size: Size(width: 200, height: 30))
    try terminal.wait(for: "1 resize")
    terminal.paste(String(repeating: "0123456789", count: 5_000) + "end")
    terminal.send("x")
    try terminal.wait(for: "3 key x")
    #expect(terminal.screenText().contains("2 paste 0123456789"))
  }

  @Test func aPasteWithoutAnEndIsDelivered() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("\u{1B}[200~half")
    try terminal.wait(for: "2 paste half")
  }

  @Test(arguments: ["xterm-256color", "tmux-256color"])
  func theMouseDragsAndScrolls(term: String) throws {
    let terminal = try PseudoTerminal([probePath()], term: term)
    try terminal.wait(for: "1 resize")
    // A terminal like tmux's is sent the short form, which this emulator speaks too.
    try terminal.wait("the mouse") { $0.isMouseOn }
    terminal.mouse(.press(Point(x: 5, y: 6), .left))
    try terminal.wait(for: "2 press left 5 6")
    terminal.mouse(.drag(Point(x: 7, y: 9)))
    try terminal.wait(for: "3 drag 7 9")
    terminal.mouse(.release(Point(x: 7, y: 9)))
    try terminal.wait(for: "4 release 7 9")
    terminal.mouse(.scroll(Point(x: 3, y: 4), up: true))
    try terminal.wait(for: "5 scroll up 3 4")
    terminal.mouse(.scroll(Point(x: 3, y: 4), up: false))
    try terminal.wait(for: "6 scroll down 3 4")
  }

  @Test func withTheSwitchTheMouseStaysTheTerminals() throws {
    let terminal = try PseudoTerminal([probePath(), "--no-mouse"])
    try terminal.wait(for: "1 resize")
    #expect(!terminal.isMouseOn)
    terminal.send("x")
    try terminal.wait(for: "2 key x")
    #expect(!String(decoding: terminal.output, as: UTF8.self).contains("?1002h"))
  }
}
