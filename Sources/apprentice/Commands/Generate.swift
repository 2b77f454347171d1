import ArgumentParser
import Exchange
import Feedback
import Foundation
import LanguageModel

/// Completions of prompts from standard input.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write completions for prompts from standard input.",
    discussion: """
      A prompt is a line, or a JSONL record {"prompt"} where the line begins with {; its prompt is a \
      string or a list of messages. Without an adapter the base model answers.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("A policy's adapter, as PEFT keeps it.", valueName: "dir"))
  var adapter: String?

  @Option(name: .customShort("n"), help: "How many completions of each prompt.")
  var count = 1

  @Option(help: "The longest completion, in tokens.")
  var maxTokens = 128

  @Option(help: "0 always takes the most likely token.")
  var temperature = 1.0

  @Option(help: "Keep that many of the most likely tokens; 0 keeps all.")
  var topK = 0

  @Option(help: "Keep the most likely tokens up to this probability together.")
  var topP = 1.0

  @Option(help: "Cut tokens under this share of the most likely one's probability.")
  var minP = 0.0

  @Option(help: "The same seed gives the same completions.")
  var seed: UInt64 = 0

  /// Completions drawn at once; more are drawn in turns, which does not change them.
  private static let slots = 16

  struct Line: Encodable {
    var prompt: PromptText
    var index: Int
    var text: String
    var tokenIDs: [TokenID]
    var logprobs: [Float]
    var finishReason: FinishReason

    enum CodingKeys: String, CodingKey {
      case prompt, index, text, logprobs
      case tokenIDs = "token_ids"
      case finishReason = "finish_reason"
    }
  }

  func validate() throws {
    guard count >= 1 else { throw ValidationError("-n is at least 1.") }
    guard maxTokens >= 1 else { throw ValidationError("--max-tokens is at least 1.") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature is 0 or more.")
    }
    guard topK >= 0 else { throw ValidationError("--top-k is 0 or more.") }
    guard topP > 0, topP <= 1 else { throw ValidationError("--top-p is above 0 and at most 1.") }
    guard minP >= 0, minP <= 1 else { throw ValidationError("--min-p goes from 0 to 1.") }
  }

  func run() throws {
    StartingEnvironment.forComputing()
    let model = try common.loadModel()
    let adapter = try model.adapter(at: adapter)
    let generator = Generator(model: model)
    let encoder = RecordEncoder(model: model)
    let sampling = SamplingParameters(
      temperature: temperature, topK: topK, topP: topP, minP: minP, maxTokens: maxTokens)
    let lines = TextLines.standardInput()
    var seeds = SplitMix64(seed: seed)
    while let line = try lines.next() {
      guard let prompt = try PromptRecord.read(line) else { continue }
      let tokens = encoder.prompt(prompt)
      try encoder.check(tokens.count + maxTokens, at: line.place)
      var drawn = 0
      while drawn < count {
        let slots = min(Self.slots, count - drawn)
        let completions = try generator.generate(
          prompt: tokens, adapter: adapter, seeds: (0..<slots).map { _ in seeds.next() },
          sampling: sampling)
        for (offset, completion) in completions.enumerated() {
          try write(completion, index: drawn + offset, prompt: prompt)
        }
        drawn += slots
      }
    }
  }

  private func write(_ completion: GeneratedCompletion, index: Int, prompt: PromptText) throws {
    if common.json {
      try Output.json(
        Line(
          prompt: prompt, index: index, text: completion.text, tokenIDs: completion.tokenIDs,
          logprobs: completion.logprobs, finishReason: completion.finishReason))
    } else {
      Output.line(printableLines(completion.text))
    }
  }
}
