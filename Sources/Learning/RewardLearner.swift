import Feedback
import LanguageModel

/// Trains a reward model on rankings: all strict pairs of a slate in one step, the shared prompt
/// computed once.
///
/// Used from one thread, the one that computes with the model.
public final class RewardLearner {
  public let model: RewardModel
  public let optimizer: AdamW
  private let pass: TrainingPass
  private let seed: UInt64
  private let adapterGradient: UnsafeMutableBufferPointer<Float>
  private let headParameters: UnsafeMutableBufferPointer<Float>
  private let headGradient: UnsafeMutableBufferPointer<Float>

  /// - Parameters:
  ///   - optimizer: a saved one to go on with; nil starts afresh.
  ///   - seed: decides which prompts each head's bootstrap holds.
  public init(model: RewardModel, pass: TrainingPass, optimizer: AdamW? = nil, seed: UInt64 = 0) {
    self.model = model
    self.pass = pass
    self.seed = seed
    let adapterCount = model.adapter.parameters.count
    let headCount = model.heads.count * model.adapter.configuration.hiddenSize
    self.optimizer = optimizer ?? AdamW(count: adapterCount + headCount)
    adapterGradient = .allocate(capacity: adapterCount)
    adapterGradient.initialize(repeating: 0)
    headParameters = .allocate(capacity: headCount)
    _ = headParameters.initialize(from: model.heads.joined())
    headGradient = .allocate(capacity: headCount)
    headGradient.initialize(repeating: 0)
  }

  deinit {
    adapterGradient.deallocate()
    headParameters.deallocate()
    headGradient.deallocate()
  }

  /// How often a head's bootstrap holds the prompts of a group: Poisson with mean 1, and 1 for a
  /// single head, which sees everything.
  func bootstrapWeight(head: Int, group: UInt64) -> Double {
    guard model.heads.count > 1 else { return 1 }
    var random = SplitMix64(
      seed: seed &+ group &* 0x9E37_79B9 &+ UInt64(head) &* 0x85EB_CA6B_C2B2_AE35)
    var remaining = random.uniform()
    var probability = 0.36787944117144233
    var count = 0
    while remaining > probability, count < 8 {
      remaining -= probability
      count += 1
      probability /= Double(count)
    }
    return Double(count)
  }

  /// Adds the gradient of the mean over records, and over heads, of each record's loss.
  ///
  /// - Returns: that mean loss without the bootstrap's weights.
  public func add(_ examples: [RankedExample]) throws -> Contribution {
    var result = Contribution()
    let size = model.adapter.configuration.hiddenSize
    let share = 1 / Double(examples.count * model.heads.count)
    for part in passes(examples, budget: PolicyLearner.passBudget, cost: \.tokenCount) {
      let output = try pass.forward(
        part.map(\.sequence), adapter: model.adapter, arithmetic: .codes, needs: [.endHidden],
        keepForBackward: true)
      var hiddenGradients: [[[Float]]] = []
      for (example, hidden) in zip(part, output.endHidden) {
        var rows = hidden.map { [Float](repeating: 0, count: $0.count) }
        for (index, head) in model.heads.enumerated() {
          let scores = hidden.map { Double(dot(head, $0)) }
          let (loss, slope) = PairwiseLoss.evaluate(scores: scores, pairs: example.pairs)
          result.loss += loss * share
          let factor = share * bootstrapWeight(head: index, group: example.group)
          for (position, value) in slope.enumerated() {
            let coefficient = Float(value * factor)
            for unit in 0..<size {
              rows[position][unit] += coefficient * head[unit]
              headGradient[index * size + unit] += coefficient * hidden[position][unit]
            }
          }
        }
        hiddenGradients.append(rows)
      }
      result.tokens += output.tokens
      try pass.backward(endHiddenGradients: hiddenGradients, gradient: adapterGradient)
    }
    return result
  }

  /// Takes one optimizer step on what was added since the last.
  ///
  /// - Returns: the gradient's norm before clipping, heads included.
  public func step(learningRate: Double, clip: Double) throws(LearningError) -> Double {
    let norm = optimizer.update(
      [(model.adapter.parameters, adapterGradient), (headParameters, headGradient)],
      learningRate: learningRate, clip: clip)
    guard norm.isFinite else {
      adapterGradient.update(repeating: 0)
      headGradient.update(repeating: 0)
      throw .notFinite(step: optimizer.state.step + 1)
    }
    let size = model.adapter.configuration.hiddenSize
    for index in model.heads.indices {
      model.heads[index] = Array(headParameters[(index * size)..<((index + 1) * size)])
    }
    return norm
  }
}

/// The inner product of a head with a hidden state, summed in double precision.
func dot(_ head: [Float], _ hidden: [Float]) -> Float {
  var sum = 0.0
  for (weight, value) in zip(head, hidden) { sum += Double(weight) * Double(value) }
  return Float(sum)
}
