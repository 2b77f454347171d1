import Foundation

/// Says on standard error what is being measured, when a person is watching.
final class BenchProgress {
  private let isWatched = isatty(FileHandle.standardError.fileDescriptor) == 1
  private var width = 0

  /// Puts a text in place of the last one.
  func say(_ text: String) {
    guard isWatched else { return }
    let padding = String(repeating: " ", count: max(0, width - text.count))
    FileHandle.standardError.write(Data("\r\(text)\(padding)".utf8))
    width = text.count
  }

  /// Leaves an empty line.
  func clear() {
    say("")
    say("")
  }
}
