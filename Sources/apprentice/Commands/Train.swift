import ArgumentParser
import Exchange
import Foundation
import LanguageModel
import Learning

/// Training on a file, outside any workspace.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a policy or a reward model on a file; writes a PEFT adapter.",
    discussion: """
      sft reads {"prompt","completion"} or {"messages"}, of which every assistant turn is trained; \
      reward and dpo read {"prompt","chosen","rejected"} or {"prompt","completions":[…],\
      "tiers":[…]} with a tier number each, 1 best. Prompts and answers are strings or lists of \
      messages. Records are taken in file order and around again unless --shuffle. Per step it \
      writes {"step","loss","grad_norm","tokens","seconds"} with --json.

      Defaults: sft learning rate 2e-4, 3 epochs; reward 3e-4, 1 epoch; dpo 1e-4, 2 epochs. AdamW \
      0.9, 0.95, eps 1e-8, no decay. With --layers, what lies below the lowest is computed once for \
      each record, as long as 96 MB hold it. Nothing is written before the training is over.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "What to train.")
  var kind: TrainingKind

  @Option(help: ArgumentHelp("The records, JSONL.", valueName: "file"))
  var data: String

  @Option(help: ArgumentHelp("Where the adapter goes; must not exist.", valueName: "dir"))
  var out: String

  @OptionGroup(title: "Adapter") var start: AdapterOptions
  @OptionGroup(title: "Steps") var steps: StepOptions

  @Option(help: "dpo: how strongly it is held to the base (default: 0.1).")
  var beta: Double?

  @Option(
    help: "dpo: weight of the cross-entropy on the best completions, per token (default: 0).")
  var anchor: Double?

  @Option(
    help: "reward: heads, each on a bootstrap of the prompts when there are several (default: 1).")
  var heads: Int?

  func validate() throws {
    guard beta == nil || kind == .dpo else { throw ValidationError("--beta belongs to dpo.") }
    guard beta.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--beta is above 0.")
    }
    guard anchor == nil || kind == .dpo else { throw ValidationError("--anchor belongs to dpo.") }
    guard anchor.map({ $0 >= 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--anchor is 0 or more.")
    }
    guard heads == nil || kind == .reward else {
      throw ValidationError("--heads belongs to reward.")
    }
    guard heads.map({ (1...64).contains($0) }) ?? true else {
      throw ValidationError("--heads goes from 1 to 64.")
    }
  }

  func run() throws {
    StartingEnvironment.forComputing()
    let folder = try NewFolder(path: out)
    switch kind {
    case .sft:
      try trainPolicy(to: folder, on: SupervisedRecord.read(path: data)) { records, encoder in
        try records.map(encoder.supervised)
      } with: { examples, learner, options in
        try TrainingRun.supervised(examples, learner: learner, options: options, onStep: report)
      }
    case .dpo:
      try trainPolicy(to: folder, on: PreferenceRecord.read(path: data), encoded: ranked) {
        try TrainingRun.preference(
          $0, learner: $1, beta: beta ?? 0.1, anchor: anchor ?? 0, options: $2, onStep: report)
      }
    case .reward:
      try trainReward(to: folder, on: PreferenceRecord.read(path: data))
    }
    Output.note("Wrote \(out).")
  }

  private func trainPolicy<Record, Example>(
    to folder: NewFolder, on records: [Placed<Record>],
    encoded encode: ([Placed<Record>], RecordEncoder) throws -> [Example],
    with train: ([Example], PolicyLearner, TrainingOptions) throws -> Void
  ) throws {
    let model = try common.loadModel()
    let examples = try encode(records, RecordEncoder(model: model))
    let adapter = try start.policy(model: model, seed: steps.seed)
    let learner = PolicyLearner(adapter: adapter, pass: TrainingPass(model: model))
    try train(examples, learner, steps.options(for: kind, records: examples.count))
    try folder.write {
      try PEFT.write(adapter: adapter, baseModelName: model.nameForPEFT, to: $0)
    }
  }

  private func trainReward(
    to folder: NewFolder, on records: [Placed<PreferenceRecord>]
  ) throws {
    let model = try common.loadModel()
    let examples = try ranked(records, RecordEncoder(model: model))
    let reward = try start.reward(model: model, heads: heads, seed: steps.seed)
    let learner = RewardLearner(
      model: reward, pass: TrainingPass(model: model), seed: steps.seed)
    try TrainingRun.reward(
      examples, learner: learner, options: steps.options(for: kind, records: examples.count),
      onStep: report)
    try folder.write {
      try PEFT.write(
        adapter: reward.adapter, heads: reward.heads, baseModelName: model.nameForPEFT, to: $0)
    }
  }

  /// The records that have a strict pair.
  private func ranked(
    _ records: [Placed<PreferenceRecord>], _ encoder: RecordEncoder
  ) throws -> [RankedExample] {
    let examples = try records.compactMap(encoder.ranked)
    guard !examples.isEmpty else {
      throw CommandError("\(data) holds nothing but ties, so there is nothing to learn from it.")
    }
    if examples.count < records.count {
      Output.note("Left out \(records.count - examples.count) records that hold nothing but ties.")
    }
    return examples
  }

  private func report(_ step: StepReport) throws -> Bool {
    if common.json {
      try Output.json(step)
    } else {
      Output.line(
        String(
          format: "step %d  loss %.4f  gradient norm %.3f  %d tokens  %.2f s", step.step, step.loss,
          step.gradientNorm, step.tokens, step.seconds))
    }
    return true
  }
}
