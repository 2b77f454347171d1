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

  // Kept from pass to pass, so that training allocates nothing.
  private var batch: [PackedSequence] = []
  private var hiddenGradients = RaggedRows()
  private var scores: [Double] = []
  private var slopes: [Double] = []

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
    return Bootstrap.weight(head: head, group: group, seed: seed)
  }

  /// Adds the gradient of the mean over records, and over heads, of each record's loss.
  ///
  /// - Returns: that mean loss without the bootstrap's weights.
  public func add(_ examples: [RankedExample]) throws -> Contribution {
    var result = Contribution()
    let size = model.adapter.configuration.hiddenSize
    let share = 1 / Double(examples.count * model.heads.count)
    try forEachPass(examples, budget: PolicyLearner.passBudget, cost: \.tokenCount) { part in
      batch.removeAll(keepingCapacity: true)
      for example in examples[part] { batch.append(example.sequence) }
      let output = try pass.forward(
        batch, adapter: model.adapter, arithmetic: .codes, needs: [.endHidden],
        keepForBackward: true)
      hiddenGradients.removeAll()
      for example in examples[part] {
        let first = hiddenGradients.count
        let rows = first..<(first + example.completions.count)
        for _ in rows { hiddenGradients.append(repeating: 0, count: size) }
        for (index, head) in model.heads.enumerated() {
          scores.removeAll(keepingCapacity: true)
          for row in rows { scores.append(Double(dot(head, output.endHidden[row]))) }
          let loss = PairwiseLoss.evaluate(
            scores: scores, pairs: example.pairs, gradient: &slopes)
          result.loss += loss * share
          let factor = share * bootstrapWeight(head: index, group: example.group)
          for (row, slope) in zip(rows, slopes) {
            let coefficient = Float(slope * factor)
            hiddenGradients.add(head, times: coefficient, to: row)
            for (unit, value) in output.endHidden[row].enumerated() {
              headGradient[index * size + unit] += coefficient * value
            }
          }
        }
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
      for unit in 0..<size { model.heads[index][unit] = headParameters[index * size + unit] }
    }
    return norm
  }
}

/// The inner product of a head with a hidden state, summed in double precision.
func dot(_ head: [Float], _ hidden: ArraySlice<Float>) -> Float {
  var sum = 0.0
  for (weight, value) in zip(head, hidden) { sum += Double(weight) * Double(value) }
  return Float(sum)
}
