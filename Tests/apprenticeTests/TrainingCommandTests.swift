import Foundation
import TestSupport
import Testing

/// `train` and what is done with its adapters, on the tiny model.
@Suite struct TrainingCommandTests {
  struct Step: Decodable {
    var step: Int
    var loss: Double
    var gradNorm: Double
    var tokens: Int
    var seconds: Double
  }

  struct Logprobs: Decodable {
    var promptTokenIds: [Int32]
    var completionTokenIds: [Int32]
    var logprobs: [Float]
    var sum: Double
  }

  struct Score: Decodable {
    var score: Double
    var scores: [Float]
  }

  static let demonstration = #"{"prompt":"Say hi","completion":"Hello there."}"#
  static let pair = #"{"prompt":"Say hi","chosen":"Hello there.","rejected":"No way."}"#

  func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-5 * max(1, abs(b)) }

  /// Whatever `logprobs` says of an adapter is what training's forward pass finds: the loss of the
  /// next step, before its update.
  @Test func fineTuningGivesAnAdapterWhoseLogprobsAreTrainings() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.demonstration)
    let first = try bench.run(
      "train", "sft", "--data", "data.jsonl", "--out", "a", "--steps", "4", "--rank", "4",
      "--learning-rate", "0.01", "--schedule", "constant", "--json")
    #expect(first.status == 0, "\(first.errors)")
    let steps = try first.lines(as: Step.self)
    #expect(steps.map(\.step) == [1, 2, 3, 4])
    #expect(steps[3].loss < steps[0].loss)
    #expect(steps.allSatisfy { $0.gradNorm > 0 && $0.tokens > 0 && $0.seconds > 0 })
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: bench.path("a")).sorted()
        == ["adapter_config.json", "adapter_model.safetensors"])

    func logprobs(_ options: String...) throws -> Logprobs {
      let outcome = try Program.run(
        ["logprobs", "--model", bench.model] + options, input: Self.demonstration + "\n",
        in: bench.url)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try #require(try outcome.lines(as: Logprobs.self).first)
    }
    let base = try logprobs()
    #expect(base.logprobs.count == base.completionTokenIds.count)
    #expect(base.completionTokenIds.last == 2)
    #expect(close(base.sum, base.logprobs.reduce(0) { $0 + Double($1) }))
    #expect(close(-base.sum / Double(base.logprobs.count), steps[0].loss))

    let second = try bench.run(
      "train", "sft", "--data", "data.jsonl", "--out", "b", "--steps", "1", "--adapter", "a",
      "--json")
    let next = try #require(try second.lines(as: Step.self).first)
    let learnt = try logprobs("--adapter", "a")
    #expect(close(-learnt.sum / Double(learnt.logprobs.count), next.loss))
    #expect(next.loss < steps[0].loss)
  }

  @Test func aRewardModelScoresAsItWasTrained() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.pair)
    let first = try bench.run(
      "train", "reward", "--data", "data.jsonl", "--out", "r", "--heads", "3", "--steps", "3",
      "--json")
    #expect(first.status == 0, "\(first.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: bench.path("r")).sorted()
        == ["adapter_config.json", "adapter_model.safetensors", "heads.safetensors"])
    let outcome = try bench.run(
      "score", "--reward", "r",
      input: """
        {"prompt":"Say hi","completion":"Hello there."}
        {"prompt":[{"role":"user","content":"Say hi"}],"completion":"No way."}
        """)
    let scores = try outcome.lines(as: Score.self)
    #expect(scores.count == 2)
    for score in scores {
      #expect(score.scores.count == 3)
      #expect(close(score.score, score.scores.reduce(0) { $0 + Double($1) } / 3))
    }
    let expected =
      zip(scores[0].scores, scores[1].scores).reduce(0) { $0 + log1p(exp(Double($1.1 - $1.0))) } / 3
    let second = try bench.run(
      "train", "reward", "--data", "data.jsonl", "--out", "r2", "--steps", "1", "--adapter", "r",
      "--json")
    let next = try #require(try second.lines(as: Step.self).first)
    #expect(close(next.loss, expected), "\(next.loss) against \(expected)")
  }

  @Test func preferenceTrainingStartsAtTheBase() throws {
    let bench = try Bench()
    try bench.write(
      "data.jsonl",
      Self.pair + "\n" + #"{"prompt":"p","completions":["a","b","c"],"tiers":[1,1,1]}"# + "\n"
        + #"{"prompt":"p","completions":["a","b","c"],"tiers":[2,1,2]}"#)
    let outcome = try bench.run(
      "train", "dpo", "--data", "data.jsonl", "--out", "d", "--epochs", "3", "--batch", "2",
      "--learning-rate", "0.01", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("Left out 1 records that hold nothing but ties."))
    let steps = try outcome.lines(as: Step.self)
    #expect(steps.count == 3)
    #expect(close(steps[0].loss, 0.6931471805599453))
    #expect(steps[2].loss < steps[0].loss)
  }

  @Test func aGivenAdapterKeepsItsRank() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.demonstration)
    func train(_ options: String...) throws -> Program.Outcome {
      try Program.run(
        ["train", "sft", "--model", bench.model, "--data", "data.jsonl", "--steps", "1"] + options,
        in: bench.url)
    }
    #expect(try train("--out", "a", "--rank", "3", "--alpha", "7", "--layers", "1-1").status == 0)
    let second = try train("--out", "b", "--adapter", "a", "--rank", "9")
    #expect(second.errors.contains("keeps its rank"))
    struct Configuration: Decodable {
      var r: Int
      var loraAlpha: Double
      var layersToTransform: [Int]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let configuration = try decoder.decode(
      Configuration.self,
      from: Data(contentsOf: bench.url.appendingPathComponent("b/adapter_config.json")))
    #expect(configuration.r == 3)
    #expect(configuration.loraAlpha == 7)
    #expect(configuration.layersToTransform == [1])
    #expect(try train("--out", "c", "--layers", "1-2").status == 1)
  }

  @Test func theSameSeedTrainsTheSameAdapter() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.demonstration + "\n" + #"{"prompt":"a","completion":"b"}"#)
    func train(_ out: String, seed: String) throws -> Data {
      let outcome = try bench.run(
        "train", "sft", "--data", "data.jsonl", "--out", out, "--batch", "1", "--shuffle",
        "--seed", seed)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(
        contentsOf: bench.url.appendingPathComponent(out + "/adapter_model.safetensors"))
    }
    let first = try train("a", seed: "1")
    #expect(try train("b", seed: "1") == first)
    #expect(try train("c", seed: "2") != first)
  }

  @Test func anInterruptLeavesNothingBehind() throws {
    let bench = try Bench()
    try bench.write("data.jsonl", Self.demonstration)
    let files = try TemporaryFolder()
    let before = try bench.names()
    let (process, output, _) = try Program.start(
      [
        "train", "sft", "--model", bench.model, "--data", "data.jsonl", "--out", "a", "--steps",
        "100000000", "--json",
      ], in: bench.url, files: files.url)
    while try Data(contentsOf: output).isEmpty, process.isRunning { usleep(1000) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == SIGINT)
    #expect(try bench.names() == before)
  }
}
