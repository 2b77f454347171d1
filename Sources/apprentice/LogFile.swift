import Foundation
import Logging

/// The trainer's log: `trainer.log` in the workspace, never the screen.
enum LogFile {
  /// Past this size the log is kept as `trainer.log.1` and begun anew.
  private static let limit = 4 << 20

  static func logger(for workspace: URL) throws -> Logger {
    let file = workspace.appendingPathComponent("trainer.log")
    let manager = FileManager.default
    if let size = try? manager.attributesOfItem(atPath: file.path)[.size] as? Int, size > limit {
      let old = workspace.appendingPathComponent("trainer.log.1")
      try? manager.removeItem(at: old)
      try? manager.moveItem(at: file, to: old)
    }
    if !manager.fileExists(atPath: file.path) {
      _ = manager.createFile(
        atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    return Logger(label: "trainer") { _ in FileLogHandler(handle: handle) }
  }
}

/// One line per event: time, level, message, metadata.
private struct FileLogHandler: LogHandler {
  let handle: FileHandle
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }
      .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let line = "\(Date().ISO8601Format()) \(event.level) \(event.message)\(fields)\n"
    try? handle.write(contentsOf: Data(line.utf8))
  }
}
