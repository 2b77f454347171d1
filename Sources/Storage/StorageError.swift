import Foundation
import GRDB

/// Why the workspace could not do what was asked: one sentence that says what, where and what to do.
public struct StorageError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

extension StorageError {
  /// The sentence for any error met while working on the database at `path`.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as StorageError: self = error
    case let error as DatabaseError: self.init(error, path: path)
    default: self.init("\(path) could not be used: \(error)")
    }
  }

  private init(_ error: DatabaseError, path: String) {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self = .blocked(path)
    case .SQLITE_FULL:
      self = .diskFull(path)
    case .SQLITE_IOERR, .SQLITE_CANTOPEN:
      if diskIsFull(at: path) {
        self = .diskFull(path)
      } else if !isWritable(path) {
        self = .readOnly(path)
      } else {
        self.init("\(path) could not be read or written: \(error.message ?? "input/output error")")
      }
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self = .readOnly(path)
    case .SQLITE_NOTADB:
      self = .notADatabase(path)
    case .SQLITE_CORRUPT:
      self.init(
        "\(path) is damaged (\(error.message ?? "malformed")): restore it from a copy, or recover "
          + "what is left with “sqlite3 \(path) .recover”")
    default:
      self.init("\(path) could not be used: \(error.message ?? "SQLite error \(error.resultCode)")")
    }
  }

  static func blocked(_ path: String) -> StorageError {
    StorageError(
      "\(path) has been blocked by another program for more than \(Workspace.busySeconds) seconds: "
        + "close that program and try again")
  }

  static func diskFull(_ path: String) -> StorageError {
    StorageError(
      "the disk that holds \(path) is full: nothing was saved; free some space and try again")
  }

  static func readOnly(_ path: String) -> StorageError {
    StorageError(
      "\(path) cannot be written by this user: make it writable or choose another workspace")
  }

  static func notADatabase(_ path: String) -> StorageError {
    StorageError(
      "\(path) is not a database: move it away or choose another workspace")
  }
}

/// Whether this user may write the file, or the folder when there is no file yet.
func isWritable(_ path: String) -> Bool {
  let folder = (path as NSString).deletingLastPathComponent
  if access(folder, W_OK | X_OK) != 0 { return false }
  return access(path, F_OK) != 0 || access(path, W_OK) == 0
}

private func diskIsFull(at path: String) -> Bool {
  var information = statvfs()
  let folder = (path as NSString).deletingLastPathComponent
  return statvfs(folder, &information) == 0 && information.f_bavail == 0
}
