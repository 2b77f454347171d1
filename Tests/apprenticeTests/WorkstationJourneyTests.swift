import Feedback
import Foundation
import LanguageModel
import Storage
import TerminalUI
import TestSupport
import Testing

/// The real program on a terminal with the real model, from the first screen to a new policy.
@Suite(.serialized) struct WorkstationJourneyTests {
  let folder: TemporaryFolder
  let directory: URL

  init() throws {
    folder = try TemporaryFolder()
    directory = folder.url.appendingPathComponent("workspace")
  }

  private func open(
    model: String = ModelFile.defaultPath(), threads: String? = nil
  ) throws -> PseudoTerminal {
    try PseudoTerminal(
      [
        Program.url.path, "--workspace", directory.path, "--labeler", "ada", "--model", model,
      ],
      size: Size(width: 100, height: 30),
      environment: [
        "APPRENTICE_PROMPTS": Program.prompts.path, "HOME": folder.url.path,
        "OMP_NUM_THREADS": threads,
      ])
  }

  /// Ends the trainer that the workstation left running, and waits until it has gone.
  private func endTrainer() throws {
    while let pid = TrainerLock.holder(directory) {
      if pid > 0 { kill(pid, SIGTERM) }
      usleep(20_000)
    }
  }

  private func labels() throws -> (valid: [Label], retracted: [RetractedLabel]) {
    let workspace = try Workspace.open(directory)
    defer { workspace.close() }
    return (try workspace.labels(), try workspace.retractedLabels())
  }

  @Test func ranksUndoesWritesAndSeesANewPolicy() throws {
    let terminal = try open()
    defer { try? endTrainer() }
    // Open, and wait for candidates of the real model.
    try terminal.wait(for: "1-4 place", timeout: .seconds(120))
    #expect(terminal.screenText().contains("0 labels"))
    for letter in ["A", "B", "C", "D"] {
      #expect(
        terminal.screenRows().contains {
          $0.hasPrefix(" ·  \(letter)") || $0.hasPrefix("▌·  \(letter)")
        },
        "no card \(letter) on:\n\(terminal.screenText())")
    }

    // An untouched order is refused.
    terminal.send(key: KeyPress(.enter))
    try terminal.wait(for: "there is no ranking yet")
    #expect(try labels().valid.isEmpty)

    // Rank with a tie and submit.
    for (key, tier) in [("2", 2), ("1", 1), ("1", 1), ("3", 3)] {
      let placed = terminal.screenRows().filter { Self.isPlaced($0) }.count
      terminal.send(key)
      try terminal.wait("a card in tier \(tier)") {
        $0.screenRows().filter { Self.isPlaced($0) }.count == placed + 1
      }
    }
    try terminal.wait(for: "B = C > A > D")
    terminal.send(key: KeyPress(.enter))
    try terminal.wait(for: "Saved: B = C > A > D")
    let (stored, _) = try labels()
    #expect(stored.map(\.labeler) == ["ada"])
    guard case .ranking(let ranking)? = stored.first?.content else {
      Issue.record("no ranking is stored")
      return
    }
    #expect(ranking.tiers.map(\.count) == [2, 1, 1])

    // Undo takes it back.
    terminal.send("u")
    try terminal.wait(for: "0 labels")
    #expect(try labels().valid.isEmpty)
    #expect(try labels().retracted.count == 1)

    // Write a demonstration from nothing.
    terminal.send("w")
    try terminal.wait(for: "ctrl-s submit")
    terminal.send("Here is a short and friendly answer.")
    try terminal.wait(for: "draft saved")
    try terminal.send(key: "ctrl-s")
    try terminal.wait(for: "1 label ")
    guard case .demonstration(let demonstration)? = try labels().valid.last?.content else {
      Issue.record("no demonstration is stored")
      return
    }
    #expect(demonstration.text == "Here is a short and friendly answer.")

    // The next slate is ranked too, so that both models have something to learn.
    try terminal.send(key: "f1")
    try terminal.wait(for: "1-4 place", timeout: .seconds(120))
    for key in ["1", "2", "3", "4"] { terminal.send(key) }
    try terminal.wait(for: "A > B > C > D")
    terminal.send(key: KeyPress(.enter))
    try terminal.wait(for: "Saved: A > B > C > D")

    // A new policy arrives.
    try terminal.send(key: "f3")
    try terminal.wait("a policy in use", timeout: .seconds(180)) {
      $0.screenRows().contains {
        $0.contains("policy") && $0.contains("in use") && $0.contains("label")
      }
    }

    terminal.send("q")
    #expect(try terminal.waitForExit() == .exited(0))
    #expect(terminal.modesAreRestored)
    #expect(!terminal.isOnAlternateScreen)
  }

  @Test func aKilledWorkstationLosesNoDraft() throws {
    let model = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: model)
    defer { try? endTrainer() }
    var terminal = try open(model: model, threads: "1")
    try terminal.wait(for: "1-4 place", timeout: .seconds(60))
    terminal.send("2")
    try terminal.wait("a placed card") { $0.screenRows().contains { Self.isPlaced($0) } }
    terminal.send("w")
    try terminal.wait(for: "ctrl-s submit")
    terminal.send("An answer that is cut off in the mid")
    try terminal.wait(for: "draft saved")
    terminal.kill(SIGKILL)
    #expect(try terminal.waitForExit() == .signaled(SIGKILL))

    terminal = try open(model: model, threads: "1")
    try terminal.wait("the placed card") { $0.screenRows().contains { Self.isPlaced($0) } }
    terminal.send("w")
    try terminal.wait(for: "An answer that is cut off in the mid")
    try terminal.send(key: "ctrl-c")
    #expect(try terminal.waitForExit() == .exited(0))
    let workspace = try Workspace.open(directory)
    defer { workspace.close() }
    #expect(try workspace.integrityProblems().isEmpty)
  }

  /// Whether a row begins a card that has a tier.
  private static func isPlaced(_ row: String) -> Bool {
    let head = Array(row.drop { $0 == "▌" || $0 == " " }.prefix(4))
    return head.count == 4 && head[0].isNumber && head[1...2] == [" ", " "] && head[3].isLetter
  }
}
