import TerminalUI
import TestSupport
import Testing

/// What the driver's output looks like on a terminal.
@Suite struct TerminalDrawingTests {
  private func page(
    _ key: String, term: String = "xterm-256color", environment: [String: String?] = [:]
  ) throws -> PseudoTerminal {
    var environment = environment
    if environment["NO_COLOR"] == nil { environment.updateValue(nil, forKey: "NO_COLOR") }
    let terminal = try PseudoTerminal([probePath()], term: term, environment: environment)
    try terminal.wait(for: "size 80 24")
    terminal.send(key)
    // The rows that are drawn last, after the old ones have been cleared.
    let (row, text) = key == "W" ? (23, String(repeating: " ", count: 79) + "z") : (3, "band")
    try terminal.wait("the page") { $0.screenRows()[row] == text }
    return terminal
  }

  @Test func coloursAndAttributes() throws {
    let terminal = try page("C")
    #expect(terminal.cell(x: 0, y: 0).style.foreground == .red)
    #expect(terminal.cell(x: 0, y: 1).style.foreground == .indexed(208))
    #expect(terminal.cell(x: 0, y: 2).style == .bold)
    #expect(
      terminal.cell(x: 0, y: 3).style == Style(background: .blue, attributes: .underline))
    #expect(terminal.cell(x: 4, y: 3).style == .plain)
    #expect(!terminal.isCursorVisible)
  }

  @Test func eightColoursAreTheNearest() throws {
    let terminal = try page("C", term: "linux")
    #expect(terminal.cell(x: 0, y: 0).style.foreground == .red)
    #expect(terminal.cell(x: 0, y: 1).style.foreground == .red)
  }

  @Test(arguments: [("xterm-256color", "1"), ("vt100", nil)] as [(String, String?)])
  func withoutColoursAttributesStay(term: String, noColor: String?) throws {
    let terminal = try page("C", term: term, environment: ["NO_COLOR": noColor])
    #expect(terminal.cell(x: 0, y: 0) == ScreenCell(text: "r", style: .plain))
    #expect(terminal.cell(x: 0, y: 2).style == .bold)
    #expect(terminal.cell(x: 0, y: 3).style == .underline)
  }

  @Test func anEmptyNoColorChangesNothing() throws {
    let terminal = try page("C", environment: ["NO_COLOR": ""])
    #expect(terminal.cell(x: 0, y: 0).style.foreground == .red)
  }

  @Test(arguments: [nil, "C", "POSIX"] as [String?])
  func oddTextNeverMovesItsNeighbours(locale: String?) throws {
    let terminal = try page(
      "W", environment: locale.map { ["LC_ALL": $0] } ?? ["LC_ALL": "C.UTF-8"])
    let rows = terminal.screenRows()
    #expect(rows[0] == "日本")
    // Four marks are what a cell of curses holds.
    #expect(rows[1].unicodeScalars.first == "e")
    #expect(terminal.cell(x: 1, y: 1).text == ".")
    #expect(rows[2].hasPrefix("FR👨❤"))
    #expect(terminal.cell(x: 6, y: 2).text == ".")
    #expect(rows[3] == "␛[31mred�31m�.")
    #expect(terminal.cell(x: 1, y: 3).style == .plain)
  }

  @Test func edgesOfTheScreen() throws {
    let terminal = try page("W")
    #expect(terminal.screenRows()[4] == "")
    #expect(terminal.cell(x: 78, y: 5).text == "字")
    #expect(terminal.screenRows()[6] == "")
    #expect(terminal.cell(x: 79, y: 23).text == "z")
    #expect(terminal.screenRows()[0] == "日本")
  }
}
