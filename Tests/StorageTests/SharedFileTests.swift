import Foundation
import TestSupport
import Testing

@testable import Storage

/// A workspace that one process has open twice, beside other processes.
@Suite struct SharedFileTests {
  /// The locks of the first must outlive the second: without them another process that closes the
  /// database takes the write-ahead log away, and what is written then is seen by nobody.
  @Test func aSecondWorkspaceInOneProcessKeepsTheLocks() async throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.set("first", to: "1")
    let second = try Workspace.open(fresh.directory)
    try second.set("second", to: "2")
    second.close()
    let path = fresh.directory.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let workspace = try Workspace.open(URL(fileURLWithPath: path))
      try #require(try workspace.setting("second") == "2")
      workspace.close()
    }
    try fresh.workspace.set("third", to: "3")
    await #expect(processExitsWith: .success) { [path = path as String] in
      let workspace = try Workspace.open(URL(fileURLWithPath: path))
      try #require(try workspace.setting("third") == "3")
      workspace.close()
    }
  }
}
