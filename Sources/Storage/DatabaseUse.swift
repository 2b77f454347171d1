import Foundation
import Synchronization

/// One use of a database file by this process, from before SQLite opens it until it has closed it.
///
/// SQLite's locks are the process's: closing any other descriptor of the file gives them up, and
/// another process may then delete the write-ahead log from under our connections. So a file that
/// is in use is not looked at again.
final class DatabaseUse: Sendable {
  private static let counts = Mutex<[String: Int]>([:])
  private let path: Mutex<String?>

  /// Looks at the file unless this process uses it already, and counts the use.
  ///
  /// - Parameter look: opens and closes the file; nothing is counted when it throws.
  init(path: String, look: () throws -> Void) throws {
    let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    self.path = Mutex(path)
    try Self.counts.withLock { counts in
      if counts[path, default: 0] == 0 { try look() }
      counts[path, default: 0] += 1
    }
  }

  deinit {
    end()
  }

  /// Says that SQLite has closed the file.
  func end() {
    path.withLock { path in
      guard let ended = path else { return }
      path = nil
      Self.counts.withLock { counts in
        counts[ended, default: 1] -= 1
        if counts[ended] == 0 { counts[ended] = nil }
      }
    }
  }
}
