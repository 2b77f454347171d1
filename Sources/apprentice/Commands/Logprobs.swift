import ArgumentParser
import Exchange
import LanguageModel

/// What a policy thinks of given answers, token by token.
struct Logprobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give the log-probability of every token of given completions.",
    discussion: """
      Reads JSONL {"prompt","completion"} from standard input and writes \
      {"prompt_token_ids","completion_token_ids","logprobs","sum"}, the end token included: the \
      numbers of training's forward pass.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("A policy's adapter, as PEFT keeps it.", valueName: "dir"))
  var adapter: String?

  struct Line: Encodable {
    var promptTokenIDs: [TokenID]
    var completionTokenIDs: [TokenID]
    var logprobs: [Float]
    var sum: Double

    enum CodingKeys: String, CodingKey {
      case logprobs, sum
      case promptTokenIDs = "prompt_token_ids"
      case completionTokenIDs = "completion_token_ids"
    }
  }

  func run() throws {
    StartingEnvironment.forComputing()
    let model = try common.loadModel()
    let adapter = try model.adapter(at: adapter)
    let pass = TrainingPass(model: model)
    let encoder = RecordEncoder(model: model)
    try JSONLines.read(AnsweredRecord.self, from: .standardInput()) { record in
      let (prompt, completion) = try encoder.answered(record)
      let output = try pass.forward(
        [PackedSequence(prompt: prompt, completions: [completion])], adapter: adapter,
        needs: [.logprobs], keepForBackward: false)
      let logprobs = output.logprobs.values
      try Output.json(
        Line(
          promptTokenIDs: prompt, completionTokenIDs: completion, logprobs: logprobs,
          sum: logprobs.reduce(0) { $0 + Double($1) }))
    }
  }
}
