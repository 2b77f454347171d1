import ArgumentParser
import Learning

/// How far each step goes and how many there are.
struct StepOptions: ParsableArguments {
  @Option(help: "Optimizer steps; overrides --epochs.")
  var steps: Int?

  @Option(help: "How often all records are gone through.")
  var epochs: Int?

  @Option(help: "Records in a step; the last, smaller batch of an epoch is kept.")
  var batch = 4

  @Option(help: "The learning rate, at its highest.")
  var learningRate: Double?

  @Option(help: "constant, or cosine down to a tenth.")
  var schedule = Schedule.cosine

  @Option(help: ArgumentHelp("The gradient's largest norm; 0 clips nothing.", valueName: "norm"))
  var clip = 1.0

  @Flag(help: "Take the records in a new random order each epoch.")
  var shuffle = false

  @Option(help: "Decides the first weights, the order with --shuffle, and the heads' bootstraps.")
  var seed: UInt64 = 0

  func validate() throws {
    guard steps.map({ $0 >= 1 }) ?? true else { throw ValidationError("--steps is at least 1.") }
    guard epochs.map({ $0 >= 1 }) ?? true else { throw ValidationError("--epochs is at least 1.") }
    guard batch >= 1 else { throw ValidationError("--batch is at least 1.") }
    guard learningRate.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--learning-rate is above 0.")
    }
    guard clip >= 0, clip.isFinite else { throw ValidationError("--clip is 0 or more.") }
  }

  func options(for kind: TrainingKind, records: Int) -> TrainingOptions {
    TrainingOptions(
      learningRate: learningRate ?? kind.learningRate, schedule: schedule, clip: clip, batch: batch,
      steps: steps
        ?? TrainingOptions.steps(
          records: records, batch: batch, epochs: epochs ?? kind.epochs),
      shuffle: shuffle, seed: seed)
  }
}
