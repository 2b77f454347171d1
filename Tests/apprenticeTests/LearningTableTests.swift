import Foundation
import Testing

/// A small version of the table in docs/LEARNING.md, on the real model.
@Suite struct LearningTableTests {
  @Test func aFewLabelsTeachBrevityAndThePolicyStillWritesEnglish() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "scripts/learning-table", "--small"]
    process.currentDirectoryURL = root
    process.environment = ProcessInfo.processInfo.environment.merging([
      "APPRENTICE_PROGRAM": Program.url.path
    ]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    let row = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let before = try #require(row["before"] as? Double)
    let after = try #require(row["after"] as? Double)
    #expect(after > before + 0.1, "\(text)")
  }
}
