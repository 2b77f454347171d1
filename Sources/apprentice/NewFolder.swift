import Foundation

/// A folder that a command will make, whole or not at all.
struct NewFolder {
  let url: URL

  /// - Throws: when there is something of that name, or the folder could not be made there: before
  ///   anything is computed.
  init(path: String) throws {
    url = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
    var status = stat()
    guard lstat(url.path, &status) != 0 else {
      throw CommandError("\(path) is already there; name a folder that does not exist.")
    }
    var ancestor = url.deletingLastPathComponent()
    while lstat(ancestor.path, &status) != 0, ancestor.path != "/" {
      ancestor.deleteLastPathComponent()
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: ancestor.path, isDirectory: &isFolder),
      isFolder.boolValue, access(ancestor.path, W_OK | X_OK) == 0
    else {
      throw CommandError("\(path) cannot be made: \(ancestor.path) is no folder you may write in.")
    }
  }

  /// Fills a folder beside the final one, then gives it its name. An interrupt waits until that is
  /// done; an error leaves nothing behind.
  func write(_ fill: (URL) throws -> Void) throws {
    let interrupts = Interrupts {}
    defer { interrupts.cancel() }
    let parent = url.deletingLastPathComponent()
    let temporary = parent.appendingPathComponent(
      ".\(url.lastPathComponent).\(getpid()).new", isDirectory: true)
    let manager = FileManager.default
    do {
      try manager.createDirectory(
        at: temporary, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandError("\(url.path) cannot be made: check that you may write there.")
    }
    do {
      try fill(temporary)
      guard rename(temporary.path, url.path) == 0 else {
        throw CommandError("\(url.path) cannot be made: \(String(cString: strerror(errno))).")
      }
    } catch {
      try? manager.removeItem(at: temporary)
      throw error
    }
    let folder = open(parent.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
