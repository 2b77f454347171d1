import Foundation
import Testing

/// Compares text with the file of that name in `__Snapshots__` beside the test.
///
/// A missing file is written and fails the test, so that nothing passes unseen; delete a file to
/// take a new one.
public func assertSnapshot(
  _ text: String, named name: String, filePath: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = URL(filePath: filePath).deletingLastPathComponent()
    .appending(path: "__Snapshots__").appending(path: name + ".txt")
  do {
    guard FileManager.default.fileExists(atPath: file.path) else {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      Issue.record(
        "There was no snapshot \(name); it is written now, look at it: \(file.path)",
        sourceLocation: sourceLocation)
      return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    if text != expected {
      Issue.record(
        "The screen is not the snapshot \(name).\n\(difference(expected, text))",
        sourceLocation: sourceLocation)
    }
  } catch {
    Issue.record(error, "Snapshot \(name)", sourceLocation: sourceLocation)
  }
}

/// Both texts row by row: `-` expected, `+` found.
private func difference(_ expected: String, _ found: String) -> String {
  let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let new = found.split(separator: "\n", omittingEmptySubsequences: false)
  return (0..<max(old.count, new.count)).flatMap { row -> [String] in
    let before = row < old.count ? old[row] : nil
    let after = row < new.count ? new[row] : nil
    if before == after { return ["  \(before ?? "")"] }
    return [before.map { "- \($0)" }, after.map { "+ \($0)" }].compactMap(\.self)
  }.joined(separator: "\n")
}
