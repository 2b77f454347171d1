import Testing

@testable import TerminalUI

@Suite struct TextWidthTests {
  @Test(arguments: [
    ("a", 1), (" ", 1), ("é", 1), ("e\u{301}", 1), ("ß", 1), ("Ж", 1), ("א", 1), ("─", 1), ("⠿", 1),
    ("字", 2), ("あ", 2), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("Ａ", 2), ("、", 2), ("ｱ", 1),
    ("😀", 2), ("\u{1FAE8}", 2), ("👍🏽", 2), ("👨‍👩‍👧", 2), ("🇫🇷", 2), ("1️⃣", 2), ("❤", 1), ("❤️", 2),
    ("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", 2), ("⌚", 2), ("☺", 1),
    ("\u{200B}", 0), ("\u{301}", 0), ("\u{FEFF}", 0), ("\u{AD}", 0), ("\u{1B}", 1), ("\u{202E}", 1),
    ("नि", 2), ("क्ष", 2), ("ก็", 1), ("𠀀", 2),
  ])
  func columnsOfAGrapheme(text: String, columns: Int) {
    #expect(TextWidth.columns(text) == columns)
  }

  @Test func aStringIsTheSumOfItsGraphemes() {
    #expect(TextWidth.columns("a字é👨‍👩‍👧.") == 7)
    #expect(TextWidth.columns("") == 0)
  }
}

@Suite struct SanitizedTests {
  @Test(arguments: [
    ("plain\ttext\n", "plain\ttext\n"),
    ("\u{1B}[2J", "␛[2J"),
    ("a\r\nb\rc\u{85}d\u{2028}e", "a\nb\nc\nd\ne"),
    ("\u{9B}31m", "\u{FFFD}31m"),
    ("\u{202E}abc\u{2066}", "\u{FFFD}abc\u{FFFD}"),
    ("\u{0}\u{7}\u{7F}", "␀␇␡"),
    ("é字👨‍👩‍👧 שלום", "é字👨‍👩‍👧 שלום"),
  ])
  func whatCommandsTheTerminalBecomesVisible(text: String, expected: String) {
    #expect(sanitized(text) == expected)
  }

  @Test func nothingBelowSpaceIsLeft() {
    let all = String(String.UnicodeScalarView((0..<0x2100).compactMap { Unicode.Scalar($0) }))
    let safe = sanitized(all).unicodeScalars.filter { $0 != "\n" && $0 != "\t" }
    #expect(!safe.contains { $0.properties.generalCategory == .control })
    #expect(!safe.contains { (0x202A...0x202E).contains($0.value) })
  }
}
