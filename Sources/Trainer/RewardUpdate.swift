import Feedback
import LanguageModel
import Learning

/// Trains the reward model: fits the probe anew to all rankings, and moves the adapter on in place with
/// new rankings and replayed ones.
struct RewardUpdate {
  let recipe: Recipe
  let pass: TrainingPass
  let model: LanguageModel
  let reader: PromptReader

  /// The most rankings that the probe is fitted to, and as many demonstrations, the newest.
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
    return UpdateResult(metrics: metrics)
  }

  /// Fits the probe; nil while no ranking has a strict pair.
  ///
  /// A demonstration counts as preferred to what its slate showed, and as what is left on top for its prompt. What
  /// the base says of completions is computed once and stays in the pool. On average demonstrations score 0.
  ///
  /// - Parameter prompts: the features of prompts of all kinds.
  func probe(
    _ pool: inout ExamplePool, learnable: Set<Int64>, prompts: [[Float]]
  ) throws -> RewardProbe? {
    var examples: [RewardProbe.Example] = []
    for label in newest(pool.rankings.keys, of: learnable) + newest(pool.ties.keys, of: learnable) {
      examples.append(try example(of: label, in: &pool))
    }
    var demonstrations: [[Float]] = []
    for label in newest(pool.demonstrations.keys, of: learnable) {
      let compared = pool.demonstrations[label]!.compared
      if pool.demonstrations[label]!.features == nil {
        pool.setComparedFeatures(
          try features(of: compared, output: try output(compared)), label: label)
      }
      let features = pool.demonstrations[label]!.features!
      demonstrations += features.prefix(1)
      examples.append(
        RewardProbe.Example(
          features: features, pairs: compared.pairs,
          group: compared.group, weight: recipe.demonstrationEvidence, isForeseen: false))
    }
    return RewardProbe(
      examples, layout: ProbeFeatures.layout(of: model.configuration), heads: recipe.heads,
      prompts: prompts, contrast: recipe.contrast, failure: recipe.failureEvidence
    )?.centered(on: demonstrations)
  }

  private func newest(_ labels: some Collection<Int64>, of learnable: Set<Int64>) -> [Int64] {
    labels.filter(learnable.contains).sorted().suffix(Self.rankingsForProbe)
  }

  private func example(of label: Int64, in pool: inout ExamplePool) throws -> RewardProbe.Example {
    let ranked = pool.rankings[label] ?? pool.ties[label]!
    if ranked.features == nil {
      let output = try output(ranked.ended)
      pool.setFeatures(try features(of: ranked.ended, output: output), label: label)
      pool.setReference(
        zip(output.logprobs, ranked.example.completions).map { sum($0.prefix($1.count)) },
        label: label)
    }
    return RewardProbe.Example(
      features: pool.features(ofRanking: label)!, pairs: ranked.example.pairs,
      group: ranked.example.group, tieWeight: recipe.tieEvidence)
  }

  private func output(_ example: RankedExample) throws -> TrainingPass.Output {
    try pass.forward(
      [PackedSequence(prompt: example.prompt, completions: example.completions)],
      adapter: nil, arithmetic: .codes, needs: [.logprobs, .features], keepForBackward: false)
  }

  private func features(
    of example: RankedExample, output: TrainingPass.Output
  ) throws -> [[Float]] {
    let texts = example.completions.map { completion in
      model.tokenizer.decode(completion.filter { $0 != model.tokenizer.endToken })
    }
    return try reader.rows(of: output, texts: texts, prompt: example.prompt)
  }
}
