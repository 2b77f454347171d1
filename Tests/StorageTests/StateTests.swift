import Feedback
import Foundation
import TestSupport
import Testing

@testable import Storage

/// Jobs, presence, settings, the poll, the trainer's lock.
@Suite struct StateTests {
  @Test func aJobIsSeenFromBeginToEnd() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace(clock: { clock.now })
    let workspace = fresh.workspace
    let job = try workspace.beginJob(kind: "reward", detail: "3 rankings", attempt: 2)
    let begun = clock.now
    clock.advance(by: 5)
    try workspace.updateJob(job, progress: 0.5, remaining: 5)
    let running = try #require(try workspace.currentJobs().first)
    #expect(
      running
        == Job(
          id: job, kind: "reward", detail: "3 rankings", state: .running, progress: 0.5,
          remaining: 5, attempt: 2, started: begun, updated: clock.now))
    try workspace.endJob(job)
    #expect(try workspace.currentJobs().isEmpty)
    let other = try workspace.beginJob(kind: "policy", detail: "x")
    try workspace.endJob(other, error: "the loss is not a number")
    let abandoned = try workspace.beginJob(kind: "generate", detail: "y")
    try workspace.endAbandonedJobs()
    let jobs = try workspace.recentJobs()
    #expect(jobs.map(\.id) == [abandoned, other, job])
    #expect(jobs.map(\.state) == [.failed, .failed, .done])
    #expect(jobs[1].error == "the loss is not a number")
    #expect(jobs[2].progress == 1 && jobs[2].error == nil)
  }

  @Test func workstationsAreSeenWhileTheyAreOpen() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace(clock: { clock.now })
    let workspace = fresh.workspace
    try workspace.heartbeat(session: "a", labeler: "ann", pid: 11)
    clock.advance(by: 10)
    try workspace.heartbeat(session: "b", labeler: "bob", pid: 12, isWaiting: true)
    #expect(try workspace.activeWorkstations(within: 60).map(\.labeler) == ["ann", "bob"])
    #expect(try workspace.activeWorkstations(within: 5).map(\.pid) == [12])
    try workspace.heartbeat(session: "a", labeler: "ann", pid: 11, isWaiting: true)
    let active = try workspace.activeWorkstations(within: 5)
    #expect(active.map(\.isWaiting) == [true, true])
    #expect(active[0].started == active[0].heartbeat - 10)
    try workspace.leave(session: "b")
    #expect(try workspace.activeWorkstations(within: 60).map(\.session) == ["a"])
  }

  @Test func settingsAreKept() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.set("keys", to: "{}")
    try fresh.workspace.set("keys", to: "[]")
    #expect(try fresh.workspace.setting("keys") == "[]")
    try fresh.workspace.set("keys", to: nil)
    #expect(try fresh.workspace.setting("keys") == nil)
  }

  @Test func thePollSeesEveryProcessesChanges() throws {
    let fresh = try FreshWorkspace()
    let other = try Workspace.open(fresh.directory)
    defer { other.close() }
    let first = try fresh.workspace.dataVersion()
    #expect(try fresh.workspace.dataVersion() == first)
    try other.set("a", to: "1")
    let second = try fresh.workspace.dataVersion()
    #expect(second != first)
    try fresh.workspace.set("a", to: "2")
    #expect(try fresh.workspace.dataVersion() != second)
  }

  @Test func oneTrainerAtATime() throws {
    let folder = try TemporaryFolder()
    #expect(TrainerLock.holder(folder.url) == nil)
    let lock = try TrainerLock.acquire(folder.url)
    #expect(TrainerLock.holder(folder.url) == getpid())
    let message = sentence { _ = try TrainerLock.acquire(folder.url) }
    #expect(message.contains("already has a trainer: process \(getpid())"), "\(message)")
    lock.release()
    #expect(TrainerLock.holder(folder.url) == nil)
    try TrainerLock.acquire(folder.url).release()
  }

  @Test func aKilledTrainersLockIsFree() async throws {
    let folder = try TemporaryFolder()
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.url.path as String] in
      let lock = try TrainerLock.acquire(URL(fileURLWithPath: path))
      try withExtendedLifetime(lock) { try #require(kill(getpid(), SIGKILL) == 0) }
    }
    #expect(TrainerLock.holder(folder.url) == nil)
    let lock = try TrainerLock.acquire(folder.url)
    #expect(TrainerLock.holder(folder.url) == getpid())
    lock.release()
  }
}
