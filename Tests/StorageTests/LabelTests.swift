import Feedback
import TestSupport
import Testing

@testable import Storage

/// Submitting, reading and taking back.
@Suite struct LabelTests {
  @Test func aSubmissionIsReadBackWhole() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    let (a, b, c) = (slate.completions[0].id, slate.completions[1].id, slate.completions[2].id)
    let ids = try workspace.rank(
      slate, tiers: [[1], [0, 2]], duration: 12.5, demonstration: "Better words.",
      quality: [a: 2, b: 7], flags: [c: [.hallucination, .inappropriate]])
    let ranking = try Ranking(tiers: [[b], [a, c]], of: [a, b, c])
    #expect(
      try workspace.labels() == [
        Label(
          id: ids[0], labeler: "ann", prompt: slate.prompt, slate: slate.id,
          content: .ranking(ranking), duration: 12.5, created: clock.now),
        Label(
          id: ids[1], labeler: "ann", prompt: slate.prompt, slate: slate.id,
          content: .demonstration(Demonstration(text: "Better words.")), duration: 12.5,
          created: clock.now),
      ])
    let annotations = try workspace.annotations(label: ids[1])
    #expect(annotations.quality == [a: 2, b: 7])
    #expect(annotations.flags == [c: [.hallucination, .inappropriate]])
    #expect(try workspace.status(ofSlate: slate.id) == .labelled)
    #expect(try workspace.labels(after: ids[0]).map(\.id) == [ids[1]])
    #expect(try workspace.labels(kinds: [.demonstration]).map(\.id) == [ids[1]])
    #expect(try workspace.labels([ids[0], 99]).map(\.id) == [ids[0]])
  }

  @Test func aSlateIsSubmittedOnce() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let slate = try fresh.workspace.makeSlate()
    try fresh.workspace.rank(slate)
    let message = sentence { try fresh.workspace.rank(slate, by: "bob") }
    #expect(message.contains("already been submitted by ann"), "\(message)")
    #expect(try fresh.workspace.labels().count == 1)
  }

  @Test func whatDoesNotFitIsRefusedAndNothingIsStored() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    let other = try workspace.makeSlate()
    let ids = slate.completions.map(\.id)
    let whole = LabelContent.ranking(try Ranking(tiers: [ids], of: ids))
    let part = LabelContent.ranking(try Ranking(tiers: [[ids[0]]], of: [ids[0]]))
    let foreign = LabelContent.ranking(
      try Ranking(tiers: [ids + [other.completions[0].id]], of: ids + [other.completions[0].id]))
    let empty = LabelContent.demonstration(Demonstration(text: " \n"))
    let edited = LabelContent.demonstration(
      Demonstration(text: "x", editedFrom: other.completions[0].id))
    func refusal(
      _ contents: [LabelContent], slate id: Int64?, prompt: Int64? = nil,
      quality: [Int64: Int] = [:], flags: [Int64: Set<Flag>] = [:], labeler: String = "ann"
    ) -> String {
      sentence {
        try workspace.submit(
          Submission(
            slate: id, prompt: prompt ?? slate.prompt.id, labeler: labeler, contents: contents,
            quality: quality, flags: flags))
      }
    }
    #expect(refusal([], slate: slate.id).contains("nothing was submitted"))
    #expect(refusal([part], slate: slate.id).contains("leaves out"))
    #expect(refusal([foreign], slate: slate.id).contains("does not hold"))
    #expect(refusal([whole], slate: nil).contains("needs the slate"))
    #expect(refusal([.skip(reason: "x")], slate: nil).contains("needs the slate"))
    #expect(refusal([whole, whole], slate: slate.id).contains("one ranking"))
    #expect(refusal([whole, .skip(reason: "x")], slate: slate.id).contains("one skip alone"))
    #expect(refusal([empty], slate: slate.id).contains("demonstration is empty"))
    #expect(refusal([edited], slate: slate.id).contains("has no completion"))
    #expect(refusal([whole], slate: slate.id, quality: [ids[0]: 8]).contains("1 to 7"))
    #expect(refusal([whole], slate: slate.id, flags: [999: []]).contains("no completion 999"))
    #expect(refusal([whole], slate: 999).contains("no slate 999"))
    #expect(
      refusal([whole], slate: slate.id, prompt: other.prompt.id).contains("not of the prompt"))
    #expect(refusal([whole], slate: slate.id, prompt: 999).contains("no prompt 999"))
    #expect(refusal([whole], slate: slate.id, labeler: "").contains("needs a name"))
    #expect(try workspace.labels().isEmpty)
    #expect(try workspace.status(ofSlate: slate.id) == .ready)
    try workspace.discardSlate(slate.id)
    #expect(refusal([whole], slate: slate.id).contains("thrown away"))
  }

  @Test func aDemonstrationNeedsNoSlateAndASkipKeepsItsReason() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    try workspace.submit(
      Submission(
        slate: nil, prompt: slate.prompt.id, labeler: "ann",
        contents: [.demonstration(Demonstration(text: "From nothing."))]))
    #expect(try workspace.status(ofSlate: slate.id) == .ready)
    try workspace.submit(
      Submission(
        slate: slate.id, prompt: slate.prompt.id, labeler: "ann",
        contents: [.skip(reason: "not my language")]))
    #expect(try workspace.status(ofSlate: slate.id) == .skipped)
    let contents = try workspace.labels().map(\.content)
    #expect(
      contents == [
        .demonstration(Demonstration(text: "From nothing.")), .skip(reason: "not my language"),
      ])
    #expect(try workspace.labelCounts() == [.demonstration: 1, .skip: 1])
  }

  @Test func undoGivesTheSlateBackAcrossRestarts() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let slates = try (0..<3).map { _ in try fresh.workspace.makeSlate() }
    let first = try fresh.workspace.rank(slates[0])
    let a = slates[1].completions[0].id
    let second = try fresh.workspace.rank(
      slates[1], demonstration: "Words.", quality: [a: 4], flags: [a: [.moralJudgment]])
    try fresh.workspace.rank(slates[2], by: "bob")
    let before = try fresh.workspace.labels(second)

    let workspace = try Workspace.open(fresh.directory)
    defer { workspace.close() }
    #expect(try workspace.lastSubmission(labeler: "ann").map(\.id) == second)
    let undone = try #require(try workspace.undoLast(labeler: "ann"))
    #expect(
      undone
        == Undone(
          labels: before, slate: slates[1], quality: [a: 4], flags: [a: [.moralJudgment]]))
    #expect(try workspace.claimNextSlate(labeler: "ann") == .ready(slates[1]))
    #expect(try workspace.labels().filter { $0.labeler == "ann" }.map(\.id) == first)
    #expect(try workspace.retractedLabels().map(\.label) == before)
    #expect(try workspace.retractedLabels().allSatisfy { $0.retractedBy == "ann" })

    #expect(try workspace.rank(slates[1]).first! > second.last!)
    #expect(try workspace.undoLast(labeler: "ann")?.slate?.id == slates[1].id)
    #expect(try workspace.undoLast(labeler: "ann")?.labels.map(\.id) == first)
    #expect(try workspace.undoLast(labeler: "ann") == nil)
    #expect(try workspace.undoLast(labeler: "nobody") == nil)
    // The slate whose label was taken back last is the one that comes back.
    #expect(try workspace.labels().map(\.labeler) == ["bob"])
  }

  @Test func aLabelIsTakenBackOnce() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    let label = try workspace.rank(slate)[0]
    #expect(try workspace.retract(label: label, by: "lead").slate == slate)
    #expect(try workspace.retractedLabels().map(\.retractedBy) == ["lead"])
    #expect(sentence { try workspace.retract(label: label) }.contains("taken back already"))
    #expect(sentence { try workspace.retract(label: 99) }.contains("no label 99"))
  }

  @Test func draftsLiveUntilTheSlateIsSubmitted() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    try workspace.saveDraft(labeler: "ann", slate: slate.id, kind: "ranking", json: "1")
    clock.advance(by: 1)
    try workspace.saveDraft(labeler: "ann", slate: slate.id, kind: "ranking", json: "2")
    clock.advance(by: 1)
    try workspace.saveDraft(labeler: "ann", slate: slate.id, kind: "demonstration", json: "3")
    clock.advance(by: 1)
    try workspace.saveDraft(labeler: "ann", slate: nil, kind: "demonstration", json: "4")
    clock.advance(by: 1)
    try workspace.saveDraft(labeler: "ann", slate: nil, kind: "demonstration", json: "5")
    try workspace.saveDraft(labeler: "bob", slate: slate.id, kind: "ranking", json: "6")
    let again = try Workspace.open(fresh.directory)
    defer { again.close() }
    #expect(try again.drafts(labeler: "ann").map(\.json) == ["5", "3", "2"])
    try again.rank(slate)
    #expect(try again.drafts(labeler: "ann").map(\.json) == ["5"])
    #expect(try again.drafts(labeler: "bob").map(\.json) == ["6"])
    try again.deleteDraft(labeler: "ann", slate: nil, kind: "demonstration")
    #expect(try again.drafts(labeler: "ann").isEmpty)
  }

  @Test func heldOutLabelsAreKeptApart() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    try workspace.setHeldOutShare(1)
    let kept = try workspace.rank(workspace.makeSlate())
    try workspace.setHeldOutShare(0)
    let learnable = try workspace.rank(workspace.makeSlate())
    #expect(try workspace.labels(heldOut: .heldOut).map(\.id) == kept)
    #expect(try workspace.labels(heldOut: .learnable).map(\.id) == learnable)
    #expect(try workspace.labels().map(\.id) == kept + learnable)
    #expect(try !workspace.isHeldOut(promptKey: "any"))
    #expect(sentence { try workspace.setHeldOutShare(1.5) }.contains("from 0 to 1"))
  }
}
