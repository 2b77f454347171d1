import Foundation

/// A file written piece by piece that is there whole or not at all: under a temporary name beside it
/// until it is finished and on the disk. What is no plain file, such as a pipe, is written straight
/// into.
public final class ExportFile {
  private let path: String
  private let temporary: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16

  /// - Throws: a sentence when the file cannot be made.
  public init(path: String) throws(ExchangeError) {
    var status = stat()
    let isPlain = stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    let isFolder = !isPlain && status.st_mode & S_IFMT == S_IFDIR
    guard !isFolder else { throw ExchangeError("\(path) is a folder; name a file to write") }
    self.path = path
    temporary = isPlain ? "\(path).\(getpid()).new" : nil
    descriptor =
      if let temporary {
        open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      } else {
        open(path, O_WRONLY | O_CLOEXEC)
      }
    guard descriptor >= 0 else { throw failure() }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if let temporary { unlink(temporary) }
  }

  /// Adds a line, and the break after it.
  public func append(_ line: String) throws(ExchangeError) {
    buffer += line.utf8
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Adds bytes as they are.
  public func append(_ bytes: [UInt8]) throws(ExchangeError) {
    buffer += bytes
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Gives the file its name, once its contents are on the disk.
  public func finish() throws(ExchangeError) {
    try flush()
    if let temporary {
      guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure() }
    }
    close(descriptor)
    descriptor = -1
  }

  private func flush() throws(ExchangeError) {
    var offset = 0
    while offset < buffer.count {
      let written = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress! + offset, $0.count - offset)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      offset += written
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func failure() -> ExchangeError {
    ExchangeError("\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}
