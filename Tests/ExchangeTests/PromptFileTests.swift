import Feedback
import Storage
import Testing

@testable import Exchange

@Suite struct PromptFileTests {
  func read(_ text: String) throws -> [NewPrompt] {
    let file = try TextFile(text)
    return try PromptFile.read(paths: [file.path]).map(\.value)
  }

  @Test func jsonRecordsAreRead() throws {
    let prompts = try read(
      """
      {"id":"a-1","use_case":"open_qa","text":"Why?\\r\\nTell me.\\tNow."}

      {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"user","content":"Bye"}]}
      """)
    #expect(
      prompts == [
        NewPrompt(key: "a-1", useCase: .openQA, text: "Why?\nTell me.\tNow."),
        NewPrompt(
          useCase: .other,
          messages: [
            Message(role: .user, content: "Hi"), Message(role: .assistant, content: "Hello"),
            Message(role: .user, content: "Bye"),
          ]),
      ])
  }

  @Test func plainTextIsOnePromptALine() throws {
    #expect(
      try read("Why?\r\n\nWhat {is} this?") == [
        NewPrompt(text: "Why?"), NewPrompt(text: "What {is} this?"),
      ])
  }

  @Test(
    arguments: [
      (#"{"text":"a\u001b[31m"}"#, "the prompt holds the control character U+001B; take it out"),
      (#"{"text":"a\u0000"}"#, "the prompt holds the control character U+0000; take it out"),
      (#"{"text":"a\u009b"}"#, "the prompt holds the control character U+009B; take it out"),
      (#"{"text":"a\rb"}"#, "the prompt holds the control character U+000D; take it out"),
      (
        #"{"id":"a\nb","text":"x"}"#,
        "the prompt's id holds the control character U+000A; take it out"
      ),
      (#"{"id":" ","text":"x"}"#, "the prompt's id is empty"),
      (#"{"text":" "}"#, "the prompt is empty"),
      (#"{"id":"x"}"#, #"a prompt has either "text" or "messages""#),
      (#"{"text":"a","messages":[]}"#, #"a prompt has either "text" or "messages""#),
      (
        #"{"messages":[{"role":"assistant","content":"x"}]}"#,
        "the prompt does not end with the user's turn"
      ),
      (
        #"{"text":"a","use_case":"poetry"}"#,
        "“poetry” is no use case; there are generation, open_qa, brainstorming, chat, rewrite, "
          + "summarization, classification, other, closed_qa, extract"
      ),
      (#"{"text":5}"#, #""text" is not a string"#),
      (#"{"id":5,"text":"a"}"#, #""id" is not a string"#),
      ("plain text", "is not valid JSON"),
    ])
  func unusablePromptsAreRefusedWithFileAndLine(line: String, reason: String) throws {
    let file = try TextFile(#"{"text":"fine"}"# + "\n" + line)
    #expect(
      sentence { _ = try PromptFile.read(paths: [file.path]) } == "\(file.path):2: \(reason)")
  }

  @Test func controlCharactersInPlainTextAreRefused() throws {
    let file = try TextFile("fine\nno\u{1B}[2J\n")
    #expect(
      sentence { _ = try PromptFile.read(paths: [file.path]) }
        == "\(file.path):2: the prompt holds the control character U+001B; take it out")
  }

  @Test func anIdNamesOnePromptInAllFiles() throws {
    let first = try TextFile(#"{"id":"a","text":"one"}"#)
    let second = try TextFile(#"{"id":"a","text":"one"}"# + "\n" + #"{"id":"a","text":"two"}"#)
    #expect(
      sentence { _ = try PromptFile.read(paths: [first.path, second.path]) }
        == "\(second.path):2: the id “a” names another prompt in \(second.path):1")
  }

  @Test func aFileWithoutAPromptIsRefused() throws {
    let file = try TextFile("\n")
    #expect(
      sentence { _ = try PromptFile.read(paths: [file.path]) } == "\(file.path) holds no prompt")
  }
}
