import Feedback
import Foundation
import Storage
import TestSupport
import Testing

@testable import Workstation

/// The trainer that the workstation keeps running.
@Suite struct TrainerKeeperTests {
  @Test func aTrainerIsStartedInASessionOfItsOwn() throws {
    let desk = try SessionDesk()
    let note = desk.fresh.directory.appendingPathComponent("note")
    let script =
      "ps -o sid=,ni=,pid= -p $$ >note.tmp; mv note.tmp '\(note.path)'; exec sleep 60"
    let process = try TrainerProcess(
      command: ["/bin/sh", "-c", "cd '\(desk.fresh.directory.path)'; \(script)"],
      directory: desk.fresh.directory)
    defer { kill(process.pid, SIGKILL) }
    try waitUntil("the note") { FileManager.default.fileExists(atPath: note.path) }
    let words = try String(contentsOf: note, encoding: .utf8).split(whereSeparator: \.isWhitespace)
      .map(String.init)
    #expect(words == ["\(process.pid)", "10", "\(process.pid)"])
    #expect(process.end() == nil)
    #expect(getsid(process.pid) == process.pid)
  }

  @Test func aTrainerThatKeepsFailingIsShown() throws {
    let desk = try SessionDesk()
    desk.open(trainer: ["/bin/sh", "-c", "echo 'model.gguf is not a GGUF file' >&2; exit 1"])
    let trouble = try desk.wait(for: "the trouble") {
      if case .trouble(let sentence?) = $0 { sentence } else { nil }
    }
    #expect(
      trouble
        == "The trainer ended with code 1. Model.gguf is not a GGUF file. It is started again.")
    desk.close()
  }

  @Test func aMissingTrainerIsShown() throws {
    let desk = try SessionDesk()
    desk.open(trainer: ["/nonexistent/apprentice"])
    let trouble = try desk.wait(for: "the trouble") {
      if case .trouble(let sentence?) = $0 { sentence } else { nil }
    }
    #expect(trouble.contains("/nonexistent/apprentice"))
    desk.close()
  }

  @Test func noTrainerIsStartedBesideAnother() throws {
    let desk = try SessionDesk()
    let lock = try TrainerLock.acquire(desk.fresh.directory)
    let keeper = TrainerKeeper(command: ["/bin/false"], directory: desk.fresh.directory)
    #expect(keeper.check() == nil)
    #expect(
      !FileManager.default.fileExists(
        atPath: desk.fresh.directory.appendingPathComponent("trainer.log").path))
    lock.release()
    #expect(keeper.check() == nil)
    #expect(
      FileManager.default.fileExists(
        atPath: desk.fresh.directory.appendingPathComponent("trainer.log").path))
  }
}
