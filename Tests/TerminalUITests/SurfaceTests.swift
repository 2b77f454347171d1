import Testing

@testable import TerminalUI

@Suite struct SurfaceTests {
  private func surface(_ width: Int, _ height: Int = 1) -> Surface {
    Surface(size: Size(width: width, height: height))
  }

  @Test func writingClipsAtTheEdges() {
    var surface = surface(5, 2)
    #expect(surface.write("hello world", x: 2, y: 0) == 3)
    #expect(surface.write("hello", x: -3, y: 1) == 5)
    #expect(surface.write("below", x: 0, y: 2) == 0)
    #expect(surface.rows() == ["  hel", "lo"])
  }

  @Test func aLimitHoldsBack() {
    var surface = surface(10)
    #expect(surface.write("abcdef", x: 1, y: 0, limit: 3) == 3)
    #expect(surface.rows() == [" abc"])
  }

  @Test func wideTextTakesTwoCellsAndIsNeverSplit() {
    var surface = surface(5)
    #expect(surface.write("日本語", x: 0, y: 0) == 5)
    #expect(surface.rows() == ["日本"])
    #expect(surface[1, 0].text == "")
    surface.write("x", x: 1, y: 0)
    #expect(surface.rows() == [" x本"])
    surface.write("y", x: 2, y: 0)
    #expect(surface[3, 0].text == " ")
  }

  @Test func theLeftHalfOutsideLeavesASpace() {
    var surface = surface(4)
    surface.write("日ab", x: -1, y: 0)
    #expect(surface.rows() == [" ab"])
  }

  @Test func everyRowIsAsWideAsTheSurface() {
    let pieces = ["日", "a", "👨‍👩‍👧", "क्ष", "e\u{301}", "\u{1B}", "\u{200B}", "🇫🇷", "\t"]
    for start in -2...6 {
      for first in pieces {
        for second in pieces {
          var surface = surface(6)
          surface.write("日本語", x: 0, y: 0)
          surface.write(first + second, x: start, y: 0)
          let columns = (0..<6).reduce(0) { $0 + TextWidth.columns(surface[$1, 0].text) }
          #expect(columns == 6, "\(first) \(second) at \(start)")
        }
      }
    }
  }

  @Test func controlCharactersAreMadeVisible() {
    var surface = surface(12)
    surface.write("a\u{1B}[0m\u{202E}b\nc\td", x: 0, y: 0)
    #expect(surface.rows() == ["a␛[0m\u{FFFD}b c d"])
  }

  @Test func drawingAnotherSurfaceBringsItsCursor() {
    var inner = surface(3)
    inner.write("日x", x: 0, y: 0, style: .bold)
    inner.cursor = Point(x: 2, y: 0)
    var outer = surface(4, 2)
    outer.draw(inner, at: Point(x: 2, y: 1))
    #expect(outer.rows() == ["", "  日"])
    #expect(outer.cursor == Point(x: 4, y: 1))
    #expect(outer[2, 1].style == .bold)
  }

  @Test func fillAndRestyleKeepInside() {
    var surface = surface(4, 2)
    surface.fill(Rect(x: 2, y: 0, width: 10, height: 10), style: .reverse, with: "─")
    #expect(surface.rows() == ["  ──", "  ──"])
    surface.restyle(Rect(x: 3, y: 1, width: 1, height: 1)) { $0.adding(.bold) }
    #expect(surface[3, 1].style.attributes == [.bold, .reverse])
    #expect(surface[2, 1].style == .reverse)
    #expect(surface[9, 9] == .blank)
  }
}

@Suite struct EncodedTextTests {
  init() { setlocaleForTests() }

  @Test(arguments: [
    ("a", 1, ["a"]), ("字", 2, ["字"]), ("e\u{301}", 1, ["e\u{301}"]),
    ("🇫🇷", 2, ["F", "R"]), ("❤️", 2, ["❤", " "]), ("👨‍👩‍👧", 2, ["👨"]), ("👍🏽", 2, ["👍"]),
    ("e\u{301}\u{302}\u{303}\u{304}\u{305}", 1, ["e\u{301}\u{302}\u{303}\u{304}"]),
    ("", 1, [" "]), ("\u{10FFFF}", 1, ["\u{FFFD}"]),
  ])
  func cellsHoldWhatFits(text: String, columns: Int, expected: [String]) {
    let cells = encodedText(text, columns: columns).map { cell in
      String(String.UnicodeScalarView(cell.compactMap { Unicode.Scalar(UInt32($0)) }))
    }
    #expect(cells.map { Array($0.unicodeScalars) } == expected.map { Array($0.unicodeScalars) })
  }
}

@Suite struct ColorDepthTests {
  @Test(
    arguments: [
      (1, 1), (9, 1), (208, 1), (46, 2), (21, 4), (226, 3), (231, 7), (16, 0), (250, 7), (234, 0),
    ] as [(UInt8, Int)])
  func eightColours(index: UInt8, nearest: Int) {
    #expect(ColorDepth.eight.nearest(.indexed(index)) == nearest)
    #expect(ColorDepth.indexed256.nearest(.indexed(index)) == Int(index))
  }
}
