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

  @Test(arguments: [false, true])
  func whatAVersionHasNotLearntOfItsAncestorsIsToBeLearntAgain(_ isRejected: Bool) throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<4).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    let labels = try (0..<4).map { _ in try workspace.rank(workspace.makeSlate())[0] }
    let parent = try workspace.publishVersion(.policy, learntFrom: Array(labels[..<3]))
    try workspace.retract(label: labels[1], by: "ada")
    try workspace.publish(
      NewVersion(
        id: workspace.reserveVersion(), kind: .policy, parent: parent.id, path: parent.path,
        learntFrom: [], pendingAgain: Array(labels[1...]), isRejected: isRejected))
    // One was taken back, one waits anyway, and the version in use has learnt the third.
    let again = isRejected ? [labels[3]] : [labels[2], labels[3]]
    #expect(try workspace.pendingLabels(.policy).map(\.id) == again)
  }

  @Test func aRetractedLabelIsNoLongerLearnt() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    let learnt = try workspace.rank(workspace.makeSlate())
    let version = try workspace.publishVersion(.reward, learntFrom: learnt).id
    #expect(try workspace.retractedCounts().isEmpty)
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.retractedCounts() == [version: 1])
    #expect(try workspace.unlearntLabels(.reward).isEmpty)
    let pending = try workspace.rank(workspace.makeSlate())
    #expect(try workspace.pendingLabels(.reward).map(\.id) == pending)
    try workspace.undoLast(labeler: "ann")
    #expect(try workspace.pendingLabels(.reward).isEmpty)
  }

  @Test func whatHasLearntARetractedLabelIsLeftForTheNewestWithoutIt() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<6).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    var labels: [[Int64]] = []
    var versions: [Int64] = []
    for _ in 0..<4 {
      labels.append(try workspace.rank(workspace.makeSlate()))
      versions.append(
        try workspace.publishVersion(
          .policy, parent: versions.last, learntFrom: labels.last!
        ).id)
    }
    #expect(try !workspace.leaveRetracted(.policy))
    #expect(try workspace.currentVersion(.policy)?.id == versions[3])
    try workspace.retract(label: labels[2][0])
    #expect(try workspace.leaveRetracted(.policy))
    #expect(try workspace.currentVersion(.policy)?.id == versions[1])
    #expect(try workspace.pendingLabels(.policy).map(\.id) == labels[3])
    #expect(try !workspace.leaveRetracted(.policy))
    // The other kind had learnt nothing of it.
    #expect(try !workspace.leaveRetracted(.reward))
    // Where the one before has no files any more, it goes back further: here to the base.
    try workspace.markPruned([versions[0]])
    try workspace.retract(label: labels[1][0])
    #expect(try workspace.leaveRetracted(.policy))
    #expect(try workspace.currentVersion(.policy) == nil)
    #expect(try workspace.pendingLabels(.policy).map(\.id) == labels[0] + labels[3])
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

  @Test func aVersionWhoseFilesAreGoneCannotBePinned() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let old = try workspace.publishVersion(.policy).id
    try workspace.publishVersion(.policy)
    try workspace.pin(version: old)
    #expect(try workspace.version(old)?.isPinned == true)
    try workspace.pin(version: old, false)
    #expect(try workspace.version(old)?.isPinned == false)
    try workspace.markPruned([old])
    #expect(sentence { try workspace.pin(version: old) }.contains("have been deleted"))
    #expect(sentence { try workspace.pin(version: 99) }.contains("no version 99"))
  }

  @Test func labelsTakenBackAreCountedDownTheChain() throws {
    let fresh = try FreshWorkspace(
      prompts: (0..<6).map { NewPrompt(useCase: .chat, text: "Question \($0)?") })
    let workspace = fresh.workspace
    let labels = try (0..<5).map { _ in try workspace.rank(workspace.makeSlate())[0] }
    let first = try workspace.publishVersion(.policy, learntFrom: Array(labels[0...1])).id
    let second = try workspace.publishVersion(.policy, parent: first, learntFrom: [labels[2]]).id
    let side = try workspace.publishVersion(
      .policy, parent: first, learntFrom: [labels[3]], isRejected: true
    ).id
    let third = try workspace.publishVersion(.policy, parent: second).id
    let reward = try workspace.publishVersion(.reward, learntFrom: Array(labels[0...4])).id
    #expect(try workspace.retractedCounts().isEmpty)
    for label in [labels[0], labels[2], labels[3]] { try workspace.retract(label: label) }
    #expect(
      try workspace.retractedCounts() == [first: 1, second: 2, side: 2, third: 2, reward: 3])
  }

  @Test func countingLabelsTakenBackIsQuick() throws {
    let fresh = try FreshWorkspace.withPrompts()
    let workspace = fresh.workspace
    try workspace.rank(workspace.makeSlate())
    try workspace.write { db in
      try db.execute(
        sql: """
          WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
          INSERT INTO labels (id, kind, labeler_id, prompt_id, submission, duration, held_out,
            created, retracted_by, retracted_at)
          SELECT i, 'ranking', labeler_id, prompt_id, i, 0, 0, 0, labeler_id, 1
          FROM n, (SELECT labeler_id, prompt_id FROM labels LIMIT 1);
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
          INSERT INTO versions (id, kind, parent, path, rejected, base_sha256, weight_format,
            program, created)
          SELECT i, 'policy', nullif(i - 1, 0), '', 0, '', '', '', 0 FROM n;
          INSERT INTO version_labels (version_id, label_id)
          SELECT (id - 1) / 20 + 1, id FROM labels;
          """)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let counts = try workspace.retractedCounts()
    let seconds = (clock.now - start) / .seconds(1)
    #expect(counts[1] == 19)
    #expect(counts[500] == 9999)
    #expect(seconds < 0.5, "\(seconds) s")
  }

  @Test func whyAVersionWasRejectedIsRead() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    try workspace.set("version.12.rejection", to: "it lost fluency")
    try workspace.set("version.x.rejection", to: "no version")
    try workspace.set("version.3.note", to: "something else")
    #expect(try workspace.rejections() == [12: "it lost fluency"])
  }

  @Test func foldersWithoutAVersionAreFound() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.publishVersion(.policy)
    let abandoned = fresh.directory.appendingPathComponent("adapters/policy-7")
    try FileManager.default.createDirectory(at: abandoned, withIntermediateDirectories: true)
    #expect(try fresh.workspace.unpublishedFolders() == ["adapters/policy-7"])
  }
}
