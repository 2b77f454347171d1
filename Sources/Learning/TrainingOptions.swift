/// The settings that every kind of training shares.
public struct TrainingOptions: Sendable {
  public var learningRate: Double
  public var schedule: Schedule
  /// The largest norm of the whole gradient; 0 clips nothing.
  public var clip: Double
  /// Records in a step.
  public var batch: Int
  /// Optimizer steps in all.
  public var steps: Int
  /// Draw a new order of the records for each epoch; else file order and around again.
  public var shuffle: Bool
  public var seed: UInt64

  public init(
    learningRate: Double, schedule: Schedule = .constant, clip: Double = 1, batch: Int, steps: Int,
    shuffle: Bool = false, seed: UInt64 = 0
  ) {
    self.learningRate = learningRate
    self.schedule = schedule
    self.clip = clip
    self.batch = batch
    self.steps = steps
    self.shuffle = shuffle
    self.seed = seed
  }

  /// The steps that go through `records` records `epochs` times; the last, smaller batch of an epoch
  /// counts as a step.
  public static func steps(records: Int, batch: Int, epochs: Int) -> Int {
    (records + batch - 1) / batch * epochs
  }
}

/// What one optimizer step did.
public struct StepReport: Sendable, Codable {
  /// From 1.
  public var step: Int
  /// Before the update.
  public var loss: Double
  /// Before clipping.
  public var gradientNorm: Double
  /// Tokens computed, prompts included.
  public var tokens: Int
  public var seconds: Double

  enum CodingKeys: String, CodingKey {
    case step, loss, tokens, seconds
    case gradientNorm = "grad_norm"
  }
}
