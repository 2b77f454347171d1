import Foundation

/// Whole files in and out.
enum FileBytes {
  /// The bytes of a file, mapped where that is possible.
  static func read(_ path: String) throws(ExchangeError) -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ExchangeError("\(path): there is no such file")
    }
    guard !isFolder.boolValue else { throw ExchangeError("\(path): is a folder, not a file") }
    do {
      return try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
    } catch {
      throw ExchangeError("\(path): cannot be read; check that you may read it")
    }
  }

  /// Writes a file so that it is there whole or not at all, whatever happens meanwhile: to a
  /// temporary name beside it, to the disk, then renamed. Only the user may read it.
  static func write(_ data: Data, to path: String) throws(ExchangeError) {
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    var isDone = false
    defer {
      if !isDone { unlink(temporary) }
    }
    do {
      defer { close(descriptor) }
      var offset = 0
      while offset < data.count {
        let written = data.withUnsafeBytes { bytes in
          Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure(path) }
        offset += written
      }
      guard fsync(descriptor) == 0 else { throw failure(path) }
    }
    guard rename(temporary, path) == 0 else { throw failure(path) }
    isDone = true
    try synchronize(folder: (path as NSString).deletingLastPathComponent)
  }

  /// Puts the names in a folder on the disk.
  private static func synchronize(folder: String) throws(ExchangeError) {
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(folder) }
  }

  /// Makes a folder, and those above it, for the user alone.
  static func makeFolder(_ path: String) throws(ExchangeError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw ExchangeError("\(path): the folder cannot be made; check that you may write there")
    }
  }

  private static func failure(_ path: String) -> ExchangeError {
    let reason = String(cString: strerror(errno))
    return ExchangeError("\(path): cannot be written (\(reason))")
  }
}
