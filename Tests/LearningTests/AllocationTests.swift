import LanguageModel
import TestSupport
import Testing

@testable import Learning

/// Steps of a training ask nothing of the heap once its memory has grown, on any thread.
@Suite(.serialized) struct AllocationTests {
  let goldens: Goldens
  let model: LanguageModel

  init() throws {
    goldens = try Goldens.load()
    model = try realModel.get()
  }

  /// The allocations from one step's report to the next's, from the third step on. Other tests may
  /// allocate meanwhile, so the fewest count.
  private func fewest(
    _ train: (TrainingOptions, (StepReport) throws -> Bool) throws -> Void
  ) throws -> Int {
    var counts: [Int] = []
    counts.reserveCapacity(8)
    let options = TrainingOptions(
      learningRate: 1e-4, schedule: .cosine, clip: 1, batch: 2, steps: 8, shuffle: false)
    try train(options) { _ in
      counts.append(allocationCount())
      return true
    }
    #expect(counts.count == 8)
    return zip(counts.dropFirst(2), counts.dropFirst()).map(-).min()!
  }

  private var slate: RankedExample {
    RankedExample(
      prompt: goldens.reward.promptIds, completions: goldens.reward.completions,
      pairs: Pair.all(tiers: goldens.reward.tiers))
  }

  private func policyLearner(layers: Range<Int>? = nil) -> PolicyLearner {
    PolicyLearner(
      adapter: LoRAAdapter(
        configuration: model.configuration, rank: 16, alpha: 32, layers: layers, seed: 1),
      pass: TrainingPass(model: model))
  }

  @Test func `allocations are counted`() {
    let before = allocationCount()
    let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1000)
    memory.initialize(repeating: 1, count: 1000)
    let sum = (0..<1000).reduce(0) { $0 + memory[$1] }
    memory.deallocate()
    #expect(sum == 1000)
    #expect(allocationCount() > before)
  }

  @Test(arguments: [nil, 20..<30])
  func `a step on demonstrations allocates nothing`(layers: Range<Int>?) throws {
    let examples = goldens.sft.demonstrations.map {
      SupervisedExample(prompt: $0.promptIds, completion: $0.completionIds)
    }
    let count = try fewest {
      try TrainingRun.supervised(
        examples, learner: policyLearner(layers: layers), options: $0, onStep: $1)
    }
    #expect(count == 0)
  }

  @Test func `a step of preference training allocates nothing`() throws {
    let count = try fewest {
      try TrainingRun.preference(
        [slate], learner: policyLearner(), beta: 0.1, options: $0, onStep: $1)
    }
    #expect(count == 0)
  }

  @Test(arguments: [nil, 20..<30])
  func `a step of the reward model allocates nothing`(layers: Range<Int>?) throws {
    let learner = RewardLearner(
      model: try RewardModel(
        configuration: model.configuration, rank: 16, alpha: 32, layers: layers, heads: 3, seed: 1),
      pass: TrainingPass(model: model))
    let count = try fewest {
      try TrainingRun.reward([slate, slate], learner: learner, options: $0, onStep: $1)
    }
    #expect(count == 0)
  }
}
