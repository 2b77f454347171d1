import Testing

@testable import TerminalUI

@Suite struct InputDecoderTests {
  private func decode(_ units: [InputUnit]) -> [TerminalEvent] {
    var decoder = InputDecoder()
    return units.flatMap { decoder.decode($0) }
  }

  private func scalars(_ text: String) -> [InputUnit] {
    text.unicodeScalars.map { .scalar($0) }
  }

  @Test(arguments: [
    ("\r", "enter"), ("\n", "enter"), ("\t", "tab"), ("\u{7F}", "backspace"),
    ("\u{8}", "backspace"), ("\u{0}", "ctrl-space"), ("\u{1}", "ctrl-a"), ("\u{1A}", "ctrl-z"),
    ("\u{1C}", "ctrl-\\"), ("\u{1F}", "ctrl-_"), ("字", "字"), ("\u{1B}\r", "alt-enter"),
    ("\u{1B}\u{7F}", "alt-backspace"), ("\u{1B}", "escape"),
  ])
  func charactersAreKeys(text: String, name: String) throws {
    let expected = TerminalEvent.key(try KeyPress(parsing: name))
    #expect(decode(scalars(text) + [.pause]) == [expected])
  }

  @Test func escapeTwiceIsTwoKeys() {
    let escape = TerminalEvent.key(KeyPress(.escape))
    #expect(decode(scalars("\u{1B}\u{1B}") + [.pause]) == [escape, escape])
  }

  @Test func escapeBeforeAKnownKeyIsAlt() {
    let units: [InputUnit] = [.scalar("\u{1B}"), .key(KeyPress(.up))]
    #expect(decode(units) == [.key(KeyPress(.up, .alt))])
  }

  @Test func anUnknownSequenceCutShortTakesNothingWithIt() {
    #expect(decode(scalars("\u{1B}[12") + [.pause] + scalars("x")) == [.key(.character("x"))])
  }

  @Test func pastesHoldNoKeys() {
    let units: [InputUnit] =
      [.pasteStart] + scalars("q\r\n\u{1B}[A") + [.key(KeyPress(.up)), .pause, .pasteEnd]
    #expect(decode(units + scalars("q")) == [.paste("q\n␛[A"), .key(.character("q"))])
  }

  @Test func anEmptyPasteIsNothing() {
    #expect(decode([.pasteStart, .pasteEnd, .pasteEnd]) == [])
  }
}
