import CAllocationCount
import LanguageModel
import TestSupport
import Testing

@testable import Learning

#if canImport(Glibc)
  /// Steps that are like earlier ones ask nothing of the heap, on any thread.
  @Suite(.serialized) struct AllocationTests {
    let goldens: Goldens
    let model: LanguageModel

    init() throws {
      goldens = try Goldens.load()
      model = try realModel.get()
    }

    /// The fewest allocations of a step, once memory has been grown: other tests may allocate meanwhile,
    /// so that one step without any is enough, and a step that always allocates is found.
    private func fewest(_ step: () throws -> Void) rethrows -> Int {
      for _ in 0..<2 { try step() }
      var fewest = Int.max
      for _ in 0..<5 where fewest > 0 {
        let before = apprentice_allocation_count()
        try step()
        fewest = min(fewest, apprentice_allocation_count() - before)
      }
      return fewest
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
      var sum = 0
      let count = fewest {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1000)
        memory.initialize(repeating: 1, count: 1000)
        for index in 0..<1000 { sum += memory[index] }
        memory.deallocate()
      }
      #expect(count > 0)
      #expect(sum > 0)
    }

    @Test(arguments: [nil, 20..<30])
    func `a step on demonstrations allocates nothing`(layers: Range<Int>?) throws {
      let learner = policyLearner(layers: layers)
      let examples = goldens.sft.demonstrations.map {
        SupervisedExample(prompt: $0.promptIds, completion: $0.completionIds)
      }
      #expect(
        try fewest {
          _ = try learner.addSupervised(examples)
          _ = try learner.step(learningRate: 1e-4, clip: 1)
        } == 0)
    }

    @Test func `a step of preference training allocates nothing`() throws {
      let learner = policyLearner()
      let examples = [slate]
      let reference = try learner.referenceSums(examples)
      #expect(
        try fewest {
          _ = try learner.addPreference(examples, reference: reference, beta: 0.1, anchor: 0.1)
          _ = try learner.step(learningRate: 1e-4, clip: 1)
        } == 0)
    }

    @Test(arguments: [nil, 20..<30])
    func `a step of the reward model allocates nothing`(layers: Range<Int>?) throws {
      let learner = RewardLearner(
        model: try RewardModel(
          configuration: model.configuration, rank: 16, alpha: 32, layers: layers, heads: 3, seed: 1),
        pass: TrainingPass(model: model))
      let examples = [slate]
      #expect(
        try fewest {
          _ = try learner.add(examples)
          _ = try learner.step(learningRate: 1e-4, clip: 1)
        } == 0)
    }
  }
#endif
