import Testing

@testable import TerminalUI

@Suite struct WrappedTextTests {
  private func wrap(_ text: String, _ width: Int) -> [String] {
    WrappedText(text, width: width).lines.map(\.text)
  }

  @Test func wordsMoveDownWhole() {
    #expect(wrap("the quick brown fox", 10) == ["the quick", "brown fox"])
    #expect(wrap("exactly ten", 7) == ["exactly", "ten"])
  }

  @Test func emptyTextIsOneRow() {
    #expect(wrap("", 10) == [""])
    #expect(wrap("a\n\nb\n", 10) == ["a", "", "b", ""])
  }

  @Test func longWordsAreBroken() {
    #expect(wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"])
    #expect(wrap("ab abcdefghij", 4) == ["ab", "abcd", "efgh", "ij"])
  }

  @Test func aHyphenInAWordIsABreak() {
    #expect(wrap("well-known-word", 11) == ["well-known-", "word"])
    #expect(wrap("about -5", 7) == ["about", "-5"])
  }

  @Test func ideographsBreakAnywhereButNotBeforeClosingMarks() {
    #expect(wrap("日本語文章", 4) == ["日本", "語文", "章"])
    #expect(wrap("日本語。文", 6) == ["日本", "語。文"])
    #expect(wrap("日本「語」", 6) == ["日本", "「語」"])
    #expect(wrap("한국어 문장", 6) == ["한국어", "문장"])
  }

  @Test func tabsGoToTheNextStop() {
    #expect(wrap("a\tb", 10) == ["a   b"])
    #expect(wrap("\tb", 10) == ["    b"])
  }

  @Test func aGraphemeWiderThanTheRowStillTakesOne() {
    #expect(wrap("日本", 1) == ["日", "本"])
    #expect(wrap("ab", 0) == ["a", "b"])
  }

  @Test func spacesHangOverTheEdge() {
    #expect(wrap("abc      def", 4) == ["abc", "def"])
    #expect(wrap("abc      ", 4) == ["abc      "])
  }

  @Test func rangesCoverTheTextWithoutItsNewlines() {
    let text = "one two\nthree  日本語 👨‍👩‍👧x\n\n\u{1B}end"
    let characters = Array(text)
    for width in 1...20 {
      let wrapped = WrappedText(text, width: width)
      var position = 0
      for line in wrapped.lines {
        #expect(line.range.lowerBound == position)
        position = line.range.upperBound
        if line.endsParagraph, position < characters.count {
          #expect(characters[position] == "\n")
          position += 1
        }
        #expect(TextWidth.columns(line.text) <= max(width, 2) || line.endsParagraph)
      }
      #expect(position == characters.count)
      #expect(WrappedText.height(of: text, width: width) == wrapped.lines.count)
    }
  }

  @Test func controlCharactersAreMadeVisible() {
    #expect(wrap("a\u{1B}b\r\nc", 10) == ["a␛b", "c"])
  }
}
