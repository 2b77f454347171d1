import Testing

@testable import Exchange

@Suite struct TextLinesTests {
  func read(_ bytes: [UInt8]) throws -> [String] {
    let file = try TextFile(bytes: bytes)
    let lines = try TextLines(path: file.path)
    var texts: [String] = []
    while let line = try lines.next() {
      #expect(line.place == Place(file: file.path, line: texts.count + 1))
      texts.append(line.value)
    }
    return texts
  }

  @Test func linesEndWithOrWithoutCarriageReturn() throws {
    #expect(try read(Array("one\r\ntwo\n\nfour".utf8)) == ["one", "two", "", "four"])
  }

  @Test func aByteOrderMarkIsLeftOut() throws {
    #expect(try read([0xEF, 0xBB, 0xBF] + Array("{}\n".utf8)) == ["{}"])
  }

  @Test func anEmptyFileHasNoLine() throws {
    #expect(try read([]) == [])
  }

  @Test func aNulByteStaysInItsLine() throws {
    #expect(try read([0x61, 0x00, 0x62, 0x0A, 0x63]) == ["a\0b", "c"])
  }

  @Test(arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefusedWithTheirLine(bytes: [UInt8]) throws {
    let file = try TextFile(bytes: Array("fine\n".utf8) + bytes + [0x0A])
    let lines = try TextLines(path: file.path)
    #expect(try lines.next()?.value == "fine")
    #expect(
      sentence { _ = try lines.next() }
        == "\(file.path):2: is not UTF-8 text; save the file as UTF-8")
  }

  @Test func aFileThatIsNotThereIsNamed() {
    #expect(
      sentence { _ = try TextLines(path: "/nowhere/data.jsonl") }
        == "/nowhere/data.jsonl cannot be read: No such file or directory")
  }

  @Test func aFolderIsNoFile() throws {
    let lines = try TextLines(path: "/tmp")
    #expect(sentence { _ = try lines.next() } == "/tmp cannot be read: Is a directory")
  }
}

@Suite struct PrintableTests {
  @Test func whatWouldControlATerminalIsWrittenOut() {
    #expect(printable("a\u{1B}[31mb") == "a\\u{1b}[31mb")
    #expect(printable("a\u{9B}b\u{7F}\u{202E}c") == "a\\u{9b}b\\u{7f}\\u{202e}c")
    #expect(printable("line\nbreak") == "line\\u{a}break")
    #expect(printable("naïve 日本語 👩‍🚀") == "naïve 日本語 👩‍🚀")
  }

  @Test func longTextIsCut() {
    #expect(printable("abcdef", limit: 3) == "abc…")
    #expect(printable("abc", limit: 3) == "abc")
  }

  @Test func linesAndTabsStay() {
    #expect(printableLines("a\tb\n\nc\u{7}") == "a\tb\n\nc\\u{7}")
  }
}
