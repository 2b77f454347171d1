import Feedback
import Storage
import TestSupport
import Testing

@testable import Exchange

@Suite struct TRLTests {
  @Test func demonstrationsGoOutAsConversations() throws {
    let fresh = try labelledWorkspace()
    let lines = try fresh.workspace.exported(.trlSFT)
    #expect(lines.count == 2)
    #expect(
      lines[1]
        == #"{"messages":[{"content":"Four","role":"user"},{"content":"4","role":"assistant"}]}"#)
  }

  @Test func strictPairsGoOutAndTiesDoNot() throws {
    let fresh = try labelledWorkspace()
    let lines = try fresh.workspace.exported(.trlPreference)
    // Tiers of 2, 1 and 1 give 2 + 2 + 1 pairs; the other ranking gives one.
    #expect(lines.count == 6)
    struct Pair: Decodable {
      var prompt: PromptText
      var chosen: AnswerText
      var rejected: AnswerText
    }
    let place = Place(file: "export", line: 1)
    let pairs = try lines.map { try JSONLines.decode(Pair.self, from: Placed($0, at: place)) }
    #expect(
      pairs[0..<5].map { [$0.chosen.text!, $0.rejected.text!] } == [
        ["four", "one"], ["four", "three"], ["two \u{1B}[0m", "one"], ["two \u{1B}[0m", "three"],
        ["one", "three"],
      ])
    #expect(pairs[5].chosen.text == "left")
    #expect(pairs[5].rejected.text == "right")
  }

  @Test func whatGoesOutCanBeImported() throws {
    let original = try labelledWorkspace()
    let copy = try FreshWorkspace()
    let demonstrations = try original.workspace.exported(.trlSFT)
    let pairs = try original.workspace.exported(.trlPreference)
    #expect(try copy.workspace.importing(.trlSFT, demonstrations) == 2)
    #expect(try copy.workspace.importing(.trlPreference, pairs) == 6)
    #expect(try copy.workspace.exported(.trlSFT) == demonstrations)
    #expect(try copy.workspace.exported(.trlPreference) == pairs)
    let statistics = try copy.workspace.statistics()
    #expect(statistics.labelCounts == [.demonstration: 2, .ranking: 6])
    #expect(statistics.labelerCounts == ["imported": 8])
  }

  @Test func stringsAreReadToo() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.importing(.trlSFT, [#"{"prompt":"Why?","completion":"Because."}"#])
    try fresh.workspace.importing(
      .trlPreference, [#"{"prompt":"Why?","chosen":"Because.","rejected":"No."}"#])
    let labels = try fresh.workspace.labels()
    #expect(labels[0].content == .demonstration(Demonstration(text: "Because.")))
    #expect(labels[1].prompt.id == labels[0].prompt.id)
    #expect(labels[1].kind == .ranking)
  }

  @Test func theLastTurnOfAConversationIsTheDemonstration() throws {
    let fresh = try FreshWorkspace()
    try fresh.workspace.importing(
      .trlSFT,
      [
        #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}"#
      ])
    let label = try #require(try fresh.workspace.labels().first)
    #expect(label.prompt.messages.map(\.content) == ["a", "b", "c"])
    #expect(label.content == .demonstration(Demonstration(text: "d")))
  }

  @Test(
    arguments: [
      (
        DatasetFormat.trlSFT,
        #"{"messages":[{"role":"assistant","content":"b"},{"role":"user","content":"a"}]}"#,
        "the conversation does not end with the assistant's turn"
      ),
      (
        .trlSFT, #"{"prompt":"a","completion":" "}"#,
        "the demonstration is empty: write something first"
      ),
      (.trlSFT, #"{"prompt":" ","completion":"b"}"#, "the prompt is empty"),
      (
        .trlPreference,
        #"{"prompt":"a","chosen":"x","rejected":[{"role":"assistant","content":"1"},{"role":"user","content":"2"},{"role":"assistant","content":"3"}]}"#,
        "an answer has several turns; a label's completion is one turn of the assistant's"
      ),
      (.trlPreference, #"{"prompt":"a","chosen":"x"}"#, #"the line lacks "rejected""#),
    ])
  func unusableLinesAreRefusedWithFileAndLine(
    format: DatasetFormat, line: String, reason: String
  ) throws {
    let fresh = try FreshWorkspace()
    let file = try TextFile("\n" + line)
    let message = sentence {
      _ = try DatasetImport.add(
        DatasetImport.read(format, paths: [file.path], labeler: "imported"), to: fresh.workspace)
    }
    #expect(message == "\(file.path):2: \(reason)")
    #expect(try fresh.workspace.labels().isEmpty)
    #expect(try fresh.workspace.prompts(includingRetired: true).isEmpty)
  }
}
