import Feedback
import Testing

@testable import Exchange

@Suite struct TrainingRecordTests {
  @Test func supervisedRecordsHoldAPairOrAConversation() throws {
    let file = try TextFile(
      """
      {"prompt":"Hi","completion":"Hello","other":1}

      {"prompt":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"completion":[{"role":"assistant","content":"Yo"}]}
      {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}
      """)
    let records = try SupervisedRecord.read(path: file.path)
    #expect(records.map(\.place.line) == [1, 3, 4])
    #expect(records[0].value == .completion(prompt: PromptText("Hi"), answer: AnswerText("Hello")))
    #expect(
      records[1].value
        == .completion(
          prompt: PromptText(messages: [
            Message(role: .system, content: "Be brief."), Message(role: .user, content: "Hi"),
          ]),
          answer: AnswerText(messages: [Message(role: .assistant, content: "Yo")])))
    #expect(
      records[2].value
        == .conversation([
          Message(role: .user, content: "a"), Message(role: .assistant, content: "b"),
        ]))
  }

  @Test func preferenceRecordsHoldAPairOrTiers() throws {
    let file = try TextFile(
      """
      {"prompt":"p","chosen":"good","rejected":[{"role":"assistant","content":"bad"}]}
      {"prompt":"p","completions":["a","b","c"],"tiers":[2,1,2]}
      """)
    let records = try PreferenceRecord.read(path: file.path).map(\.value)
    #expect(records[0].completions.map(\.text) == ["good", "bad"])
    #expect(records[0].tiers == [1, 2])
    #expect(records[1].completions.map(\.text) == ["a", "b", "c"])
    #expect(records[1].tiers == [2, 1, 2])
  }

  @Test(
    arguments: [
      ("nonsense", "is not valid JSON"),
      (#"{"prompt":"a","completion":"b""#, "is not valid JSON"),
      (#"{"prompt":"\ud800","completion":"b"}"#, "is not valid JSON"),
      ("[1]", "the line is not an object"),
      (#"{"completion":"b"}"#, #"the line has neither "prompt" with "completion" nor "messages""#),
      (#"{"prompt":"a"}"#, #"the line lacks "completion""#),
      (
        #"{"prompt":5,"completion":"b"}"#,
        #""prompt" cannot be used: it is neither a string nor a list of messages"#
      ),
      (#"{"prompt":[],"completion":"b"}"#, #""prompt" cannot be used: it holds no message"#),
      (
        #"{"prompt":[{"role":"assistant","content":"x"}],"completion":"b"}"#,
        #""prompt" cannot be used: it does not end with the user's turn"#
      ),
      (
        #"{"prompt":"a","completion":[{"role":"user","content":"x"}]}"#,
        #""completion" cannot be used: it does not begin and end with the assistant's turn"#
      ),
      (
        #"{"messages":[{"role":"user","content":"x"}]}"#,
        #""messages" cannot be used: no turn is the assistant's, so there is nothing to train"#
      ),
      (
        #"{"messages":[{"role":"tool\u001b","content":"x"}]}"#,
        #""messages[0].role" cannot be used: “tool\u{1b}” is none of system, user and assistant"#
      ),
      (
        #"{"messages":[{"role":"user","content":null}]}"#,
        #""messages[0].content" is null where a string is needed"#
      ),
      (#"{"messages":[{"role":"user"}]}"#, #""messages[0]" lacks "content""#),
    ])
  func malformedSupervisedRecordsAreRefusedWithFileAndLine(line: String, reason: String) throws {
    let file = try TextFile(#"{"prompt":"a","completion":"b"}"# + "\n" + line + "\n")
    #expect(
      sentence { _ = try SupervisedRecord.read(path: file.path) } == "\(file.path):2: \(reason)")
  }

  @Test(
    arguments: [
      (
        #"{"prompt":"a"}"#,
        #"the line has neither "chosen" with "rejected" nor "completions" with "tiers""#
      ),
      (#"{"prompt":"a","chosen":"b"}"#, #"the line lacks "rejected""#),
      (#"{"prompt":"a","completions":["x","y"]}"#, #"the line lacks "tiers""#),
      (
        #"{"prompt":"a","completions":["x"],"tiers":[1]}"#,
        #""completions" cannot be used: a comparison needs at least two"#
      ),
      (
        #"{"prompt":"a","completions":["x","y"],"tiers":[1]}"#,
        #""tiers" cannot be used: there are 1 for 2 completions; give one each"#
      ),
      (
        #"{"prompt":"a","completions":["x","y"],"tiers":[0,1]}"#,
        #""tiers" cannot be used: tiers count from 1, the best"#
      ),
      (
        #"{"prompt":"a","completions":["x",7],"tiers":[1,2]}"#,
        #""completions[1]" cannot be used: it is neither a string nor a list of messages"#
      ),
      (
        #"{"prompt":"a","completions":"x","tiers":[1,2]}"#, #""completions" is not a list"#
      ),
    ])
  func malformedPreferenceRecordsAreRefusedWithFileAndLine(line: String, reason: String) throws {
    let file = try TextFile("\n" + line)
    #expect(
      sentence { _ = try PreferenceRecord.read(path: file.path) } == "\(file.path):2: \(reason)")
  }

  @Test func aFileWithoutARecordIsRefused() throws {
    let file = try TextFile("\n  \n")
    #expect(
      sentence { _ = try SupervisedRecord.read(path: file.path) }
        == "\(file.path) holds no record")
  }

  @Test(arguments: [
    #"{"prompt":"a \" \n ü"}"#, #"{"prompt":[{"content":"a","role":"user"}]}"#,
  ])
  func promptsAreWrittenAsTheyWereRead(line: String) throws {
    struct Line: Codable { var prompt: PromptText }
    let place = Place(file: "standard input", line: 1)
    let record = try JSONLines.decode(Line.self, from: Placed(line, at: place))
    #expect(try JSONLines.encode(record) == line)
  }

  @Test func generateReadsLinesAndRecords() throws {
    func read(_ text: String) throws -> PromptText? {
      try PromptRecord.read(Placed(text, at: Place(file: "standard input", line: 3)))
    }
    #expect(try read("Why is the sky blue?") == PromptText("Why is the sky blue?"))
    #expect(try read(#" {"prompt":"x"}"#) == PromptText("x"))
    #expect(try read("  ") == nil)
    #expect(sentence { _ = try read("{x") } == "standard input:3: is not valid JSON")
  }
}
