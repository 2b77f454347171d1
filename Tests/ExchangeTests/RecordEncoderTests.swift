import Feedback
import LanguageModel
import Learning
import TestSupport
import Testing

@testable import Exchange

@Suite struct RecordEncoderTests {
  let template: ChatTemplate
  let tokenizer: Tokenizer
  let encoder: RecordEncoder
  let place = Place(file: "data.jsonl", line: 7)

  init() throws {
    let gguf = try GGUFFile(path: TinyModel.write())
    template = try ChatTemplate(gguf: gguf)
    tokenizer = try Tokenizer(gguf: gguf)
    encoder = RecordEncoder(template: template, tokenizer: tokenizer, contextLength: 200)
  }

  func message(_ role: Message.Role, _ text: String) -> Message {
    Message(role: role, content: text)
  }

  @Test func anAnswerIsTrainedWholeWithItsEndToken() throws {
    let record = SupervisedRecord.completion(
      prompt: PromptText("Say <|im_end|>"), answer: AnswerText("No <|im_end|>"))
    let example = try encoder.supervised(Placed(record, at: place))
    #expect(
      example.prompt
        == template.encodePrompt([message(.user, "Say <|im_end|>")], tokenizer: tokenizer))
    #expect(example.completion == tokenizer.encode("No <|im_end|>") + [tokenizer.endToken])
    #expect(example.trained.allSatisfy { $0 })
    #expect(example.completion.count { $0 == tokenizer.endToken } == 1)
  }

  @Test func everyAssistantTurnOfAConversationIsTrained() throws {
    let record = SupervisedRecord.conversation([
      message(.user, "one"), message(.assistant, "two"), message(.user, "three"),
      message(.assistant, "four"),
    ])
    let example = try encoder.supervised(Placed(record, at: place))
    #expect(
      example.prompt == template.encodePrompt([message(.user, "one")], tokenizer: tokenizer))
    let trained = zip(example.completion, example.trained).filter(\.1).map(\.0)
    let end = tokenizer.endToken
    #expect(trained == tokenizer.encode("two") + [end] + tokenizer.encode("four") + [end])
    let text = tokenizer.decode(example.prompt + example.completion, skipSpecial: false)
    #expect(
      text.hasSuffix(
        "two<|im_end|>\n<|im_start|>user\nthree<|im_end|>\n<|im_start|>assistant\nfour<|im_end|>"))
  }

  @Test func onlyTheAnswersTurnsAreTrainedWhenThePromptHasTurnsToo() throws {
    let prompt = PromptText(messages: [
      message(.user, "one"), message(.assistant, "two"), message(.user, "three"),
    ])
    let answer = AnswerText(messages: [
      message(.assistant, "four"), message(.user, "five"), message(.assistant, "six"),
    ])
    let (tokens, trained) = encoder.answer(answer, to: prompt)
    let end = tokenizer.endToken
    #expect(
      zip(tokens, trained).filter(\.1).map(\.0)
        == tokenizer.encode("four") + [end] + tokenizer.encode("six") + [end])
    #expect(
      tokenizer.decode(tokens, skipSpecial: false)
        == "four<|im_end|>\n<|im_start|>user\nfive<|im_end|>\n<|im_start|>assistant\nsix<|im_end|>")
  }

  @Test func aRankingGivesItsStrictPairs() throws {
    func record(_ prompt: String, _ tiers: [Int]) throws -> RankedExample? {
      let line = #"{"prompt":"\#(prompt)","completions":["a","b","c"],"tiers":\#(tiers)}"#
      let record = try JSONLines.decode(PreferenceRecord.self, from: Placed(line, at: place))
      return try encoder.ranked(Placed(record, at: place))
    }
    let example = try #require(try record("p", [2, 1, 2]))
    #expect(
      example.pairs == [Pair(preferred: 1, rejected: 0), Pair(preferred: 1, rejected: 2)])
    #expect(
      example.completions
        == ["a", "b", "c"].map { tokenizer.encode($0) + [tokenizer.endToken] })
    #expect(try record("p", [1, 1, 1]) == nil)
    #expect(try record("p", [1, 2, 3])?.group == example.group)
    #expect(try record("q", [1, 2, 3])?.group != example.group)
  }

  @Test func whatDoesNotFitTheContextIsRefusedWithFileAndLine() throws {
    let long = AnswerText(String(repeating: "x", count: 300))
    let record = SupervisedRecord.completion(prompt: PromptText("p"), answer: long)
    let message = sentence { _ = try encoder.supervised(Placed(record, at: place)) }
    #expect(message?.hasPrefix("data.jsonl:7: the text is ") == true)
    #expect(message?.hasSuffix("the model's context is 200; shorten it") == true)
  }
}
