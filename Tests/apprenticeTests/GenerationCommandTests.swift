import Foundation
import Testing

/// `generate` and `tokenize`, on the tiny model.
@Suite struct GenerationCommandTests {
  struct Line: Decodable {
    var index: Int
    var text: String
    var tokenIds: [Int32]
    var logprobs: [Float]
    var finishReason: String
  }

  @Test func everyPromptGetsItsCompletions() throws {
    let bench = try Bench()
    let outcome = try bench.run(
      "generate", "-n", "18", "--max-tokens", "5", "--json",
      input: "Why?\n\n{\"prompt\":[{\"role\":\"user\",\"content\":\"Hi\"}]}\n")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = try outcome.lines(as: Line.self)
    #expect(lines.map(\.index) == Array(0..<18) + Array(0..<18))
    for line in lines {
      #expect(line.tokenIds.count == line.logprobs.count)
      #expect(line.logprobs.allSatisfy { $0 <= 0 })
      #expect((line.finishReason == "stop") == (line.tokenIds.last == 2))
      #expect(line.tokenIds.count == 5 || line.finishReason == "stop")
    }
    #expect(Set(lines.map(\.tokenIds)).count > 18)
    let objects = try outcome.objects()
    #expect(objects[0]["prompt"] as? String == "Why?")
    #expect(objects[18]["prompt"] as? [[String: String]] == [["role": "user", "content": "Hi"]])
    #expect(
      Set(objects[0].keys)
        == ["prompt", "index", "text", "token_ids", "logprobs", "finish_reason"])
  }

  @Test func theSeedDecides() throws {
    let bench = try Bench()
    func ids(_ options: String...) throws -> [[Int32]] {
      let outcome = try Program.run(
        ["generate", "--model", bench.model, "--max-tokens", "8", "--json"] + options,
        input: "Why?\n", in: bench.url)
      return try outcome.lines(as: Line.self).map(\.tokenIds)
    }
    let first = try ids("-n", "2", "--seed", "5")
    #expect(try ids("-n", "2", "--seed", "5") == first)
    #expect(try ids("-n", "2", "--seed", "6") != first)
    let greedy = try ids("-n", "2", "--temperature", "0")
    #expect(greedy[0] == greedy[1])
    #expect(try ids("--top-k", "1") == [greedy[0]])
  }

  /// What `generate` drew has the log-probabilities that `logprobs` gives it.
  @Test func drawnLogprobsAreThePlainModels() throws {
    let bench = try Bench()
    let outcome = try bench.run(
      "generate", "-n", "32", "--max-tokens", "1", "--temperature", "0.7", "--json",
      input: "Why?\n")
    struct Record: Encodable {
      var prompt = "Why?"
      var completion: String
    }
    let lines = try outcome.lines(as: Line.self)
    let records = try lines.map {
      String(decoding: try JSONEncoder().encode(Record(completion: $0.text)), as: UTF8.self)
    }
    let answers = try bench.run("logprobs", input: records.joined(separator: "\n"))
      .lines(as: TrainingCommandTests.Logprobs.self)
    #expect(answers.count == lines.count)
    // Half a character becomes another text, with other tokens.
    let compared = zip(lines, answers).filter {
      $1.completionTokenIds == $0.tokenIds.filter { $0 != 2 } + [2]
    }
    #expect(compared.count >= 4)
    for (line, answer) in compared { #expect(abs(line.logprobs[0] - answer.logprobs[0]) < 1e-3) }
  }

  @Test func textIsHarmlessAndOneCompletionFollowsAnother() throws {
    let bench = try Bench()
    let outcome = try bench.run("generate", "-n", "8", "--max-tokens", "40", input: "Why?\n")
    #expect(outcome.status == 0)
    let controls = outcome.output.unicodeScalars.filter {
      $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
    }
    #expect(controls.isEmpty)
  }

  @Test func tokenizeReadsByteForByte() throws {
    let bench = try Bench()
    struct Ids: Decodable { var ids: [Int] }
    func ids(_ text: String, _ options: String...) throws -> [Int] {
      let outcome = try Program.run(
        ["tokenize", "--model", bench.model] + options, input: text, in: bench.url)
      return try #require(try outcome.lines(as: Ids.self).first).ids
    }
    #expect(try ids("") == [])
    // Three special tokens stand before the bytes.
    #expect(try ids("x\r\n") == [3 + 0x78, 3 + 0x0D, 3 + 0x0A])
    #expect(try ids("<|im_end|>").count > 1)
    #expect(try ids("<|im_end|>", "--special") == [2])
  }

  @Test func aPromptThatDoesNotFitIsRefusedWithItsLine() throws {
    let bench = try Bench()
    let outcome = try bench.run(
      "generate", "--max-tokens", "4", input: "Hi\n" + String(repeating: "x", count: 2000) + "\n")
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("Error: standard input:2: the text is "))
    #expect(outcome.errors.contains("the model's context is 1024"))
  }
}
