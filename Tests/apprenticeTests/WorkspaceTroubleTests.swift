import Foundation
import TerminalUI
import TestSupport
import Testing

@testable import Storage

/// Workspaces and terminals that the program cannot work with: one sentence, exit 1.
@Suite struct WorkspaceTroubleTests {
  let bench: Bench

  init() throws {
    bench = try Bench()
  }

  private func expectRefusal(
    _ outcome: Program.Outcome, saying words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == 1, sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test func noTerminal() throws {
    expectRefusal(try bench.run("--workspace", bench.path("w")), saying: "terminal")
  }

  @Test func anEmptyPool() throws {
    try bench.write("one.txt", "Hello?\n")
    #expect(try bench.run("prompts", "add", bench.path("one.txt")).status == 0)
    let key = try #require(
      try bench.run("prompts", "list", "--json").objects().first?["id"] as? String)
    #expect(try bench.run("prompts", "retire", key).status == 0)
    for command in [["trainer"], ["simulate", "--labeler-command", "cat"], []] {
      let outcome = try Program.run(
        command, in: bench.url, environment: ["APPRENTICE_MODEL": bench.model])
      expectRefusal(outcome, saying: "prompt pool", "prompts add")
    }
  }

  @Test func aSecondTrainer() throws {
    #expect(try bench.run("stats").status == 0)
    let lock = try TrainerLock.acquire(bench.url.appendingPathComponent("workspace"))
    defer { lock.release() }
    expectRefusal(
      try bench.run("trainer", "--until-idle"), saying: "already has a trainer",
      String(ProcessInfo.processInfo.processIdentifier))
  }

  @Test func anotherBaseModel() throws {
    #expect(try bench.run("trainer", "--until-idle").status == 0)
    let other = bench.path("other.gguf")
    try TinyModel.write(to: other, seed: 1)
    expectRefusal(
      try bench.run("trainer", "--until-idle", "--model", other), saying: "tiny.gguf",
      "other.gguf", "--model")
  }

  @Test func aFolderThatIsNoWorkspace() throws {
    let folder = bench.url.appendingPathComponent("workspace")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let file = folder.appendingPathComponent("apprentice.sqlite")
    try Data("not a database, but long enough to look like one would".utf8).write(to: file)
    let before = try Data(contentsOf: file)
    expectRefusal(try bench.run("stats"), saying: "apprentice.sqlite")
    #expect(try Data(contentsOf: file) == before)
  }

  @Test(.enabled(if: Program.canMount, "needs unprivileged mounts"), arguments: [true, false])
  func aReadOnlyWorkspace(isThere: Bool) throws {
    try FileManager.default.createDirectory(
      at: bench.url.appendingPathComponent("workspace"), withIntermediateDirectories: false)
    if isThere { #expect(try bench.run("stats").status == 0) }
    for command in [["stats"], ["trainer", "--until-idle"], ["prompts", "retire", "1"]] {
      expectRefusal(
        try run(
          command,
          mounting: "mount --bind workspace workspace; "
            + "mount -o remount,ro,bind workspace"),
        saying: "workspace", "cannot be written")
    }
  }

  @Test(.enabled(if: Program.canMount, "needs unprivileged mounts"))
  func aFullDisk() throws {
    try bench.write(
      "many.txt", (0..<40_000).map { "Many words about \($0)?\n" }.joined())
    #expect(try bench.run("stats").status == 0)
    let before = try bench.run("prompts", "list", "--json").output
    // The refusal is looked at, then what is left on the disk that was full.
    let outcome = try run(
      ["prompts", "list", "--json"],
      mounting: """
        cp -a workspace copy
        mount -t tmpfs -o size=2m tmpfs workspace
        cp -a copy/. workspace
        if "$1" prompts add many.txt; then exit 9; fi
        """)
    #expect(outcome.status == 0)
    #expect(outcome.output == before)
    #expect(outcome.errors.contains("is full: nothing was saved"), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test func aDatabaseThatAnotherProgramBlocks() throws {
    #expect(try bench.run("stats").status == 0)
    try bench.write("one.txt", "Hello?\n")
    let count = try bench.run("prompts", "list").output
    let workspace = try Workspace.open(bench.url.appendingPathComponent("workspace"))
    defer { workspace.close() }
    try workspace.write { _ in
      expectRefusal(
        try bench.run("prompts", "add", bench.path("one.txt")), saying: "apprentice.sqlite",
        "blocked by another program for more than 5 seconds")
    }
    #expect(try bench.run("prompts", "list").output == count)
  }

  private func run(_ command: [String], mounting: String) throws -> Program.Outcome {
    try Program.run(
      command, in: bench.url, environment: ["APPRENTICE_MODEL": bench.model], mounting: mounting)
  }

  @Test func aSmallTerminalIsToldSoAndTheWorkWaits() throws {
    let terminal = try PseudoTerminal(
      [Program.url.path, "--workspace", bench.path("w"), "--model", bench.model],
      size: Size(width: 100, height: 30),
      environment: [
        "APPRENTICE_PROMPTS": Program.prompts.path, "HOME": bench.url.path, "OMP_NUM_THREADS": "1",
      ])
    defer {
      if let pid = TrainerLock.holder(URL(fileURLWithPath: bench.path("w"))), pid > 0 {
        kill(pid, SIGTERM)
      }
    }
    try terminal.wait(for: "1-4 place", timeout: .seconds(60))
    terminal.send("1")
    terminal.send("2")
    try terminal.wait("two placed cards") { Self.tiers($0) == 2 }
    terminal.resize(to: Size(width: 60, height: 20))
    try terminal.wait(for: "80")
    #expect(Self.tiers(terminal) == 0)
    terminal.resize(to: Size(width: 100, height: 30))
    try terminal.wait("the placed cards again") { Self.tiers($0) == 2 }
    try terminal.send(key: "ctrl-c")
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.modesAreRestored)
  }

  /// The cards on the screen that have a tier.
  private static func tiers(_ terminal: PseudoTerminal) -> Int {
    terminal.screenRows().filter { row in
      let head = Array(row.drop { $0 == "▌" || $0 == " " }.prefix(4))
      return head.count == 4 && head[0].isNumber && head[1...2] == [" ", " "] && head[3].isLetter
    }.count
  }
}
