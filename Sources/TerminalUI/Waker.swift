import Glibc

/// Wakes the terminal's loop from any thread.
public final class Waker: Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  public init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "The system has no pipe left.")
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Makes the next wait for an event end; several calls before it count as one.
  public func wake() {
    var byte: UInt8 = 1
    // A full pipe wakes just as well.
    _ = write(writeEnd, &byte, 1)
  }

  /// Whether it was woken since the last call.
  func take() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 256)
    var woken = false
    while read(readEnd, &bytes, bytes.count) > 0 { woken = true }
    return woken
  }
}
