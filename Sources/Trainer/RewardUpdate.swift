import Feedback
import LanguageModel
import Learning

/// Trains the reward model in place on new rankings and replayed ones.
struct RewardUpdate {
  let recipe: Recipe
  let pass: TrainingPass
  let blocks: Int

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

  /// Fits the probe to all rankings.
  func probe(_ pool: inout ExamplePool, learnable: Set<Int64>) throws -> RewardProbe? {
    var examples: [RewardProbe.Example] = []
    for label in pool.rankings.keys.filter(learnable.contains).sorted() {
      let ranked = pool.rankings[label]!
      if ranked.features == nil {
        let output = try pass.forward(
          [PackedSequence(prompt: ranked.ended.prompt, completions: ranked.ended.completions)],
          adapter: nil, arithmetic: .codes, needs: [.logprobs, .features], keepForBackward: false)
        pool.setFeatures(output.features.map { Array($0) }, label: label)
        pool.setReference(
          zip(output.logprobs, ranked.example.completions).map { row, completion in
            row.prefix(completion.count).reduce(0) { $0 + Double($1) }
          }, label: label)
      }
      examples.append(
        RewardProbe.Example(
          features: pool.rankings[label]!.features!, pairs: ranked.example.pairs,
          group: ranked.example.group))
    }
    return RewardProbe(examples, blocks: blocks, heads: recipe.heads)
  }
}
