import Feedback
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

/// kill -9 of the trainer in the middle of its work, on the real model.
@Suite(.serialized) struct TrainerKillTests {
  let folder: TemporaryFolder
  let workspace: Workspace

  init() throws {
    folder = try TemporaryFolder()
    let directory = folder.url.appendingPathComponent("workspace")
    workspace = try Workspace.open(directory)
    try workspace.addPrompts(
      (1...6).map {
        NewPrompt(key: "p\($0)", useCase: .openQA, text: "Name \($0) things that float.")
      })
    try workspace.setHeldOutShare(0)
    try workspace.set("max_tokens", to: "48")
  }

  private func startTrainer(_ arguments: String...) throws -> Process {
    try Program.start(
      ["trainer", "--workspace", workspace.directory.path] + arguments, in: folder.url,
      files: folder.url, environment: ["APPRENTICE_MODEL": ModelFile.defaultPath()]
    ).process
  }

  /// Waits until the trainer runs a job of the kind, and kills it then.
  private func kill(_ trainer: Process, during kind: String) throws {
    while try !workspace.currentJobs().contains(where: { $0.kind == kind }) {
      try #require(trainer.isRunning, "the trainer ended before a job of kind \(kind)")
      usleep(2000)
    }
    Foundation.kill(trainer.processIdentifier, SIGKILL)
    trainer.waitUntilExit()
  }

  private func finish() throws {
    let trainer = try startTrainer("--until-idle")
    trainer.waitUntilExit()
    try #require(trainer.terminationStatus == 0)
  }

  @Test func whatItWasDoingIsDoneByTheNext() throws {
    try kill(try startTrainer(), during: "slate")
    #expect(try workspace.integrityProblems().isEmpty)
    try finish()
    #expect(try workspace.readySlates().count >= 2)
    #expect(try workspace.slateCount(.generating) == 0)

    var labels: [Int64] = []
    for demonstration in ["Corks and boats.", nil] {
      guard case .ready(let slate)? = try workspace.claimNextSlate(labeler: "ada") else {
        Issue.record("no slate is ready")
        return
      }
      let ids = slate.completions.map(\.id)
      var contents = [LabelContent.ranking(try Ranking(tiers: ids.map { [$0] }, of: ids))]
      if let demonstration {
        contents.append(.demonstration(Demonstration(text: demonstration)))
      }
      labels += try workspace.submit(
        Submission(slate: slate.id, prompt: slate.prompt.id, labeler: "ada", contents: contents))
    }
    for kind in ["reward", "policy"] {
      try kill(try startTrainer(), during: kind)
      #expect(try workspace.integrityProblems().isEmpty)
      #expect(try workspace.labels().map(\.id) == labels)
    }

    try finish()
    for kind in VersionKind.allCases {
      #expect(try workspace.pendingLabels(kind).isEmpty)
      let version = try #require(try workspace.currentVersion(kind))
      let expected = try workspace.labels(kinds: [.demonstration, .ranking]).map(\.id)
      #expect(try workspace.learntLabels(version: version.id) == expected)
      // No version in use without its file.
      for version in try workspace.versions(kind) where version.hasFiles {
        let file = workspace.directory.appendingPathComponent(version.path)
          .appendingPathComponent("adapter_model.safetensors")
        #expect(FileManager.default.fileExists(atPath: file.path))
      }
    }
    #expect(try workspace.integrityProblems().isEmpty)
  }
}
