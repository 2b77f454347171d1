import Feedback
import Foundation
import TestSupport
import Testing

@testable import Storage

/// Versions, what they learnt, and whose files may go.
@Suite struct VersionTests {
  @Test func aVersionIsPublishedOnlyWithItsFolder() throws {
    let fresh = try FreshWorkspace(baseModel: BaseModel(sha256: "abc", name: "small"))
    let workspace = fresh.workspace
    let id = try workspace.reserveVersion()
    let version = NewVersion(id: id, kind: .policy, parent: 0, learntFrom: [])
    let message = sentence { try workspace.publish(version) }
    #expect(message.contains("adapters/policy-\(id)"), "\(message)")
    #expect(try workspace.versions(.policy).isEmpty)
    let published = try workspace.publishVersion(.policy, metrics: ["loss": 0.5, "accuracy": 0.75])
    #expect(published.id == id + 1)
    #expect(published.state == .current)
    #expect(published.metrics == ["loss": 0.5, "accuracy": 0.75])
    #expect(published.baseSHA256 == "abc")
    #expect(published.path == "adapters/policy-\(published.id)")
    #expect(try workspace.currentVersion(.policy) == published)
    #expect(try workspace.currentVersion(.reward) == nil)
    #expect(
      sentence {
        try workspace.publish(
          NewVersion(id: published.id, kind: .policy, parent: nil, learntFrom: []))
      }.contains("already a version"))
  }

  @Test func learningFollowsTheChainAndARejectedVersionsLabelsAreHandled() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<5).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    func label(_ demonstration: String? = nil) throws -> [Int64] {
      try workspace.rank(workspace.makeSlate(), demonstration: demonstration)
    }
    let first = try label()
    let second = try label("Words.")
    #expect(try workspace.pendingLabels(.reward).map(\.id) == [first[0], second[0]])
    #expect(try workspace.pendingLabels(.policy).map(\.id) == first + second)

    let parent = try workspace.publishVersion(.policy, learntFrom: first)
    #expect(try workspace.pendingLabels(.policy).map(\.id) == second)
    #expect(try workspace.pendingLabels(.reward).count == 2)
    let rejected = try workspace.publishVersion(
      .policy, parent: parent.id, learntFrom: second, isRejected: true)
    #expect(rejected.state == .rejected)
    #expect(try workspace.currentVersion(.policy)?.id == parent.id)
    #expect(try workspace.pendingLabels(.policy).isEmpty)
    #expect(try workspace.unlearntLabels(.policy).map(\.id) == second)
    #expect(try workspace.learntLabels(version: rejected.id) == first + second)

    let third = try label()
    let child = try workspace.publishVersion(
      .policy, parent: parent.id, learntFrom: second + third)
    #expect(try workspace.learntLabels(version: child.id) == first + second + third)
    #expect(try workspace.unlearntLabels(.policy).isEmpty)
    #expect(try workspace.versions(thatLearnt: second[0]).map(\.id) == [rejected.id, child.id])
    #expect(child.learntCount == 3)

    try workspace.setCurrent(.policy, version: parent.id)
    #expect(try workspace.unlearntLabels(.policy).map(\.id) == second + third)
    #expect(try workspace.pendingLabels(.policy).isEmpty)
    #expect(try workspace.versions(.policy).map(\.state) == [.current, .rejected, .published])
  }

  @Test func aRetractedLabelIsNoLongerLearnt() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let learnt = try workspace.rank(workspace.makeSlate())
    try workspace.publishVersion(.reward, learntFrom: learnt)
    #expect(try workspace.learntButRetracted(.reward).isEmpty)
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.learntButRetracted(.reward) == learnt)
    #expect(try workspace.unlearntLabels(.reward).isEmpty)
    let pending = try workspace.rank(workspace.makeSlate())
    #expect(try workspace.pendingLabels(.reward).map(\.id) == pending)
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.pendingLabels(.reward).isEmpty)
  }

  @Test func pendingLabelsCanBePassedOver() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let labels = try workspace.rank(workspace.makeSlate())
    try workspace.markHandled(labels, for: .reward)
    #expect(try workspace.pendingLabels(.reward).isEmpty)
    #expect(try workspace.pendingLabels(.policy).map(\.id) == labels)
    #expect(try workspace.unlearntLabels(.reward).map(\.id) == labels)
  }

  @Test func onlyAUsableVersionOfItsKindIsPutIntoUse() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let reward = try workspace.publishVersion(.reward)
    let policy = try workspace.publishVersion(.policy)
    let rejected = try workspace.publishVersion(.policy, parent: policy.id, isRejected: true)
    for (version, words) in [(reward.id, "no policy version"), (rejected.id, "was rejected")] {
      let message = sentence { try workspace.setCurrent(.policy, version: version) }
      #expect(message.contains(words), "\(message)")
    }
    #expect(
      sentence { try workspace.publishVersion(.policy, parent: reward.id) }
        .contains("to be a parent"))
    try workspace.setCurrent(.policy, version: nil)
    #expect(try workspace.currentVersion(.policy) == nil)
    #expect(try workspace.currentVersion(.reward)?.id == reward.id)
  }

  @Test func filesInUseStayAndOldOnesMayGo() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    var ids: [Int64] = []
    for _ in 0..<26 { ids.append(try workspace.publishVersion(.policy).id) }
    let scorer = try workspace.publishVersion(.reward)
    try workspace.pin(version: ids[1])
    try workspace.setCurrent(.policy, version: ids[2])
    let slate = try workspace.makeSlate(
      completions: [completion("one", version: ids[3]), completion("two", version: ids[25])],
      rewardVersion: scorer.id, scores: [[1], [2]])
    // Twenty newest: 6...25. In use: 2. Pinned: 1. Wrote a waiting slate: 3.
    #expect(try workspace.prunableVersions().map(\.id) == [ids[0], ids[4], ids[5]])
    try workspace.rank(slate)
    #expect(try workspace.prunableVersions().map(\.id) == [ids[0], ids[3], ids[4], ids[5]])
    try workspace.markPruned([ids[0]])
    #expect(try workspace.version(ids[0])?.state == .pruned)
    #expect(try workspace.prunableVersions().map(\.id) == [ids[3], ids[4], ids[5]])
    for version in [ids[1], ids[2]] {
      #expect(sentence { try workspace.markPruned([version]) }.contains("must stay"))
    }
    #expect(
      sentence { try workspace.setCurrent(.policy, version: ids[0]) }.contains("have been deleted"))
  }

  @Test func foldersWithoutAVersionAreFound() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.publishVersion(.policy)
    let abandoned = fresh.directory.appendingPathComponent("adapters/policy-7")
    try FileManager.default.createDirectory(at: abandoned, withIntermediateDirectories: true)
    #expect(try fresh.workspace.unpublishedFolders() == ["adapters/policy-7"])
  }
}
