import LanguageModel

/// Trains a policy's adapter: gradients of demonstrations and of rankings are added up, then one
/// optimizer step is taken.
///
/// Used from one thread, the one that computes with the model.
public final class PolicyLearner {
  /// Tokens of one forward and backward pass; a larger batch is cut into several. So few that all layers'
  /// activations are kept.
  static let passBudget = 256

  public let adapter: LoRAAdapter
  public let optimizer: AdamW
  private let pass: TrainingPass
  private let gradient: UnsafeMutableBufferPointer<Float>

  /// - Parameter optimizer: a saved one to go on with; nil starts afresh.
  public init(adapter: LoRAAdapter, pass: TrainingPass, optimizer: AdamW? = nil) {
    self.adapter = adapter
    self.pass = pass
    self.optimizer = optimizer ?? AdamW(count: adapter.parameters.count)
    gradient = .allocate(capacity: adapter.parameters.count)
    gradient.initialize(repeating: 0)
  }

  deinit { gradient.deallocate() }

  /// Adds the gradient of `weight` times the supervised loss of the examples as one batch.
  public func addSupervised(_ examples: [SupervisedExample], weight: Double = 1) throws
    -> Contribution
  {
    let lossTokens = examples.reduce(0) { $0 + $1.lossTokens }
    guard lossTokens > 0 else {
      throw LearningError.nothingToLearn("no completion token is trained")
    }
    var result = Contribution()
    for part in passes(examples, budget: Self.passBudget, cost: \.tokenCount) {
      let masks = part.map(\.trained)
      let coefficients = SupervisedLoss.gradient(trained: masks, lossTokens: lossTokens)
        .map { row in [row.map { $0 * Float(weight) }] }
      let output = try pass.forward(
        part.map(\.sequence), adapter: adapter, arithmetic: .codes, needs: [.logprobs],
        keepForBackward: true, tokenGradients: coefficients)
      result.loss += SupervisedLoss.value(
        logprobs: output.logprobs.map { $0[0] }, trained: masks, lossTokens: lossTokens)
      result.tokens += output.tokens
      try pass.backward(gradient: gradient)
    }
    return result
  }

  /// Log-probability of each completion under the base model, summed over its tokens: preference
  /// training's reference. One row per example.
  public func referenceSums(_ examples: [RankedExample]) throws -> [[Double]] {
    try Self.sums(examples, adapter: nil, pass: pass)
  }

  /// Log-probability of each completion under an adapter, summed over its tokens.
  public static func sums(
    _ examples: [RankedExample], adapter: LoRAAdapter?, pass: TrainingPass
  ) throws -> [[Double]] {
    var rows: [[Double]] = []
    for part in passes(examples, budget: passBudget, cost: \.tokenCount) {
      let output = try pass.forward(
        part.map(\.sequence), adapter: adapter, arithmetic: .codes, needs: [.logprobs],
        keepForBackward: false)
      rows += output.logprobs.map { $0.map(sum) }
    }
    return rows
  }

  /// Adds the gradient of `weight` times the mean over records of direct preference optimisation's
  /// loss (Rafailov et al. 2023, equation 7), all strict pairs of a record together.
  ///
  /// - Parameters:
  ///   - reference: ``referenceSums(_:)`` of the same examples.
  ///   - anchor: weight of the cross-entropy on the completions that no other is preferred to, per
  ///     token, which keeps their likelihood from falling (Pang et al. 2024, equation 1).
  public func addPreference(
    _ examples: [RankedExample], reference: [[Double]], beta: Double, anchor: Double = 0,
    weight: Double = 1
  ) throws -> Contribution {
    precondition(examples.count == reference.count)
    var result = Contribution()
    let share = weight / Double(examples.count)
    let work = Array(zip(examples, reference))
    for part in passes(work, budget: Self.passBudget, cost: { $0.0.tokenCount }) {
      let output = try pass.forward(
        part.map(\.0.sequence), adapter: adapter, arithmetic: .codes, needs: [.logprobs],
        keepForBackward: true)
      var coefficients: [[[Float]]] = []
      for ((example, reference), logprobs) in zip(part, output.logprobs) {
        let scores = zip(logprobs.map(sum), reference).map { beta * ($0 - $1) }
        let (loss, slope) = PairwiseLoss.evaluate(scores: scores, pairs: example.pairs)
        result.loss += loss / Double(examples.count)
        let best = Set(example.pairs.map(\.preferred)).subtracting(example.pairs.map(\.rejected))
        let bestTokens = best.reduce(0) { $0 + example.completions[$1].count }
        coefficients.append(
          slope.indices.map { index in
            var coefficient = slope[index] * beta * share
            if best.contains(index) { coefficient -= anchor * share / Double(bestTokens) }
            return Array(repeating: Float(coefficient), count: logprobs[index].count)
          })
      }
      result.tokens += output.tokens
      try pass.backward(tokenGradients: coefficients, gradient: gradient)
    }
    return result
  }

  /// Takes one optimizer step on what was added since the last.
  ///
  /// - Returns: the gradient's norm before clipping.
  public func step(learningRate: Double, clip: Double) throws(LearningError) -> Double {
    let norm = optimizer.update(
      [(adapter.parameters, gradient)], learningRate: learningRate, clip: clip)
    guard norm.isFinite else {
      gradient.update(repeating: 0)
      throw .notFinite(step: optimizer.state.step + 1)
    }
    return norm
  }
}

/// What a batch, or a part of one, gave.
public struct Contribution: Sendable {
  public var loss = 0.0
  /// Tokens computed.
  public var tokens = 0
}

/// The sum of one completion's log-probabilities.
func sum(_ logprobs: [Float]) -> Double {
  logprobs.reduce(0.0) { $0 + Double($1) }
}
