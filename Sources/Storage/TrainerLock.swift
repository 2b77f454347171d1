import Foundation
import Synchronization

/// The right to be a workspace's trainer: one process has it at a time, until it closes it or ends.
public final class TrainerLock: Sendable {
  /// The open lock file; -1 once closed.
  private let file: Mutex<Int32>

  private init(file: Int32) {
    self.file = Mutex(file)
  }

  deinit {
    release()
  }

  /// Takes the lock of the workspace in a folder.
  ///
  /// - Throws: a sentence that names the process that has it.
  public static func acquire(_ directory: URL) throws(StorageError) -> TrainerLock {
    let path = Self.path(directory)
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StorageError("\(path) could not be opened: \(String(cString: strerror(errno)))")
    }
    // `holder` takes a shared lock for an instant to see whether it is free.
    var attempts = 25
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      attempts -= 1
      guard errno == EWOULDBLOCK || errno == EINTR, attempts > 0 else {
        let holder = writtenPID(file).map { "process \($0)" } ?? "another process"
        close(file)
        throw StorageError(
          "\(directory.path) already has a trainer: \(holder) holds its lock; stop it first")
      }
      usleep(4000)
    }
    let pid = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, pid, pid.count, 0) == pid.count else {
      close(file)
      throw StorageError("\(path) could not be written: \(String(cString: strerror(errno)))")
    }
    return TrainerLock(file: file)
  }

  /// The process that is the workspace's trainer; nil when there is none.
  public static func holder(_ directory: URL) -> Int32? {
    let file = open(path(directory), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    if flock(file, LOCK_SH | LOCK_NB) == 0 { return nil }
    return writtenPID(file) ?? 0
  }

  /// Gives the lock back.
  public func release() {
    file.withLock { file in
      if file >= 0 { close(file) }
      file = -1
    }
  }

  private static func path(_ directory: URL) -> String {
    directory.appendingPathComponent("trainer.lock").path
  }

  private static func writtenPID(_ file: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count], as: UTF8.self).prefix(while: \.isNumber))
  }
}
