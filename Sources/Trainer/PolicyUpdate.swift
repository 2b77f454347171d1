import Feedback
import LanguageModel
import Learning

/// What an update did, as the numbers that a version is published with.
struct UpdateResult {
  var metrics: [String: Double]
  /// Why the new version must not be used; nil when it may.
  var rejection: String?
}

/// Trains the policy's adapter in place on new labels and replayed ones.
struct PolicyUpdate {
  let recipe: Recipe
  let pass: TrainingPass

  /// The mean loss of likelihood, in nats per token, that the base's own completions may suffer: past
  /// it the policy has left the language for the labels.
  static let driftLimit = 1.5

  /// - Parameters:
  ///   - new: labels nobody has learnt, all in the pool.
  ///   - learnable: labels that replay may draw from.
  ///   - onStep: told the share done and the loss; throws to cancel.
  func run(
    learner: PolicyLearner, new: [Int64], pool: inout ExamplePool, learnable: Set<Int64>,
    rollouts: [Rollout] = [], random: inout SplitMix64,
    onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var losses: [String: Double] = [:]
    var drift: Double?
    let rollout = recipe.gradientWeight > 0 ? rollouts.last : nil
    for step in 0..<recipe.policySteps {
      if step == recipe.policySteps - 1, let rollout {
        losses.merge(try learn(rollout, learner: learner)) { $1 }
      }
      let demonstrations = ExamplePool.mix(
        new: new, from: pool.demonstrations, among: learnable,
        replayed: recipe.replayedDemonstrations, random: &random
      ).map(\.example)
      let rankings = ExamplePool.mix(
        new: new, from: pool.rankings, among: learnable, replayed: recipe.replayedRankings,
        random: &random)
      if !demonstrations.isEmpty {
        let part = try learner.addSupervised(
          demonstrations, weight: recipe.demonstrationWeight)
        losses["loss.sft"] = part.loss
      }
      if !rankings.isEmpty {
        let reference = try references(rankings, learner: learner, pool: &pool)
        let lengths = rankings.flatMap { $0.example.completions.map(\.count) }
        let meanLength = Double(lengths.reduce(0, +)) / Double(lengths.count)
        let weight = recipe.preferenceWeight / (recipe.beta * meanLength)
        let part = try learner.addPreference(
          rankings.map(\.example), reference: reference, beta: recipe.beta,
          anchor: recipe.bestWeight / weight, weight: weight)
        losses["loss.dpo"] = part.loss
      }
      let norm = try learner.step(learningRate: recipe.policyLearningRate, clip: recipe.clip)
      losses["grad_norm"] = norm
      try onStep(
        Double(step + 1) / Double(recipe.policySteps + 1),
        losses["loss.dpo"] ?? losses["loss.sft"] ?? 0)
      if step == recipe.policySteps - 1, !rankings.isEmpty {
        drift = try measureDrift(rankings, learner: learner, pool: pool)
      }
    }
    var result = UpdateResult(metrics: losses, rejection: nil)
    if let drift {
      result.metrics["drift"] = drift
      if drift > Self.driftLimit {
        result.rejection =
          "it gives the base model's own answers \(rounded(drift)) nats per token less, over the "
          + "limit of \(rounded(Self.driftLimit))"
      }
    }
    return result
  }

  /// Adds the policy gradient of one rollout.
  private func learn(_ rollout: Rollout, learner: PolicyLearner) throws -> [String: Double] {
    let sampled = rollout.sampled
    let reference = try learner.referenceSums([sampled])[0]
    let deviation = PolicyGradient.deviation(rollout.rewards)
    var fluency = 0.0
    var kl = 0.0
    let values = rollout.rewards.indices.map { index in
      let length = Double(rollout.completions[index].count)
      let divergence = rollout.logprobs[index] - reference[index]
      fluency += reference[index] / length
      kl += divergence / length
      return rollout.rewards[index] / deviation - recipe.klPenalty * divergence
        + recipe.fluencyReward * reference[index] / length
        - (rollout.ended[index] ? 0 : recipe.unendedPenalty)
    }
    let part = try learner.addPolicyGradient(
      sampled, advantages: PolicyGradient.advantages(values), weight: recipe.gradientWeight)
    _ = part
    return [
      "kl": kl / Double(values.count), "fluency": fluency / Double(values.count),
      "reward.deviation": deviation,
    ]
  }

  /// The base's log-probabilities of ranked completions, computed once for each label.
  private func references(
    _ rankings: [ExamplePool.Ranked], learner: PolicyLearner, pool: inout ExamplePool
  ) throws -> [[Double]] {
    let unknown = rankings.filter { pool.rankings[$0.label]?.reference == nil }
    for (ranked, sums) in zip(unknown, try learner.referenceSums(unknown.map(\.example))) {
      pool.setReference(sums, label: ranked.label)
    }
    return rankings.map { pool.rankings[$0.label]!.reference! }
  }

  /// How much likelihood per token the base model's completions lost; nil when none is among them.
  private func measureDrift(
    _ rankings: [ExamplePool.Ranked], learner: PolicyLearner, pool: ExamplePool
  ) throws -> Double? {
    let sums = try PolicyLearner.sums(
      rankings.map(\.example), adapter: learner.adapter, pass: pass)
    var lost = 0.0
    var tokens = 0
    for (ranked, row) in zip(rankings, sums) {
      guard let reference = pool.rankings[ranked.label]?.reference else { continue }
      for (index, version) in ranked.versions.enumerated() where version == 0 {
        lost += reference[index] - row[index]
        tokens += ranked.example.completions[index].count
      }
    }
    return tokens > 0 ? lost / Double(tokens) : nil
  }
}

private func rounded(_ value: Double) -> String {
  String(Double((value * 100).rounded()) / 100)
}
