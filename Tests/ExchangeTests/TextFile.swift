import Foundation
import TestSupport

@testable import Exchange

/// A temporary file with a text, gone when the value is.
final class TextFile: Sendable {
  let path: String
  private let folder: TemporaryFolder

  convenience init(_ text: String, name: String = "data.jsonl") throws {
    try self.init(bytes: Array(text.utf8), name: name)
  }

  init(bytes: [UInt8], name: String = "data.jsonl") throws {
    folder = try TemporaryFolder()
    let url = folder.url.appendingPathComponent(name)
    try Data(bytes).write(to: url)
    path = url.path
  }
}

/// The sentence of the error that a body throws; nil when it throws none.
func sentence(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
