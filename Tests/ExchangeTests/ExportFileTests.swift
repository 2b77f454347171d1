import Foundation
import TestSupport
import Testing

@testable import Exchange

@Suite struct ExportFileTests {
  @Test func theFileIsThereWhenItIsFinished() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("out.jsonl").path
    let file = try ExportFile(path: path)
    let line = String(repeating: "x", count: 1000)
    for _ in 0..<200 { try file.append(line) }
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.finish()
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == String(repeating: line + "\n", count: 200))
  }

  @Test func anUnfinishedFileLeavesWhatWasThere() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("out.jsonl").path
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    do {
      let file = try ExportFile(path: path)
      try file.append("new")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["out.jsonl"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
  }

  @Test func aDeviceIsWrittenInto() throws {
    let file = try ExportFile(path: "/dev/null")
    try file.append("gone")
    try file.finish()
    var status = stat()
    #expect(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func aFolderAndAPlaceThatIsNotThereAreRefused() throws {
    #expect(
      sentence { _ = try ExportFile(path: "/tmp") } == "/tmp is a folder; name a file to write")
    #expect(
      sentence { _ = try ExportFile(path: "/nowhere/out.jsonl") }
        == "/nowhere/out.jsonl cannot be written: No such file or directory")
  }
}
