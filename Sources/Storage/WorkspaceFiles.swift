import Foundation

/// The folder and the database file, before SQLite touches them.
enum WorkspaceFiles {
  /// Marks the database as ours, at byte 68 of its header: “Appr”.
  static let applicationID: Int32 = 0x4170_7072

  /// What `prepare` had to make, to be taken away again when opening fails.
  struct Made {
    var directory: String?
    var file: String?
  }

  /// Makes the folder (0700) and an empty database file (0600) when they are missing, and refuses
  /// what is not ours.
  static func prepare(_ directory: URL, path: String) throws(StorageError) -> Made {
    var made = Made()
    if try prepareFolder(directory) { made.directory = directory.path }
    if access(path, F_OK) != 0 {
      let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
      guard file >= 0 else {
        let error = systemError(path)
        remove(made)
        throw error
      }
      close(file)
      made.file = path
    } else {
      try checkHeader(path)
      // SQLite gives its -wal and -shm files the mode of the database.
      if geteuid() == owner(of: path) { chmod(path, 0o600) }
    }
    return made
  }

  /// Whether the folder had to be made.
  private static func prepareFolder(_ directory: URL) throws(StorageError) -> Bool {
    let path = directory.path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw StorageError("\(path) is a file: a workspace is a folder; choose another name")
      }
      guard access(path, W_OK | X_OK) == 0 else { throw .readOnly(path) }
      return false
    }
    let parent = directory.deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: parent) else {
      throw StorageError(
        "the workspace \(path) cannot be made because there is no folder \(parent): make it first")
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw systemError(path) }
    return true
  }

  /// Makes `adapters/` and `exports/` (0700) when they are missing.
  static func prepareSubfolders(of directory: URL) throws(StorageError) {
    for name in ["adapters", "exports"] {
      let path = directory.appendingPathComponent(name).path
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw systemError(path) }
    }
  }

  /// Refuses a file that is no SQLite database, another program's, or a newer version's. An empty
  /// file is a database that was never begun.
  private static func checkHeader(_ path: String) throws(StorageError) {
    guard isWritable(path) else { throw .readOnly(path) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw systemError(path) }
    defer { close(file) }
    var header = [UInt8](repeating: 0, count: 100)
    let count = pread(file, &header, header.count, 0)
    if count == 0 { return }
    guard count == header.count, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw .notADatabase(path)
    }
    func integer(at offset: Int) -> Int32 {
      Int32(bitPattern: header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    guard integer(at: 68) == applicationID else {
      throw StorageError(
        "\(path) is another program's database: move it away or choose another workspace")
    }
    try check(formatVersion: Int(integer(at: 60)), path: path)
  }

  /// Refuses a format that a later program has written.
  static func check(formatVersion: Int, path: String) throws(StorageError) {
    guard formatVersion <= Schema.latestVersion else {
      throw StorageError(
        "\(path) was written by a newer version of this program (format \(formatVersion); this "
          + "one knows up to format \(Schema.latestVersion)): install the newer version")
    }
  }

  /// Takes away what `prepare` made, with the files SQLite put beside it.
  static func remove(_ made: Made) {
    if let file = made.file {
      for suffix in ["", "-wal", "-shm", "-journal"] { unlink(file + suffix) }
    }
    if let directory = made.directory { rmdir(directory) }
  }

  private static func owner(of path: String) -> uid_t? {
    var information = stat()
    return stat(path, &information) == 0 ? information.st_uid : nil
  }

  private static func systemError(_ path: String) -> StorageError {
    switch errno {
    case ENOSPC, EDQUOT: .diskFull(path)
    case EACCES, EPERM, EROFS: .readOnly(path)
    default: StorageError("\(path) could not be made: \(String(cString: strerror(errno)))")
    }
  }
}
