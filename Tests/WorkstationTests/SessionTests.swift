import Feedback
import Foundation
import Storage
import TestSupport
import Testing

@testable import Workstation

/// The session against a real workspace, the test in the trainer's place.
@Suite struct SessionTests {
  private func ranking(_ slate: Slate) throws -> Submission {
    let ids = slate.completions.map(\.id)
    let ranking = try Ranking(tiers: ids.map { [$0] }, of: ids)
    return Submission(
      slate: slate.id, prompt: slate.prompt.id, labeler: "ada", contents: [.ranking(ranking)],
      duration: 3)
  }

  @Test func aSlateIsRankedAndItsLabelIsInTheDatabase() throws {
    let desk = try SessionDesk()
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
    let desk = try SessionDesk()
    desk.open()
    _ = try desk.wait(for: "the reason") {
      if case .desk(.empty(let reason), _) = $0 { reason } else { nil }
    }
    let prompt = try #require(try desk.workspace.nextPrompt())
    let id = try desk.workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 2)
    _ = try desk.workspace.updateProgress(slate: id, texts: ["The sky", "Bl"])
    let growing = try desk.wait(for: "the growing slate") {
      if case .desk(.growing(let slate), _) = $0, slate.texts.first == "The sky" {
        slate
      } else {
        nil
      }
    }
    #expect(growing.texts == ["The sky", "Bl"])
    try desk.finish(id, ["The sky is blue.", "Blue."])
    #expect(try desk.waitForSlate().0.id == id)
    desk.close()
  }

  @Test func anEmptyPoolSaysWhatToDo() throws {
    let desk = try SessionDesk(prompts: [])
    desk.open()
    let reason = try desk.wait(for: "the reason") {
      if case .desk(.empty(let reason), _) = $0 { reason } else { nil }
    }
    #expect(reason.contains("apprentice prompts add"))
    desk.close()
  }

  @Test func undoWorksAfterARestart() throws {
    let desk = try SessionDesk()
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
    let desk = try SessionDesk()
    try desk.makeSlate()
    desk.open()
    let (slate, drafts) = try desk.waitForSlate()
    #expect(drafts == Drafts())
    let robot = Robot(desk: .ready(slate)).press("2 w").type("half a thought")
    for effect in robot.effects { desk.session.perform(effect) }
    _ = try desk.wait(for: "the saved draft") { if case .draftSaved = $0 { true } else { nil } }
    #expect(try desk.workspace.drafts(labeler: "ada").count == 2)
    desk.close()
    desk.open()
    let (again, restored) = try desk.waitForSlate()
    #expect(again.id == slate.id)
    #expect(restored.demonstration?.text == "half a thought")
    let after = Robot(desk: .ready(again), drafts: restored)
    #expect(after.cards == "2A ·B" || after.cards == "2B ·A")
    desk.close()
  }

  @Test func theSlateOfAKilledWorkstationComesBackAtOnce() throws {
    let desk = try SessionDesk(prompts: [NewPrompt(text: "One?"), NewPrompt(text: "Two?")])
    let ended = try TrainerProcess(command: ["/bin/true"], directory: desk.fresh.directory)
    try waitUntil("the end") { ended.end() != nil }
    let first = try desk.makeSlate()
    try desk.makeSlate()
    try desk.workspace.heartbeat(session: "killed", labeler: "ada", pid: ended.pid)
    _ = try desk.workspace.claimNextSlate(labeler: "ada", session: "killed")
    try desk.workspace.saveDraft(
      labeler: "ada", slate: first, kind: DemonstrationDraft.kind,
      json: #"{"start":"","text":"half"}"#)
    desk.open()
    let (slate, drafts) = try desk.waitForSlate()
    #expect(slate.id == first)
    #expect(drafts.demonstration?.text == "half")
    desk.close()
  }

  @Test func anOpenWorkstationKeepsItsSlate() throws {
    let desk = try SessionDesk(prompts: [NewPrompt(text: "One?"), NewPrompt(text: "Two?")])
    let first = try desk.makeSlate()
    let second = try desk.makeSlate()
    try desk.workspace.heartbeat(session: "open", labeler: "ada", pid: getpid())
    _ = try desk.workspace.claimNextSlate(labeler: "ada", session: "open")
    desk.open()
    let slate = try desk.waitForSlate().0.id
    #expect(slate == second)
    #expect(slate != first)
    desk.close()
  }

  @Test func closingWritesWhatWaits() throws {
    let desk = try SessionDesk()
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
    let desk = try SessionDesk()
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
    let desk = try SessionDesk()
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
    let desk = try SessionDesk()
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
    #expect(status.rankings == 1)
    desk.close()
  }
}
