import Feedback
import Foundation
import Storage
import TestSupport
import Testing

@testable import Workstation

/// What the learning screen is given of a workspace, and what it changes there.
@Suite struct StatusReaderTests {
  private func publish(
    _ kind: VersionKind, parent: Int64? = nil, learntFrom: [Int64] = [],
    metrics: [String: Double] = [:], isRejected: Bool = false, in workspace: Workspace
  ) throws -> Int64 {
    let id = try workspace.reserveVersion()
    try FileManager.default.createDirectory(
      at: workspace.directory.appendingPathComponent(Workspace.versionPath(kind, id)),
      withIntermediateDirectories: true)
    try workspace.publish(
      NewVersion(
        id: id, kind: kind, parent: parent, learntFrom: learntFrom, metrics: metrics,
        isRejected: isRejected))
    return id
  }

  private func rankASlate(
    by policy: Int64, reward: Int64, scores: [[Float]], in workspace: Workspace
  ) throws -> Int64 {
    let prompt = try #require(try workspace.nextPrompt())
    let slate = try workspace.beginSlate(prompt: prompt.id, activelyChosen: false, count: 2)
    let ids = try workspace.finishSlate(
      slate,
      completions: [(policy, CompletionOrigin.unselected), (0, .reference)].map {
        NewCompletion(
          text: "by \($0.0)", tokenIDs: [1], logprobs: [-1], finishReason: .stop,
          policyVersion: $0.0, sampling: SamplingParameters(), seed: 0, origin: $0.1)
      }, rewardVersion: reward, scores: scores, displayOrder: [0, 1])
    let ranking = try Ranking(tiers: ids.map { [$0] }, of: ids)
    return try workspace.submit(
      Submission(
        slate: slate, prompt: prompt.id, labeler: "ada", contents: [.ranking(ranking)]))[0]
  }

  @Test func versionsAndFiguresComeFromTheWorkspace() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<16).map {
        NewPrompt(useCase: $0 % 2 == 0 ? .chat : .rewrite, text: "Question \($0)?")
      })
    let workspace = fresh.workspace
    let policy = try publish(.policy, metrics: ["kl": 0.2], in: workspace)
    let reward = try publish(.reward, in: workspace)
    let labels = try (0..<12).map { _ in
      try rankASlate(by: policy, reward: reward, scores: [[2], [1]], in: workspace)
    }
    let rejected = try publish(
      .policy, parent: policy, learntFrom: [labels[0]], isRejected: true, in: workspace)
    try workspace.set("version.\(rejected).rejection", to: "its answers grew short")
    try workspace.pin(version: policy)
    try workspace.set("kl_budget", to: "0.5")
    try workspace.retract(label: labels[0])

    let status = try StatusReader(workspace: workspace, labeler: "ada").read()
    #expect(status.versions.map(\.id) == [rejected, reward, policy, 0])
    #expect(status.versions.map(\.state) == [.rejected, .current, .current, .published])
    #expect(status.versions[0].rejection == "its answers grew short")
    #expect(status.versions[0].retractedCount == 1)
    #expect(status.versions[0].parent == policy)
    #expect(status.versions[2].isPinned)
    #expect(status.divergence == Divergence(value: 0.2, budget: 0.5))
    #expect(status.standing.all == WinRate(wins: 11))
    #expect(status.standing.today == policy...policy)
    #expect(status.calibration?.bins.map(\.pairs) == [11])
    #expect(status.calibration?.bins.first?.right == 1)
    #expect(Set(status.useCaseAccuracy.map(\.useCase)) == [.chat, .rewrite])
    #expect(status.useCaseAccuracy.map(\.accuracy.count).reduce(0, +) == 11)
  }

  @Test(arguments: ["much", "0", "-1", "inf"])
  func aBudgetThatIsNoneShowsNoBar(budget: String) throws {
    let fresh = try FreshWorkspace()
    _ = try publish(.policy, metrics: ["kl": 0.2], in: fresh.workspace)
    try fresh.workspace.set("kl_budget", to: budget)
    #expect(
      try StatusReader(workspace: fresh.workspace, labeler: "ada").read().divergence == nil)
  }

  @Test func aWorkspaceWithoutVersionsListsNone() throws {
    let fresh = try FreshWorkspace()
    #expect(try StatusReader(workspace: fresh.workspace, labeler: "ada").read().versions.isEmpty)
  }

  @Test func theSessionChangesVersions() throws {
    let desk = try SessionDesk()
    let first = try publish(.policy, in: desk.workspace)
    let second = try publish(.policy, parent: first, in: desk.workspace)
    desk.open()
    for change in [
      VersionChange.use(.policy, first), .pin(second, true), .pin(second, false), .use(.policy, 0),
    ] {
      desk.session.perform(.change(change))
      let done = try desk.wait(for: "the change") {
        if case .changed(let change) = $0 { change } else { nil }
      }
      #expect(done == change)
      let current = try desk.workspace.currentVersion(.policy)?.id ?? 0
      let isPinned = try desk.workspace.version(second)?.isPinned
      switch change {
      case .use(_, let id): #expect(current == id)
      case .pin(_, let pinned): #expect(isPinned == pinned)
      }
    }
    desk.session.perform(.change(.use(.reward, first)))
    let sentence = try desk.wait(for: "the refusal") {
      if case .failed(.version, let sentence) = $0 { sentence } else { nil }
    }
    #expect(sentence.hasPrefix("There is no reward version \(first) in "))
    let status = try desk.wait(for: "a status with the versions") {
      if case .status(let status) = $0, status.versions.count == 3 { status } else { nil }
    }
    #expect(status.versions.map(\.id) == [second, first, 0])
    desk.close()
  }
}
