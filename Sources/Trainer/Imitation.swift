import Feedback
import LanguageModel
import Learning

/// What some demonstrations alone make of the base.
struct Imitation {
  var adapter: LoRAAdapter
  /// The labels that it has learnt.
  var learnt: Set<Int64> = []
}

/// Trains a policy of the demonstrations alone: nobody draws from it, prompts are read with it.
final class Imitator {
  private let recipe: Recipe
  private let learner: PolicyLearner
  private(set) var learnt: Set<Int64>

  /// - Parameter start: what to go on from; nil starts from the base.
  init(recipe: Recipe, configuration: ModelConfiguration, pass: TrainingPass, start: Imitation?) {
    self.recipe = recipe
    learner = PolicyLearner(
      adapter: start?.adapter.copy()
        ?? LoRAAdapter(
          configuration: configuration, rank: recipe.rank, alpha: recipe.alpha, seed: 3),
      pass: pass)
    learnt = start?.learnt ?? []
  }

  /// What it has made of the base by now.
  var imitation: Imitation { Imitation(adapter: learner.adapter.copy(), learnt: learnt) }

  /// Learns one demonstration of the pool, together with some that it has learnt before.
  ///
  /// - Parameter onStep: told the share done and the loss; throws to cancel.
  func learn(
    _ label: Int64, from pool: ExamplePool, random: inout SplitMix64,
    onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws {
    for step in 0..<recipe.imitationSteps {
      let examples = ExamplePool.mix(
        new: [label], from: pool.demonstrations, among: learnt,
        replayed: recipe.imitationReplayed, random: &random)
      let part = try learner.addSupervised(examples.map(\.example))
      _ = try learner.step(learningRate: recipe.imitationLearningRate, clip: recipe.clip)
      try onStep(Double(step + 1) / Double(recipe.imitationSteps), part.loss)
    }
    learnt.insert(label)
  }
}
