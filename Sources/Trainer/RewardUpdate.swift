import Feedback
import Learning

/// Trains the reward model in place on new rankings and replayed ones.
struct RewardUpdate {
  let recipe: Recipe

  /// - Parameters are those of ``PolicyUpdate``.
  func run(
    learner: RewardLearner, new: [Int64], pool: ExamplePool, learnable: Set<Int64>,
    random: inout SplitMix64, onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var metrics: [String: Double] = [:]
    for step in 0..<recipe.rewardSteps {
      let rankings = ExamplePool.mix(
        new: new, from: pool.rankings, among: learnable, replayed: recipe.replayedForReward,
        random: &random)
      guard !rankings.isEmpty else { break }
      let part = try learner.add(rankings.map(\.ended))
      metrics["loss.reward"] = part.loss
      metrics["grad_norm"] = try learner.step(
        learningRate: recipe.rewardLearningRate, clip: recipe.clip)
      try onStep(Double(step + 1) / Double(recipe.rewardSteps), part.loss)
    }
    return UpdateResult(metrics: metrics, rejection: nil)
  }
}
