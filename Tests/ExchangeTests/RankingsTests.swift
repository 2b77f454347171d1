import Feedback
import Foundation
import Storage
import TestSupport
import Testing

@testable import Exchange

@Suite struct RankingsTests {
  @Test func rankingsComeBackAsTheyWent() throws {
    let original = try labelledWorkspace()
    let lines = try original.workspace.exported(.rankings)
    #expect(lines.count == 4)

    let copy = try FreshWorkspace()
    #expect(try copy.workspace.importing(.rankings, lines) == 5)
    #expect(try copy.workspace.exported(.rankings) == lines)

    // The texts above are one reading of the labels; this is the other.
    let before = try original.workspace.labels()
    let after = try copy.workspace.labels()
    #expect(after.map(\.kind) == [.ranking, .demonstration, .ranking, .skip, .demonstration])
    #expect(after.map(\.labeler) == before.map(\.labeler))
    #expect(after.map(\.duration) == before.map(\.duration))
    #expect(after.map(\.prompt.key) == before.map(\.prompt.key))
    #expect(after.map(\.prompt.messages) == before.map(\.prompt.messages))
    for (old, new) in zip(before, after) {
      guard let oldSlate = old.slate, let newSlate = new.slate else {
        #expect(old.slate == nil && new.slate == nil)
        continue
      }
      let shown = try #require(try original.workspace.slate(oldSlate))
      var imported = try #require(try copy.workspace.slate(newSlate))
      #expect(imported.activelyChosen == shown.activelyChosen)
      for index in imported.completions.indices {
        imported.completions[index].id = shown.completions[index].id
      }
      #expect(imported.completions == shown.completions)
    }
  }

  @Test func aLineHoldsWhatWasOnTheScreen() throws {
    let fresh = try labelledWorkspace()
    let line = try fresh.workspace.exported(.rankings)[0]
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["labeler"] as? String == "ada")
    #expect(object["duration"] as? Double == 12.625)
    #expect(object["actively_chosen"] as? Bool == true)
    #expect(object["tiers"] as? [[String]] == [["A", "C"], ["D"], ["B"]])
    let completions = try #require(object["completions"] as? [[String: Any]])
    #expect(completions.map { $0["id"] as? String } == ["A", "B", "C", "D"])
    #expect(completions.map { $0["text"] as? String } == ["four", "three", "two \u{1B}[0m", "one"])
    #expect(completions[1]["flags"] as? [String] == ["fails_instruction", "hallucination"])
    #expect(completions[0]["quality"] as? Int == 6)
    #expect(
      object["demonstration"] as? [String: String]
        == ["text": "three, better", "edited_from": "C"])
  }

  @Test func aRecordMayLeaveOutWhatItDoesNotKnow() throws {
    let fresh = try FreshWorkspace()
    let count = try fresh.workspace.importing(
      .rankings,
      [
        #"{"prompt":{"messages":"Why?"},"completions":[{"id":"x","text":"a"},{"id":"y","text":"b"}],"tiers":[["y"],["x"]]}"#
      ])
    #expect(count == 1)
    let label = try #require(try fresh.workspace.labels().first)
    #expect(label.labeler == "imported")
    let completions = try fresh.workspace.completions(slate: label.slate!)
    guard case .ranking(let ranking) = label.content else {
      Issue.record("the label is a \(label.kind)")
      return
    }
    #expect(ranking.tiers == [[completions[1].id], [completions[0].id]])
    #expect(completions.map(\.text) == ["a", "b"])
  }

  static let good =
    #"{"prompt":{"id":"q","messages":"Why?"},"completions":[{"id":"x","text":"a"},{"id":"y","text":"b"}],"tiers":[["y"],["x"]]}"#

  @Test(
    arguments: [
      ("{", "is not valid JSON"),
      ("{}", #"the line lacks "prompt""#),
      (
        #"{"prompt":{"messages":"a\u0007"}}"#,
        "the prompt holds the control character U+0007; take it out"
      ),
      (
        good.replacingOccurrences(of: #"[["y"],["x"]]"#, with: #"[["y"],["z"]]"#),
        "there is no completion “z”"
      ),
      (
        good.replacingOccurrences(of: #"[["y"],["x"]]"#, with: #"[["y"]]"#),
        "the ranking leaves out completion"
      ),
      (
        good.replacingOccurrences(of: #"[["y"],["x"]]"#, with: #"[["y"],["y","x"]]"#),
        "stands in the ranking twice"
      ),
      (
        good.replacingOccurrences(of: #""id":"y""#, with: #""id":"x""#),
        "two completions have the id “x”"
      ),
      (
        good.replacingOccurrences(of: #""text":"b""#, with: #""text":"b","seed":"-1""#),
        "completion “y” has no usable seed: “-1”"
      ),
      (
        good.replacingOccurrences(of: #""text":"b""#, with: #""text":"b","origin":"moon""#),
        "completion “y” has the unknown origin “moon”"
      ),
      (
        good.replacingOccurrences(of: #""text":"b""#, with: #""text":"b","flags":["bad"]"#),
        "completion “y” has the unknown flag “bad”"
      ),
      (
        good.replacingOccurrences(
          of: #""text":"b""#, with: #""text":"b","token_ids":[1],"logprobs":[1,2]"#),
        "completion “y” has 2 log-probabilities for 1 tokens"
      ),
      (
        good.replacingOccurrences(of: #""text":"b""#, with: #""text":"b","quality":9"#),
        "quality goes from 1 to 7: 9 is no quality"
      ),
      (
        good.replacingOccurrences(of: #","tiers":[["y"],["x"]]"#, with: ""),
        "nothing was submitted"
      ),
      (
        good.replacingOccurrences(of: "Why?", with: "Another?"),
        "there is already another prompt “q”"
      ),
      (
        #"{"prompt":{"messages":"a"},"demonstration":{"text":"b"},"duration":-1}"#,
        #""duration" is below 0"#
      ),
      (
        #"{"prompt":{"messages":"a"},"demonstration":{"text":"b"},"labeler":"a\u001b"}"#,
        #"the labeler's name “a\u{1b}” holds control characters"#
      ),
    ])
  func oneUnusableLineChangesNothing(line: String, reason: String) throws {
    let fresh = try FreshWorkspace()
    let file = try TextFile([Self.good, "", line].joined(separator: "\n"))
    let message = sentence {
      _ = try DatasetImport.add(
        DatasetImport.read(.rankings, paths: [file.path], labeler: "imported"),
        to: fresh.workspace)
    }
    #expect(message?.hasPrefix("\(file.path):3: ") == true, "\(message ?? "no error")")
    #expect(message?.contains(reason) == true, "\(message ?? "no error")")
    #expect(try fresh.workspace.labels().isEmpty)
    #expect(try fresh.workspace.prompts(includingRetired: true).isEmpty)
  }

  @Test func allFilesOfAnImportAreOne() throws {
    let fresh = try FreshWorkspace()
    let good = try TextFile(Self.good)
    let bad = try TextFile("nonsense")
    let message = sentence {
      _ = try DatasetImport.add(
        DatasetImport.read(.rankings, paths: [good.path, bad.path], labeler: "imported"),
        to: fresh.workspace)
    }
    #expect(message == "\(bad.path):1: is not valid JSON")
    #expect(try fresh.workspace.labels().isEmpty)
  }

  @Test func everyNumberSurvives() throws {
    let fresh = try FreshWorkspace(prompts: [NewPrompt(key: "p", text: "Why?")])
    var random = SplitMix64(seed: 11)
    var logprobs: [Float] = [
      .leastNonzeroMagnitude, -Float.greatestFiniteMagnitude, -Float.infinity, -0.1,
    ]
    for _ in 0..<500 { logprobs.append(-Float(random.uniform()) * 30) }
    let completions = ["a", "b"].map { text in
      var completion = NewCompletion.sample(text, seed: 1)
      completion.tokenIDs = (0..<Int32(logprobs.count)).map { $0 }
      completion.logprobs = logprobs
      return completion
    }
    try fresh.workspace.importLabels([
      ImportedLabel(
        prompt: NewPrompt(key: "p", text: "Why?"), completions: completions, labeler: "ada",
        tiers: [[1], [0]], duration: 1.0 / 3, created: 1_790_000_000.123456)
    ])
    let copy = try FreshWorkspace()
    try copy.workspace.importing(.rankings, fresh.workspace.exported(.rankings))
    let label = try #require(try copy.workspace.labels().first)
    #expect(label.duration == 1.0 / 3)
    #expect(label.created == 1_790_000_000.123456)
    #expect(
      try copy.workspace.completions(slate: label.slate!).map(\.logprobs) == [logprobs, logprobs])
  }
}
