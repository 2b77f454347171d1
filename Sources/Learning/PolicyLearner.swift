import Foundation
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
  /// The loss of each demonstration of the last batch, per token.
  public private(set) var demonstrationLosses: [Double] = []
  /// The loss of each ranking of the last batch.
  public private(set) var rankingLosses: [Double] = []
  /// The log-probability of each completion whose preference or policy gradient was last added, summed over its
  /// tokens.
  public private(set) var completionSums: [Double] = []
  private let pass: TrainingPass
  private let gradient: UnsafeMutableBufferPointer<Float>

  // Kept from pass to pass, so that training allocates nothing.
  private var batch: [PackedSequence] = []
  private var coefficients = RaggedRows()
  private var scores: [Double] = []
  private var slopes: [Double] = []

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
    demonstrationLosses.removeAll(keepingCapacity: true)
    var result = Contribution()
    try forEachPass(examples, budget: Self.passBudget, cost: \.tokenCount) { part in
      batch.removeAll(keepingCapacity: true)
      coefficients.removeAll()
      for example in examples[part] {
        batch.append(example.sequence)
        SupervisedLoss.appendGradient(
          trained: example.trained, lossTokens: lossTokens, weight: weight, to: &coefficients)
      }
      let output = try pass.forward(
        batch, adapter: adapter, arithmetic: .codes, needs: [.logprobs], keepForBackward: true,
        tokenGradients: coefficients)
      for (row, example) in examples[part].enumerated() {
        let loss = SupervisedLoss.value(
          logprobs: output.logprobs[row], trained: example.trained, lossTokens: lossTokens)
        result.loss += loss
        demonstrationLosses.append(loss * Double(lossTokens) / Double(max(1, example.lossTokens)))
      }
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
    var sums: [[Double]] = []
    try forEachPass(examples, budget: passBudget, cost: \.tokenCount) { part in
      let output = try pass.forward(
        examples[part].map(\.sequence), adapter: adapter, arithmetic: .codes, needs: [.logprobs],
        keepForBackward: false)
      var row = 0
      for example in examples[part] {
        sums.append(
          example.completions.indices.map { _ in
            defer { row += 1 }
            return sum(output.logprobs[row])
          })
      }
    }
    return sums
  }

  /// Adds the gradient of `weight` times the mean over records of direct preference optimisation's
  /// loss (Rafailov et al. 2023, equation 7), all strict pairs of a record together.
  ///
  /// - Parameters:
  ///   - reference: ``referenceSums(_:)`` of the same examples.
  ///   - anchor: weight of the cross-entropy on the completions that no other is preferred to, per
  ///     token, which keeps their likelihood from falling (Pang et al. 2024, equation 1).
  ///   - end: the end token, when ends are spared: no end token is made less likely, and only what ended
  ///     by itself is anchored. Preferences for long answers, which are cut off at the longest length,
  ///     would otherwise teach never to end. nil spares none.
  public func addPreference(
    _ examples: [RankedExample], reference: [[Double]], beta: Double, anchor: Double = 0,
    weight: Double = 1, sparing end: TokenID? = nil
  ) throws -> Contribution {
    precondition(examples.count == reference.count)
    rankingLosses.removeAll(keepingCapacity: true)
    var result = Contribution()
    let share = weight / Double(examples.count)
    try forEachPass(examples, budget: Self.passBudget, cost: \.tokenCount) { part in
      batch.removeAll(keepingCapacity: true)
      for example in examples[part] { batch.append(example.sequence) }
      let output = try pass.forward(
        batch, adapter: adapter, arithmetic: .codes, needs: [.logprobs], keepForBackward: true)
      coefficients.removeAll()
      for index in part {
        let example = examples[index]
        let first = coefficients.count
        completionSums.removeAll(keepingCapacity: true)
        for row in example.completions.indices {
          completionSums.append(sum(output.logprobs[first + row]))
        }
        let loss = evaluatePreference(
          of: example, reference: reference[index], beta: beta, anchor: anchor, weight: share,
          sparing: end)
        result.loss += loss / Double(examples.count)
        rankingLosses.append(loss)
        for (slope, completion) in zip(slopes, example.completions) {
          for token in completion { append(Float(slope), for: token, sparing: end) }
          coefficients.endRow()
        }
      }
      result.tokens += output.tokens
      try pass.backward(tokenGradients: coefficients, gradient: gradient)
    }
    return result
  }

  /// Puts d(weight · loss)/d(log-probability) of each completion's tokens into `slopes`, the anchor's part included,
  /// by `completionSums`.
  ///
  /// - Returns: the preference loss.
  private func evaluatePreference(
    of example: RankedExample, reference: [Double], beta: Double, anchor: Double, weight: Double,
    sparing end: TokenID?
  ) -> Double {
    scores.removeAll(keepingCapacity: true)
    for (sum, reference) in zip(completionSums, reference) {
      scores.append(beta * (sum - reference))
    }
    let loss = PairwiseLoss.evaluate(scores: scores, pairs: example.pairs, gradient: &slopes)
    func isAnchored(_ position: Int) -> Bool {
      example.isBest(position) && (end == nil || example.completions[position].last == end)
    }
    var bestTokens = 0
    for (position, completion) in example.completions.enumerated() where isAnchored(position) {
      bestTokens += completion.count
    }
    for position in slopes.indices {
      slopes[position] *= beta * weight
      if isAnchored(position) { slopes[position] -= anchor * weight / Double(bestTokens) }
    }
    return loss
  }

  /// What draws are worth beside each other as a preference: the pairs of those that are plainly apart.
  public struct DrawnPreference: Sendable {
    /// The base's log-probability of each completion, summed over its tokens.
    public var reference: [Double]
    public var beta: Double
    public var anchor: Double
    public var weight: Double

    /// - Parameters are those of ``PolicyLearner/addPreference(_:reference:beta:anchor:weight:sparing:)``.
    public init(reference: [Double], beta: Double, anchor: Double, weight: Double) {
      (self.reference, self.beta, self.anchor, self.weight) = (reference, beta, anchor, weight)
    }
  }

  /// Adds the gradient of −`weight` · Σ advantage · log-probability per token of the completions'
  /// tokens, the mean length of the completions standing for each one's own, so that no length is favoured.
  ///
  /// - Parameters:
  ///   - drawn: each completion's log-probability when it was drawn; nil takes that of now. What the policy has
  ///     since come to find likelier counts by that ratio, the geometric mean over its tokens.
  ///   - ratioClip: how far the ratio may be from 1 before a completion is no more moved on the same way
  ///     (Schulman et al. 2017, equation 7; the mean over tokens as in Zheng et al. 2025).
  ///   - advantages: one per token of each completion.
  ///   - preference: adds the preference loss of the draws' pairs, in the same pass.
  /// - Returns: the preference loss as the loss.
  public func addPolicyGradient(
    _ sampled: RankedExample, drawn: [Double?], advantages: [[Double]], ratioClip: Double,
    weight: Double = 1, preference: DrawnPreference? = nil, sparing end: TokenID? = nil
  ) throws -> Contribution {
    let tokens = sampled.completions.reduce(0) { $0 + $1.count }
    batch.removeAll(keepingCapacity: true)
    batch.append(sampled.sequence)
    let output = try pass.forward(
      batch, adapter: adapter, arithmetic: .codes, needs: [.logprobs], keepForBackward: true)
    coefficients.removeAll()
    completionSums = sampled.completions.indices.map { sum(output.logprobs[$0]) }
    var loss = 0.0
    slopes = sampled.completions.map { _ in 0 }
    if let preference, !sampled.pairs.isEmpty {
      loss = evaluatePreference(
        of: sampled, reference: preference.reference, beta: preference.beta,
        anchor: preference.anchor, weight: preference.weight, sparing: end)
    }
    for (index, completion) in sampled.completions.enumerated() {
      let now = completionSums[index]
      let change = (now - (drawn[index] ?? now)) / Double(max(1, completion.count))
      for (token, advantage) in zip(completion, advantages[index]) {
        let factor = PolicyGradient.clippedRatio(
          exp(change), advantage: advantage, clip: ratioClip)
        append(
          Float(slopes[index] - weight * factor * advantage / Double(tokens)), for: token,
          sparing: end)
      }
      coefficients.endRow()
    }
    try pass.backward(tokenGradients: coefficients, gradient: gradient)
    return Contribution(loss: loss, tokens: output.tokens)
  }

  /// Appends a token's d(loss)/d(log-probability), but 0 for an end token that would be made less likely.
  private func append(_ coefficient: Float, for token: TokenID, sparing end: TokenID?) {
    coefficients.append(token == end ? min(coefficient, 0) : coefficient)
  }

  /// Forgets what was added since the last step.
  public func discard() { gradient.update(repeating: 0) }

  /// Takes one optimizer step on what was added since the last.
  ///
  /// - Returns: the gradient's norm before clipping.
  public func step(learningRate: Double, clip: Double) throws(LearningError) -> Double {
    let norm = optimizer.update(
      [(adapter.parameters, gradient)], learningRate: learningRate, clip: clip)
    guard norm.isFinite else {
      discard()
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
func sum(_ logprobs: ArraySlice<Float>) -> Double {
  logprobs.reduce(0.0) { $0 + Double($1) }
}
