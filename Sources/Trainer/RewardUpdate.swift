import Feedback
import LanguageModel
import Learning

/// Trains the reward model: fits the probe anew to all rankings, and moves the adapter on in place with
/// new rankings and replayed ones.
struct RewardUpdate {
  let recipe: Recipe
  let pass: TrainingPass
  let model: LanguageModel

  /// The most rankings that the probe is fitted to, the newest.
  static let rankingsForProbe = 300

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

  /// Fits the probe; nil while no ranking has a strict pair.
  ///
  /// What the base says of a ranking's completions, features and log-probabilities, is computed once and
  /// stays in the pool.
  ///
  /// - Parameter prompts: the features of prompts of all kinds.
  func probe(
    _ pool: inout ExamplePool, learnable: Set<Int64>, prompts: [[Float]]
  ) throws -> RewardProbe? {
    var examples: [RewardProbe.Example] = []
    let labels = pool.rankings.keys.filter(learnable.contains).sorted()
    for label in labels.suffix(Self.rankingsForProbe) {
      try read(label, in: &pool)
      let ranked = pool.rankings[label]!
      examples.append(
        RewardProbe.Example(
          features: ranked.features!, pairs: ranked.example.pairs, group: ranked.example.group))
    }
    return RewardProbe(
      examples, layout: ProbeFeatures.layout(of: model.configuration), heads: recipe.heads,
      prompts: prompts)
  }

  private func read(_ label: Int64, in pool: inout ExamplePool) throws {
    guard let ranked = pool.rankings[label], ranked.features == nil else { return }
    let output = try pass.forward(
      [PackedSequence(prompt: ranked.ended.prompt, completions: ranked.ended.completions)],
      adapter: nil, arithmetic: .codes, needs: [.logprobs, .features], keepForBackward: false)
    let texts = ranked.example.completions.map { completion in
      model.tokenizer.decode(completion.filter { $0 != model.tokenizer.endToken })
    }
    pool.setFeatures(ProbeFeatures.rows(of: output, texts: texts), label: label)
    pool.setReference(
      zip(output.logprobs, ranked.example.completions).map { sum($0.prefix($1.count)) },
      label: label)
  }
}
