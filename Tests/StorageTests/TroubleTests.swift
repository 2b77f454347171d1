import Foundation
import TestSupport
import Testing

@testable import Storage

/// Trouble met after opening: each gives one sentence, and nothing is half done.
@Suite struct TroubleTests {
  @Test func aBlockedDatabaseIsToldAfterFiveSeconds() throws {
    let fresh = try FreshWorkspace()
    let other = try Workspace.open(fresh.directory)
    defer { other.close() }
    let start = ContinuousClock.now
    let message = try other.write { _ in
      sentence { try fresh.workspace.addPrompts([NewPrompt(text: "Hello?")]) }
    }
    #expect(message.contains("blocked by another program for more than 5 seconds"), "\(message)")
    #expect(ContinuousClock.now - start > .seconds(4))
    #expect(try fresh.workspace.promptCount() == 0)
    #expect(try fresh.workspace.addPrompts([NewPrompt(text: "Hello?")]) == 1)
  }

  @Test func aFullDiskIsToldAndChangesNothing() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    try workspace.limitSize(pages: 1)
    let long = String(repeating: "many words ", count: 20_000)
    let message = sentence { try workspace.rank(slate, demonstration: long) }
    #expect(message.contains("is full"), "\(message)")
    #expect(message.contains("free some space"))
    #expect(try workspace.labels().isEmpty)
    #expect(try workspace.status(ofSlate: slate.id) == .ready)
    try workspace.limitSize(pages: 1_000_000)
    #expect(try workspace.rank(slate, demonstration: long).count == 2)
    let problems = try workspace.integrityProblems()
    #expect(problems == [])
  }

  @Test func labelsCannotBeChangedOrDeleted() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let label = try workspace.rank(workspace.makeSlate(), demonstration: "Hi.")[0]
    for change in [
      "DELETE FROM labels", "UPDATE labels SET duration = 0",
      "UPDATE labels SET retracted_at = 1, retracted_by = 1, kind = 'skip'",
      "DELETE FROM ranking_entries", "UPDATE ranking_entries SET tier = 1",
      "DELETE FROM demonstrations", "UPDATE demonstrations SET text = ''",
    ] {
      let message = sentence { try workspace.write { db in try db.execute(sql: change) } }
      #expect(message.contains("append-only"), "\(change): \(message)")
    }
    #expect(try workspace.labels().first?.id == label)
  }

  @Test func closedWorkspacesSaySo() throws {
    let fresh = try FreshWorkspace()
    fresh.workspace.close()
    let message = sentence { _ = try fresh.workspace.promptCount() }
    #expect(message.contains(fresh.workspace.databasePath))
  }
}
