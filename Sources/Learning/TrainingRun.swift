import LanguageModel

/// Training over a list of records, step by step: what `apprentice train` does.
public enum TrainingRun {
  /// Fine-tunes the learner's adapter on demonstrations.
  ///
  /// - Parameter onStep: called after each step; returning false stops the training early.
  public static func supervised(
    _ examples: [SupervisedExample], learner: PolicyLearner, options: TrainingOptions,
    onStep: (StepReport) throws -> Bool
  ) throws {
    try run(examples, options: options, onStep: onStep) { batch, _, rate in
      let part = try learner.addSupervised(batch)
      return (part, try learner.step(learningRate: rate, clip: options.clip))
    }
  }

  /// Fine-tunes the learner's adapter on rankings by direct preference optimisation against the base.
  public static func preference(
    _ examples: [RankedExample], learner: PolicyLearner, beta: Double, anchor: Double = 0,
    options: TrainingOptions,
    onStep: (StepReport) throws -> Bool
  ) throws {
    var references = [[Double]?](repeating: nil, count: examples.count)
    var reference: [[Double]] = []
    try run(examples, options: options, onStep: onStep) { batch, indices, rate in
      let unknown = indices.filter { references[$0] == nil }
      if !unknown.isEmpty {
        let sums = try learner.referenceSums(unknown.map { examples[$0] })
        for (index, row) in zip(unknown, sums) { references[index] = row }
      }
      reference.removeAll(keepingCapacity: true)
      for index in indices { reference.append(references[index]!) }
      let part = try learner.addPreference(batch, reference: reference, beta: beta, anchor: anchor)
      return (part, try learner.step(learningRate: rate, clip: options.clip))
    }
  }

  /// Trains a reward model on rankings.
  public static func reward(
    _ examples: [RankedExample], learner: RewardLearner, options: TrainingOptions,
    onStep: (StepReport) throws -> Bool
  ) throws {
    try run(examples, options: options, onStep: onStep) { batch, _, rate in
      let part = try learner.add(batch)
      return (part, try learner.step(learningRate: rate, clip: options.clip))
    }
  }

  private static func run<Example>(
    _ examples: [Example], options: TrainingOptions, onStep: (StepReport) throws -> Bool,
    step: ([Example], ArraySlice<Int>, Double) throws -> (Contribution, Double)
  ) throws {
    guard !examples.isEmpty else { throw LearningError.nothingToLearn("the data holds no record") }
    var order = BatchOrder(
      records: examples.count, batch: options.batch, shuffle: options.shuffle, seed: options.seed)
    var batch: [Example] = []
    let clock = ContinuousClock()
    for number in 0..<options.steps {
      let start = clock.now
      let indices = order.nextBatch()
      let rate =
        options.learningRate * options.schedule.factor(step: number, of: options.steps)
      batch.removeAll(keepingCapacity: true)
      for index in indices { batch.append(examples[index]) }
      let (part, norm) = try step(batch, indices, rate)
      guard part.loss.isFinite else { throw LearningError.notFinite(step: number + 1) }
      let report = StepReport(
        step: number + 1, loss: part.loss, gradientNorm: norm, tokens: part.tokens,
        seconds: (clock.now - start) / .seconds(1))
      guard try onStep(report) else { return }
    }
  }
}
