import Foundation
import TestSupport
import Testing

/// Models other than the one that comes with the program.
@Suite struct ModelChoiceTests {
  @Test(arguments: ["llama", "qwen2", "qwen3"])
  func anotherModelIsTaughtAndAsked(architecture: String) throws {
    let bench = try Bench()
    let model = ["--model", try fixture("models/\(architecture).gguf").path]
    func run(_ arguments: [String], input: String = "") throws -> Program.Outcome {
      try Program.run(arguments + model, input: input, in: bench.url)
    }
    let doctor = try run(["doctor"])
    #expect(doctor.status == 0, "\(doctor.errors)")
    #expect(doctor.output.contains("\(architecture), 2 layers"), "\(doctor.output)")

    let answers = try bench.write(
      "answers.jsonl", #"{"prompt":"Name a river.","completion":"The Elbe."}"#)
    let training = try run([
      "train", "sft", "--data", answers, "--out", "adapter", "--steps", "8", "--learning-rate",
      "0.01",
    ])
    #expect(training.status == 0, "\(training.errors)")
    struct Sum: Decodable { var sum: Double }
    func sum(_ arguments: String...) throws -> Double {
      let input = try String(contentsOfFile: answers, encoding: .utf8)
      let outcome = try run(["logprobs"] + arguments, input: input)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try #require(outcome.lines(as: Sum.self).first).sum
    }
    #expect(try sum("--adapter", "adapter") > sum() + 5)
    let generated = try run(
      ["generate", "--adapter", "adapter", "-n", "2", "--max-tokens", "8"], input: "Hi\n")
    #expect(generated.status == 0, "\(generated.errors)")
    #expect(generated.output.split(separator: "\n").count == 2)
  }

  @Test func aModelThatDoesNotFitIsRefusedWithWhatWould() throws {
    let bench = try Bench()
    for (found, other, supported) in [
      ("llama", "mamba", "qwen2"), ("smollm", "tekken", "llama-bpe"),
      ("<|im_start|>", "<|hi_start|>", "--chat-template"),
    ] {
      var bytes = TinyModel.bytes()
      while let range = bytes.range(of: Data(found.utf8)) {
        bytes.replaceSubrange(range, with: Data(other.utf8))
      }
      let url = bench.url.appendingPathComponent("other.gguf")
      try bytes.write(to: url)
      let doctor = try bench.run("doctor", "--model", url.path)
      #expect(doctor.status == 1)
      #expect(doctor.output.contains("missing model"), "\(doctor.output)")
      #expect(doctor.output.contains(supported), "\(doctor.output)")
      #expect(!doctor.output.contains("make model"))
    }
  }
}
