import Feedback
import TestSupport
import Testing

@testable import Storage

/// Who gets which slate.
@Suite struct QueueTests {
  private func id(_ claimed: ClaimedSlate?) -> Int64? {
    if case .ready(let slate) = claimed { slate.id } else { nil }
  }

  @Test func aSlateComesWholeInItsDisplayOrder() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let drawn = [
      completion("first", version: 0, origin: .reference, seed: 1),
      completion("second 🎵"), completion("third", origin: .selected),
    ]
    let made = try workspace.makeSlate(completions: drawn, displayOrder: [2, 0, 1])
    #expect(made.completions.map(\.text) == ["third", "first", "second 🎵"])
    let second = made.completions[2]
    #expect(second.tokenIDs == [5, -1, 2])
    #expect(second.logprobs == [-0.5, -1.25, -3])
    #expect(second.seed == .max)
    #expect(second.sampling == SamplingParameters(temperature: 0.7, topP: 0.9, maxTokens: 64))
    #expect(made.completions[1].origin == .reference)
    #expect(try workspace.claimNextSlate(labeler: "ann") == .ready(made))
  }

  @Test func eachLabelerGetsAnotherAndTheirOwnAgain() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slates = try (0..<2).map { _ in try workspace.makeSlate() }
    #expect(try workspace.readySlates().map(\.id) == slates.map(\.id))
    #expect(try id(workspace.claimNextSlate(labeler: "ann")) == slates[0].id)
    #expect(try id(workspace.claimNextSlate(labeler: "bob")) == slates[1].id)
    #expect(try id(workspace.claimNextSlate(labeler: "ann")) == slates[0].id)
    #expect(try workspace.claimNextSlate(labeler: "cat") == nil)
    #expect(try workspace.readySlates().isEmpty)
    #expect(try !workspace.discardSlate(slates[0].id))
    let restarted = try Workspace.open(fresh.directory)
    defer { restarted.close() }
    #expect(try id(restarted.claimNextSlate(labeler: "bob")) == slates[1].id)
  }

  @Test func twoWorkstationsOfOneLabelerGetTwoSlates() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    let slates = try (0..<2).map { _ in try workspace.makeSlate() }
    for session in ["one", "two"] {
      try workspace.heartbeat(session: session, labeler: "ann", pid: 1)
    }
    #expect(try id(workspace.claimNextSlate(labeler: "ann", session: "one")) == slates[0].id)
    #expect(try id(workspace.claimNextSlate(labeler: "ann", session: "two")) == slates[1].id)
    #expect(try id(workspace.claimNextSlate(labeler: "ann", session: "one")) == slates[0].id)
    try workspace.leave(session: "two")
    try workspace.rank(slates[0])
    #expect(try id(workspace.claimNextSlate(labeler: "ann", session: "one")) == slates[1].id)
  }

  @Test func claimsOfManyAtOnceNeverMeet() async throws {
    let fresh = try FreshWorkspace(prompts: (0..<40).map { NewPrompt(text: "Question \($0)?") })
    for _ in 0..<40 { try fresh.workspace.makeSlate() }
    let other = try Workspace.open(fresh.directory)
    defer { other.close() }
    let claimed = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for index in 0..<40 {
        let workspace = index.isMultiple(of: 2) ? fresh.workspace : other
        group.addTask { id(try workspace.claimNextSlate(labeler: "labeler \(index)")) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(claimed.compactMap { $0 }).count == 40)
  }

  @Test func theSlateBeingDrawnIsShownAndBecomesTheirs() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let prompt = try workspace.nextPrompt()!
    let slate = try workspace.beginSlate(prompt: prompt.id, activelyChosen: true, count: 2)
    var expected = SlateProgress(
      slate: slate, prompt: prompt, count: 2, texts: [], status: .generating)
    #expect(try workspace.claimNextSlate(labeler: "ann") == .generating(expected))
    #expect(try workspace.updateProgress(slate: slate, texts: ["one", "tw"]))
    expected.texts = ["one", "tw"]
    #expect(try workspace.claimNextSlate(labeler: "ann") == .generating(expected))
    #expect(try workspace.progress(slate: slate) == expected)
    #expect(try workspace.claimNextSlate(labeler: "bob") == nil)
    try workspace.finishSlate(
      slate, completions: [completion("one"), completion("two")], displayOrder: [0, 1])
    #expect(try workspace.claimNextSlate(labeler: "bob") == nil)
    #expect(try id(workspace.claimNextSlate(labeler: "ann")) == slate)
    #expect(try workspace.progress(slate: slate)?.isFinished == true)
    #expect(try !workspace.updateProgress(slate: slate, texts: ["late"]))
  }

  @Test func whoWatchedOneAndGotAnotherLeavesItToOthers() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let watched = try workspace.beginSlate(
      prompt: workspace.nextPrompt()!.id, activelyChosen: false, count: 2)
    _ = try workspace.claimNextSlate(labeler: "ann")
    let ready = try workspace.makeSlate()
    #expect(try id(workspace.claimNextSlate(labeler: "ann")) == ready.id)
    guard case .generating(let progress)? = try workspace.claimNextSlate(labeler: "bob") else {
      Issue.record("bob has nothing to watch")
      return
    }
    #expect(progress.slate == watched)
  }

  @Test func whatALabelerLeftGoesBackToTheQueue() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    try workspace.heartbeat(session: "s", labeler: "ann", pid: 1)
    _ = try workspace.claimNextSlate(labeler: "ann", session: "s")
    clock.advance(by: 20)
    try workspace.heartbeat(session: "s", labeler: "ann", pid: 1)
    clock.advance(by: 20)
    #expect(try workspace.claimNextSlate(labeler: "bob", expiry: 30) == nil)
    clock.advance(by: 20)
    #expect(try id(workspace.claimNextSlate(labeler: "bob", expiry: 30)) == slate.id)
    let message = sentence { try workspace.rank(slate, by: "ann") }
    #expect(message.contains("is being labelled by bob"), "\(message)")
  }

  @Test func aDraftKeepsItsSlateForItsLabeler() throws {
    let clock = Clock()
    let fresh = try FreshWorkspace.withPrompts(clock: clock)
    let workspace = fresh.workspace
    let slate = try workspace.makeSlate()
    _ = try workspace.claimNextSlate(labeler: "ann")
    try workspace.saveDraft(labeler: "ann", slate: slate.id, kind: "ranking", json: "{}")
    clock.advance(by: 1000)
    #expect(try workspace.claimNextSlate(labeler: "bob") == nil)
    #expect(try id(workspace.claimNextSlate(labeler: "ann")) == slate.id)
    try workspace.releaseClaims(labeler: "ann")
    #expect(try id(workspace.claimNextSlate(labeler: "bob")) == slate.id)
  }

  @Test func unfinishedSlatesGoWhenTheTrainerStartsAgain() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let ready = try workspace.makeSlate()
    let unfinished = try workspace.beginSlate(
      prompt: workspace.nextPrompt()!.id, activelyChosen: false, count: 4)
    try workspace.updateProgress(slate: unfinished, texts: ["so far"])
    #expect(try workspace.discardUnfinished() == 1)
    #expect(try workspace.status(ofSlate: unfinished) == .discarded)
    #expect(try workspace.status(ofSlate: ready.id) == .ready)
    #expect(try workspace.progress(slate: unfinished)?.texts == [])
    #expect(try workspace.slate(unfinished) == nil)
  }

  @Test func finishingRefusesWhatDoesNotFit() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let slate = try workspace.beginSlate(
      prompt: workspace.nextPrompt()!.id, activelyChosen: false, count: 2)
    let two = [completion("one"), completion("two")]
    #expect(
      sentence { try workspace.finishSlate(slate, completions: two, displayOrder: [0, 0]) }
        .contains("display order"))
    #expect(
      sentence {
        try workspace.finishSlate(
          slate, completions: two, rewardVersion: 7, scores: [[1], [2]], displayOrder: [0, 1])
      }.contains("no reward model 7"))
    #expect(try workspace.completions(slate: slate).isEmpty)
    try workspace.finishSlate(slate, completions: two, displayOrder: [1, 0])
    #expect(
      sentence { try workspace.finishSlate(slate, completions: two, displayOrder: [1, 0]) }
        .contains("is not being generated"))
    #expect(
      sentence { _ = try workspace.beginSlate(prompt: 99, activelyChosen: false, count: 2) }
        .contains("no prompt 99"))
  }
}
