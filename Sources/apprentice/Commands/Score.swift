import ArgumentParser
import Exchange
import LanguageModel
import Learning

/// What a reward model thinks of given answers.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score given completions with a reward model.",
    discussion: """
      Reads JSONL {"prompt","completion"} from standard input and writes {"score","scores"}: the \
      mean of the heads, and each, as trained.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("A reward model, as `train reward` writes it.", valueName: "dir"))
  var reward: String

  struct Line: Encodable {
    var score: Double
    var scores: [Float]
  }

  func run() throws {
    StartingEnvironment.forComputing()
    let model = try common.loadModel()
    let reward = try model.rewardModel(at: reward)
    let pass = TrainingPass(model: model)
    let encoder = RecordEncoder(model: model)
    try JSONLines.read(AnsweredRecord.self, from: .standardInput()) { record in
      let (prompt, completion) = try encoder.answered(record)
      let scores = try reward.score(prompt: prompt, completions: [completion], with: pass)[0]
      let mean = scores.reduce(0) { $0 + Double($1) } / Double(scores.count)
      try Output.json(Line(score: mean, scores: scores))
    }
  }
}
