import Feedback
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Workstation

/// The session against a real workspace, the test in the trainer's place.
@Suite struct SessionTests {
  /// A session and what it said.
  private final class Desk: Sendable {
    let fresh: FreshWorkspace
    private let messages = Mutex<[WorkstationMessage]>([])
    private let arrived = DispatchSemaphore(value: 0)
    private let sessionBox = Mutex<Session?>(nil)

    init(prompts: [NewPrompt] = [NewPrompt(useCase: .openQA, text: "Why is the sky blue?")]) throws {
      fresh = try FreshWorkspace(prompts: prompts)
    }

    var session: Session { sessionBox.withLock { $0! } }
    var workspace: Workspace { fresh.workspace }

    func open(trainer: [String] = []) {
      let options = WorkstationOptions(
        workspace: fresh.directory, model: "", labeler: "ada", trainerCommand: trainer)
      let session = Session(workspace: workspace, options: options) { message in
        self.messages.withLock { $0.append(message) }
        self.arrived.signal()
      }
      sessionBox.withLock { $0 = session }
      session.start()
    }

    func close() {
      session.close()
      sessionBox.withLock { $0 = nil }
    }

    /// Waits for a message that is wanted, and forgets those before it.
    func wait<Found>(
      for what: String, _ pick: (WorkstationMessage) -> Found?,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Found {
      let deadline = DispatchTime.now() + .seconds(20)
      while true {
        while let next = messages.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
          if let found = pick(next) { return found }
        }
        if arrived.wait(timeout: deadline) == .timedOut {
          Issue.record("\(what) did not come", sourceLocation: sourceLocation)
          throw WorkstationError("\(what) did not come.")
        }
      }
    }

    func waitForSlate() throws -> (Slate, Drafts) {
      try wait(for: "a slate") {
        if case .desk(.ready(let slate), let drafts) = $0 { (slate, drafts) } else { nil }
      }
    }

    @discardableResult
    func makeSlate(_ texts: [String] = ["long and long", "short"]) throws -> Int64 {
      let prompt = try #require(try workspace.nextPrompt())
      let id = try workspace.beginSlate(
        prompt: prompt.id, activelyChosen: false, count: texts.count)
      try finish(id, texts)
      return id
    }

    func finish(_ id: Int64, _ texts: [String]) throws {
      let completions = texts.enumerated().map { index, text in
        NewCompletion(
          text: text, tokenIDs: [1, 2], logprobs: [-1, -2], finishReason: .stop,
          policyVersion: 0, sampling: SamplingParameters(), seed: UInt64(index),
          origin: index == 0 ? .unselected : .reference)
      }
      _ = try workspace.finishSlate(
        id, completions: completions, displayOrder: Array(texts.indices))
    }
  }

  private func ranking(_ slate: Slate) throws -> Submission {
    let ids = slate.completions.map(\.id)
    let ranking = try Ranking(tiers: ids.map { [$0] }, of: ids)
    return Submission(
      slate: slate.id, prompt: slate.prompt.id, labeler: "ada", contents: [.ranking(ranking)],
      duration: 3)
  }

  @Test func aSlateIsRankedAndItsLabelIsInTheDatabase() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    let submission = try ranking(slate)
    desk.session.perform(.submit(submission))
    let reveal = try desk.wait(for: "the reveal") {
      if case .submitted(_, let reveal) = $0 { reveal } else { nil }
    }
    #expect(reveal.saved == "A > B")
    let labels = try desk.workspace.labels()
    #expect(labels.map(\.content) == submission.contents)
    #expect(labels.first?.labeler == "ada")
    desk.close()
  }

  @Test func aSlateMadeWhileWaitingComes() throws {
    let desk = try Desk()
    desk.open()
    _ = try desk.wait(for: "the reason") {
      if case .desk(.empty(let reason), _) = $0 { reason } else { nil }
    }
    let prompt = try #require(try desk.workspace.nextPrompt())
    let id = try desk.workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 2)
    _ = try desk.workspace.updateProgress(slate: id, texts: ["The sky", "Bl"])
    let growing = try desk.wait(for: "the growing slate") {
      if case .desk(.growing(let slate), _) = $0, slate.texts.first == "The sky" { slate } else {
        nil
      }
    }
    #expect(growing.texts == ["The sky", "Bl"])
    try desk.finish(id, ["The sky is blue.", "Blue."])
    #expect(try desk.waitForSlate().0.id == id)
    desk.close()
  }

  @Test func anEmptyPoolSaysWhatToDo() throws {
    let desk = try Desk(prompts: [])
    desk.open()
    let reason = try desk.wait(for: "the reason") {
      if case .desk(.empty(let reason), _) = $0 { reason } else { nil }
    }
    #expect(reason.contains("apprentice prompts add"))
    desk.close()
  }

  @Test func undoWorksAfterARestart() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    desk.session.perform(.submit(try ranking(slate)))
    _ = try desk.wait(for: "the reveal") { if case .submitted = $0 { true } else { nil } }
    desk.close()
    desk.open()
    desk.session.perform(.undo)
    let undone = try desk.wait(for: "what was undone") {
      if case .undone(let undone) = $0 { undone } else { nil }
    }
    #expect(undone.slate?.id == slate.id)
    #expect(try desk.workspace.labels().isEmpty)
    desk.session.perform(.undo)
    _ = try desk.wait(for: "that nothing is left") {
      if case .undone(nil) = $0 { true } else { nil }
    }
    desk.close()
  }

  @Test func draftsAreOnTheDiskSoonAndComeBack() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, drafts) = try desk.waitForSlate()
    #expect(drafts == Drafts())
    let robot = Robot(desk: .ready(slate)).press("2 w").type("half a thought")
    for effect in robot.effects { desk.session.perform(effect) }
    _ = try desk.wait(for: "the saved draft") { if case .draftSaved = $0 { true } else { nil } }
    #expect(try desk.workspace.drafts(labeler: "ada").count == 2)
    // A killed workstation does not close its session.
    desk.open()
    let (again, restored) = try desk.waitForSlate()
    #expect(again.id == slate.id)
    #expect(restored.demonstration?.text == "half a thought")
    let after = Robot(desk: .ready(again), drafts: restored)
    #expect(after.cards == "2A ·B" || after.cards == "2B ·A")
    desk.close()
  }

  @Test func closingWritesWhatWaits() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    let robot = Robot(desk: .ready(slate)).press("w").type("last words")
    for effect in robot.effects { desk.session.perform(effect) }
    desk.close()
    #expect(
      try desk.workspace.drafts(labeler: "ada").contains { $0.json.contains("last words") })
  }

  @Test func aLabelLeavesNoDraftBehind() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    let robot = Robot(desk: .ready(slate)).press("1 2 enter")
    for effect in robot.effects { desk.session.perform(effect) }
    _ = try desk.wait(for: "the reveal") { if case .submitted = $0 { true } else { nil } }
    desk.close()
    #expect(try desk.workspace.drafts(labeler: "ada").isEmpty)
  }

  @Test func aLabelThatCannotBeStoredIsOneSentence() throws {
    let desk = try Desk()
    try desk.makeSlate()
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    var submission = try ranking(slate)
    submission.prompt += 1000
    submission.slate = 4711
    desk.session.perform(.submit(submission))
    let sentence = try desk.wait(for: "the failure") {
      if case .failed(.submit, let sentence) = $0 { sentence } else { nil }
    }
    #expect(sentence.hasSuffix("."))
    #expect(!sentence.contains("\n"))
    desk.close()
  }

  @Test func theStatusCountsLabelsAndJobs() throws {
    let desk = try Desk()
    try desk.makeSlate()
    let job = try desk.workspace.beginJob(kind: "policy", detail: "the policy learns 3 labels")
    try desk.workspace.updateJob(job, progress: 0.5)
    desk.open()
    let (slate, _) = try desk.waitForSlate()
    desk.session.perform(.submit(try ranking(slate)))
    let status = try desk.wait(for: "a status with the label") {
      if case .status(let status) = $0, status.ownLabels == 1 { status } else { nil }
    }
    #expect(status.job?.title == "the policy learns 3 labels")
    #expect(status.job?.progress == 0.5)
    #expect(status.winRates.first?.wins == 1 || status.rankings == 1)
    desk.close()
  }

  // MARK: The trainer

  @Test func aTrainerIsStartedInASessionOfItsOwn() throws {
    let desk = try Desk()
    let note = desk.fresh.directory.appendingPathComponent("note")
    let script = "ps -o sid=,ni=,pid= -p $$ >note.tmp; echo $OMP_WAIT_POLICY >>note.tmp; "
      + "mv note.tmp '\(note.path)'; exec sleep 60"
    let process = try TrainerProcess(
      command: ["/bin/sh", "-c", "cd '\(desk.fresh.directory.path)'; \(script)"],
      directory: desk.fresh.directory)
    defer { kill(process.pid, SIGKILL) }
    let words = try waitForFile(note).split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(words == ["\(process.pid)", "10", "\(process.pid)", "passive"])
    #expect(process.end() == nil)
    #expect(getsid(process.pid) == process.pid)
  }

  @Test func aTrainerThatKeepsFailingIsShown() throws {
    let desk = try Desk()
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
    let desk = try Desk()
    desk.open(trainer: ["/nonexistent/apprentice"])
    let trouble = try desk.wait(for: "the trouble") {
      if case .trouble(let sentence?) = $0 { sentence } else { nil }
    }
    #expect(trouble.contains("/nonexistent/apprentice"))
    desk.close()
  }

  @Test func noTrainerIsStartedBesideAnother() throws {
    let desk = try Desk()
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

  private func waitForFile(_ url: URL) throws -> String {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if let text = try? String(contentsOf: url, encoding: .utf8) { return text }
      usleep(2000)
    }
    throw WorkstationError("\(url.path) did not come.")
  }
}
