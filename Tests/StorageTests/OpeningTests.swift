import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// What opening makes, and everything it refuses.
@Suite struct OpeningTests {
  private func mode(_ url: URL) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
    return attributes[.posixPermissions] as? Int ?? -1
  }

  /// A closed workspace, the bytes of its database changed.
  private func closedWorkspace(_ change: (inout Data) -> Void) throws -> (TemporaryFolder, URL) {
    let folder = try TemporaryFolder()
    let directory = folder.url.appendingPathComponent("w")
    try Workspace.open(directory).close()
    let database = directory.appendingPathComponent("apprentice.sqlite")
    var data = try Data(contentsOf: database)
    change(&data)
    try data.write(to: database)
    return (folder, directory)
  }

  private func everything(in directory: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
      files[name] = try? Data(contentsOf: directory.appendingPathComponent(name))
    }
    return files
  }

  /// Expects the open to fail with words of the sentence and to change no file.
  private func expectRefusal(
    of directory: URL, baseModel: BaseModel? = nil, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try everything(in: directory)
    let message = sentence { _ = try Workspace.open(directory, baseModel: baseModel) }
    for word in words {
      #expect(message.contains(word), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(try everything(in: directory) == before, sourceLocation: sourceLocation)
  }

  @Test func makesAPrivateFolder() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.addPrompts([NewPrompt(text: "Hello?")])
    #expect(try mode(fresh.directory) == 0o700)
    for name in ["apprentice.sqlite", "apprentice.sqlite-wal", "apprentice.sqlite-shm"] {
      #expect(try mode(fresh.directory.appendingPathComponent(name)) == 0o600, "\(name)")
    }
    for name in ["adapters", "exports"] {
      #expect(try mode(fresh.directory.appendingPathComponent(name)) == 0o700)
    }
  }

  /// The change to write-ahead logging, for which SQLite itself does not wait.
  @Test func awaitsOneWhoWritesWhileTheJournalChanges() throws {
    let (folder, directory) = try closedWorkspace { _ in }
    defer { withExtendedLifetime(folder) {} }
    let path = directory.appendingPathComponent("apprentice.sqlite").path
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE")
    }
    let isDone = Mutex(false)
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.3)
      isDone.withLock { $0 = true }
      try? other.close()
    }
    try Workspace.open(directory).close()
    #expect(isDone.withLock { $0 })
  }

  @Test func commitsReachTheDisk() throws {
    let fresh = try FreshWorkspace()
    #expect(try fresh.workspace.synchronousLevel() == 2)
    try fresh.workspace.record(metric: "loss", value: 1)
    #expect(try fresh.workspace.synchronousLevel() == 2)
  }

  @Test func openingAgainKeepsEverything() throws {
    let fresh = try FreshWorkspace(prompts: [NewPrompt(text: "Hello?")])
    let again = try Workspace.open(fresh.directory)
    defer { again.close() }
    #expect(try again.promptCount() == 1)
  }

  @Test func severalOpenANewWorkspaceAtOnce() async throws {
    let folder = try TemporaryFolder()
    let directory = folder.url.appendingPathComponent("w")
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<6 {
        group.addTask {
          let workspace = try Workspace.open(directory)
          defer { workspace.close() }
          return try workspace.addPrompts([NewPrompt(key: "p\(index)", text: "Hello?")])
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(counts == 6)
    let workspace = try Workspace.open(directory)
    defer { workspace.close() }
    #expect(try workspace.promptCount() == 6)
  }

  @Test func refusesAnotherProgramsDatabase() throws {
    let (folder, directory) = try closedWorkspace {
      $0.replaceSubrange(68..<72, with: [0, 0, 0, 7])
    }
    try withExtendedLifetime(folder) {
      try expectRefusal(of: directory, "another program's database", "choose another workspace")
    }
  }

  @Test func refusesWhatIsNoDatabase() throws {
    let (folder, directory) = try closedWorkspace { $0 = Data("name,age\nann,7\n".utf8) }
    try withExtendedLifetime(folder) {
      try expectRefusal(of: directory, "is not a database")
    }
  }

  @Test func tellsOfADamagedDatabase() throws {
    let (folder, directory) = try closedWorkspace { data in
      data.replaceSubrange(100..<4096, with: [UInt8](repeating: 0xAB, count: 3996))
    }
    try withExtendedLifetime(folder) {
      try expectRefusal(of: directory, "is damaged", ".recover")
    }
  }

  @Test func bringsAnOlderWorkspaceUpToDate() throws {
    let folder = try TemporaryFolder()
    let directory = folder.url.appendingPathComponent("w")
    let workspace = try Workspace.open(directory)
    try workspace.addPrompts([NewPrompt(key: "moon", text: "Explain the moon.")])
    workspace.close()
    let queue = try DatabaseQueue(
      path: directory.appendingPathComponent("apprentice.sqlite").path)
    try queue.write { db in
      try db.execute(
        sql: """
          DROP INDEX prompts_words;
          DELETE FROM grdb_migrations WHERE identifier = '2';
          PRAGMA user_version = 1;
          """)
    }
    try queue.close()
    let reopened = try Workspace.open(directory)
    defer { reopened.close() }
    #expect(try reopened.read(Schema.formatVersion) == Schema.latestVersion)
    let indexes = try reopened.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM pragma_index_list('prompts')")
    }
    #expect(indexes.contains("prompts_words"))
    #expect(try reopened.addPrompts([NewPrompt(text: "Explain the moon.")]) == 0)
  }

  @Test func refusesANewerVersionAndTellsBoth() throws {
    let (folder, directory) = try closedWorkspace {
      $0.replaceSubrange(60..<64, with: [0, 0, 0, 9])
    }
    try withExtendedLifetime(folder) {
      try expectRefusal(
        of: directory, "newer version", "format 9", "up to format \(Schema.latestVersion)")
    }
  }

  @Test func refusesAnotherBaseModel() throws {
    let folder = try TemporaryFolder()
    let first = BaseModel(sha256: "aaaa1111", name: "small.gguf")
    let directory = folder.url.appendingPathComponent("w")
    try Workspace.open(directory, baseModel: first).close()
    try expectRefusal(
      of: directory, baseModel: BaseModel(sha256: "bbbb2222", name: "large.gguf"),
      "small.gguf", "large.gguf", "--model")
    let renamed = try Workspace.open(
      directory, baseModel: BaseModel(sha256: "aaaa1111", name: "renamed.gguf"))
    defer { renamed.close() }
    #expect(try renamed.baseModel() == first)
  }

  @Test func firstOpenWithAModelFixesIt() throws {
    let folder = try TemporaryFolder()
    let directory = folder.url.appendingPathComponent("w")
    try Workspace.open(directory).close()
    try Workspace.open(directory, baseModel: BaseModel(sha256: "aaaa", name: "a")).close()
    try expectRefusal(of: directory, baseModel: BaseModel(sha256: "bbbb", name: "b"), "teaches")
  }

  @Test func refusesAMissingParent() throws {
    let folder = try TemporaryFolder()
    let message = sentence {
      _ = try Workspace.open(folder.url.appendingPathComponent("no/such/place"))
    }
    #expect(message.contains("there is no folder"))
    #expect(try everything(in: folder.url).isEmpty)
  }

  @Test func refusesAFileInPlaceOfAFolder() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("w")
    try Data("hello".utf8).write(to: file)
    #expect(sentence { _ = try Workspace.open(file) }.contains("is a file"))
    #expect(try Data(contentsOf: file) == Data("hello".utf8))
  }

  @Test func refusesAReadOnlyFolder() async throws {
    // Root may write anywhere, so the child becomes another user.
    await #expect(processExitsWith: .success) {
      if geteuid() == 0 { try #require(setuid(65_534) == 0) }
      let folder = try TemporaryFolder()
      let directory = folder.url.appendingPathComponent("w")
      try #require(mkdir(directory.path, 0o555) == 0)
      let message = sentence { _ = try Workspace.open(directory) }
      #expect(message.contains("cannot be written by this user"), "\(message)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
      let inside = sentence { _ = try Workspace.open(directory.appendingPathComponent("x")) }
      #expect(inside.contains("cannot be written by this user"), "\(inside)")
    }
  }

  @Test func refusesAReadOnlyDatabase() async throws {
    await #expect(processExitsWith: .success) {
      if geteuid() == 0 { try #require(setuid(65_534) == 0) }
      let folder = try TemporaryFolder()
      let directory = folder.url.appendingPathComponent("w")
      try Workspace.open(directory).close()
      try #require(chmod(Workspace.databasePath(in: directory), 0o444) == 0)
      let message = sentence { _ = try Workspace.open(directory) }
      #expect(message.contains("cannot be written by this user"), "\(message)")
    }
  }
}
