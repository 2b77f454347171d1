import Feedback
import TestSupport
import Testing

@testable import Storage

/// Labels from files.
@Suite struct ImportTests {
  private func record(_ text: String) -> ImportedLabel {
    ImportedLabel(
      prompt: NewPrompt(key: "moon", useCase: .generation, text: text),
      completions: [
        completion("a", version: 31), completion("b", origin: .reference), completion("c"),
      ],
      labeler: "eve", tiers: [[2, 0], [1]], demonstration: "Better.", editedFrom: 1,
      quality: [0: 6], flags: [1: [.violentContent]], duration: 8, created: 1234)
  }

  @Test func everythingOfARecordIsKept() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let ids = try workspace.importLabels([record("Explain the moon.")])[0]
    let labels = try workspace.labels()
    #expect(labels.map(\.id) == ids)
    #expect(labels.map(\.kind) == [.ranking, .demonstration])
    #expect(labels.allSatisfy { $0.labeler == "eve" && $0.created == 1234 && $0.duration == 8 })
    let slate = try #require(try workspace.slate(labels[0].slate ?? 0))
    #expect(slate.completions.map(\.text) == ["a", "b", "c"])
    #expect(slate.completions[0].policyVersion == 31)
    let (a, b, c) = (slate.completions[0].id, slate.completions[1].id, slate.completions[2].id)
    #expect(labels[0].content == .ranking(try Ranking(tiers: [[a, c], [b]], of: [a, b, c])))
    #expect(labels[1].content == .demonstration(Demonstration(text: "Better.", editedFrom: b)))
    let annotations = try workspace.annotations(label: ids[0])
    #expect(annotations.quality == [a: 6])
    #expect(annotations.flags == [b: [.violentContent]])
    #expect(try workspace.pendingLabels(.reward).map(\.id) == [ids[0]])
    #expect(try workspace.statistics().rankings.isEmpty)
    #expect(try workspace.promptCount() == 0)
    #expect(try workspace.nextPrompt() == nil)
    let prompt = record("Explain the moon.").prompt
    #expect(try workspace.addPrompts([prompt]) == 1)
    #expect(try workspace.nextPrompt()?.key == "moon")
  }

  @Test func anImportIsAllOrNothingAndNamesTheRecord() throws {
    let fresh = try FreshWorkspace()
    var bad = record("Explain the moon.")
    bad.tiers = [[0], [1]]
    let message = sentence {
      try fresh.workspace.importLabels([record("Explain the moon."), bad]) { "f.jsonl:\($0 + 1)" }
    }
    #expect(message.hasPrefix("f.jsonl:2: the ranking leaves out completion"), "\(message)")
    #expect(try fresh.workspace.labels().isEmpty)
    #expect(try fresh.workspace.promptCount() == 0)
    var other = record("Explain the sun.")
    other.completions = []
    #expect(
      sentence { try fresh.workspace.importLabels([other]) }.contains("no completion 2 among 0"))
  }

  @Test func importedLabelsAreNotUndoneButCanBeTakenBack() throws {
    let fresh = try FreshWorkspace()
    let workspace = fresh.workspace
    let ids = try workspace.importLabels([record("Explain the moon.")])[0]
    #expect(try workspace.undoLast(labeler: "eve") == nil)
    #expect(try workspace.retract(label: ids[0]).labels.map(\.id) == ids)
    #expect(try workspace.labels().isEmpty)
    #expect(try workspace.claimNextSlate(labeler: "eve") == nil)
  }
}
