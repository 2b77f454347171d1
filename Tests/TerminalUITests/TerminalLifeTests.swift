import Glibc
import TerminalUI
import TestSupport
import Testing

/// Opening, resizing, suspending and ending: whatever happens, the terminal is put back.
@Suite struct TerminalLifeTests {
  @Test(arguments: terminalTypes)
  func leavingRestoresTheTerminal(term: String) throws {
    let terminal = try PseudoTerminal([probePath()], term: term)
    try terminal.wait(for: "1 resize 80 24")
    #expect(!terminal.modesAreRestored)
    #expect(terminal.isOnAlternateScreen == !["linux", "vt100"].contains(term))
    terminal.send("q")
    #expect(try terminal.waitForExit() == .exited(0))
    expectRestored(terminal)
    #expect(terminal.screenText().contains("done"))
  }

  @Test(arguments: [SIGHUP, SIGTERM, SIGINT])
  func askedToEndItEndsByItself(signal: Int32) throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.kill(signal)
    #expect(try terminal.waitForExit() == .exited(0))
    expectRestored(terminal)
  }

  @Test(arguments: [SIGHUP, SIGTERM])
  func askedTwiceItEndsEvenWhenItHangs(signal: Int32) throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("H")
    try terminal.wait(for: "hanging")
    terminal.kill(signal)
    try terminal.wait("the first signal to be taken") { _ in
      !isPending(signal, of: terminal.process)
    }
    terminal.kill(signal)
    #expect(try terminal.waitForExit() == .signaled(signal))
    expectRestored(terminal)
  }

  @Test(arguments: [SIGSEGV, SIGABRT, SIGQUIT, SIGBUS])
  func crashesRestoreTheTerminal(signal: Int32) throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.kill(signal)
    #expect(try terminal.waitForExit() == .signaled(signal))
    expectRestored(terminal)
  }

  @Test(arguments: ["F", "A"])
  func trapsRestoreTheTerminal(key: String) throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send(key)
    let status = try terminal.waitForExit()
    #expect([.signaled(SIGILL), .signaled(SIGTRAP), .signaled(SIGABRT)].contains(status))
    expectRestored(terminal)
  }

  @Test func exitAnywhereRestoresTheTerminal() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("X")
    #expect(try terminal.waitForExit() == .exited(3))
    expectRestored(terminal)
  }

  @Test func aClosedWindowEndsTheProgram() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.hangUp()
    #expect(try terminal.waitForExit() == .exited(0))
  }

  @Test func theScreenFollowsTheWindow() throws {
    let terminal = try PseudoTerminal([probePath()], environment: ["LINES": "24", "COLUMNS": "80"])
    try terminal.wait(for: "size 80 24")
    terminal.resize(to: Size(width: 120, height: 40))
    try terminal.wait(for: "2 resize 120 40")
    try terminal.wait("the last row") { $0.screenRows()[39] == "size 120 40" }
    #expect(terminal.cursor == Point(x: 3, y: 39))
    #expect(terminal.isCursorVisible)
  }

  @Test func aSmallWindowSaysSoAndKeepsEverything() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("x")
    try terminal.wait(for: "2 key x")
    terminal.resize(to: Size(width: 60, height: 10))
    try terminal.wait(for: "This window is 60 by 10. Make it at least 80 by 24;")
    // The key is in the terminal's queue before the resize, so it is read when that is seen.
    terminal.send("q")
    terminal.resize(to: Size(width: 61, height: 10))
    try terminal.wait(for: "This window is 61 by 10.")
    terminal.resize(to: Size(width: 90, height: 30))
    try terminal.wait(for: "5 resize 90 30")
    #expect(terminal.screenText().contains("2 key x"))
    #expect(!terminal.screenText().contains("key q"))
  }

  @Test func suspendedItGivesTheTerminalBackAndComesAgain() throws {
    let shell = try PseudoTerminal(
      ["bash", "--norc", "--noprofile", "-i"], environment: ["PS1": "ready> ", "HISTFILE": nil])
    try shell.wait(for: "ready>")
    shell.send("\(probePath())\r")
    try shell.wait(for: "1 resize")
    shell.send(key: .control("z"))
    try shell.wait(for: "Stopped")
    #expect(!shell.isOnAlternateScreen)
    #expect(!shell.isMouseOn)
    shell.send("echo $((6 * 7))\r")
    try shell.wait(for: "42")
    shell.send("fg\r")
    try shell.wait(for: "2 resumed")
    #expect(shell.isOnAlternateScreen)
    #expect(shell.isMouseOn)
    #expect(shell.screenRows()[23] == "size 80 24")
    shell.paste("still one event")
    try shell.wait(for: "3 paste still one event")
    shell.send("q")
    try shell.wait(for: "done")
  }

  @Test func suspendedItStopsWhatItRunsIn() throws {
    let shell = try PseudoTerminal(
      ["bash", "--norc", "--noprofile", "-i"], environment: ["PS1": "ready> ", "HISTFILE": nil])
    try shell.wait(for: "ready>")
    // As `make run` does: a shell that waits for the program, in the same job.
    shell.send("sh -c '\(probePath()); echo over'\r")
    try shell.wait(for: "1 resize")
    shell.send(key: .control("z"))
    try shell.wait(for: "Stopped")
    shell.send("fg\r")
    try shell.wait(for: "2 resumed")
    shell.send("q")
    try shell.wait("the end") { $0.screenRows().contains("over") }
  }

  @Test func stoppedUnawaresItDrawsAnew() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.kill(SIGSTOP)
    terminal.kill(SIGCONT)
    try terminal.wait(for: "2 resumed")
    #expect(terminal.isOnAlternateScreen)
    terminal.send("x")
    try terminal.wait(for: "3 key x")
  }

  @Test func messagesFromOtherThreadsWakeIt() throws {
    let terminal = try PseudoTerminal([probePath()])
    try terminal.wait(for: "1 resize")
    terminal.send("M")
    try terminal.wait(for: "paste from a thread")
  }

  @Test func stoppedFromOutsideItGivesTheTerminalBackToo() throws {
    let shell = try PseudoTerminal(
      ["bash", "--norc", "--noprofile", "-i"], environment: ["PS1": "ready> ", "HISTFILE": nil])
    try shell.wait(for: "ready>")
    shell.send("\(probePath())\r")
    try shell.wait(for: "1 resize")
    // Curses ignores the signal while it paints, so it is sent until it is heeded.
    try shell.wait("the screen to be left") { terminal in
      if terminal.isOnAlternateScreen { terminal.signalForeground(SIGTSTP) }
      return !terminal.isOnAlternateScreen
    }
    try shell.wait(for: "Stopped")
    // A signal that was sent while it was stopping already stops it once more.
    var resumed = 0
    try shell.wait("2 resumed") { terminal in
      let text = terminal.screenText()
      let stopped = text.components(separatedBy: "Stopped").count - 1
      if stopped > resumed, !terminal.isOnAlternateScreen {
        resumed = stopped
        terminal.send("fg\r")
      }
      return text.contains("2 resumed")
    }
    #expect(shell.isOnAlternateScreen)
  }

  @Test(
    arguments: [
      ("no-such-terminal", "There is no description of the terminal type \"no-such-terminal\""),
      ("dumb", "A terminal of type \"dumb\" (the variable TERM) cannot place text"),
      (nil, "The variable TERM is not set"),
    ] as [(String?, String)])
  func aTerminalThatCannotBeUsedIsNamed(term: String?, sentence: String) throws {
    let terminal = try PseudoTerminal(
      [probePath()], term: term, size: Size(width: 200, height: 24))
    #expect(try terminal.waitForExit() == .exited(1))
    #expect(terminal.screenText().contains(sentence))
    expectRestored(terminal)
  }

  @Test func withoutATerminalItSaysSo() throws {
    let terminal = try PseudoTerminal(
      ["sh", "-c", "\(probePath()) </dev/null | cat"], size: Size(width: 200, height: 24))
    _ = try terminal.waitForExit()
    #expect(terminal.screenText().contains("The workstation needs a terminal"))
  }

  private func expectRestored(
    _ terminal: PseudoTerminal, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(terminal.modesAreRestored, sourceLocation: sourceLocation)
    #expect(!terminal.isOnAlternateScreen, sourceLocation: sourceLocation)
    #expect(!terminal.isMouseOn, sourceLocation: sourceLocation)
    #expect(terminal.isCursorVisible, sourceLocation: sourceLocation)
    // The emulator does not tell whether pastes are bracketed; the last word on it counts.
    let output = String(decoding: terminal.output, as: UTF8.self)
    let last = output.ranges(of: "?2004").last.map { output[$0.upperBound] }
    #expect(last == nil || last == "l", sourceLocation: sourceLocation)
  }
}
