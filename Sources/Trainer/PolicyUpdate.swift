import Feedback
import LanguageModel
import Learning

/// What an update did, as the numbers that a version is published with.
struct UpdateResult {
  var metrics: [String: Double]
  /// Why the new version must not be used; nil when it may.
  var rejection: String?
}

/// Trains the policy's adapter in place: on new demonstrations and rankings, on replayed ones, and on
/// what the policy itself drew, by the reward model.
struct PolicyUpdate {
  let recipe: Recipe
  let pass: TrainingPass
  /// The end token.
  let end: TokenID

  /// What the policy is at, besides its labels.
  struct Standing {
    /// What it drew for the last slates.
    var rollouts: [Rollout] = []
    /// How much the reward model knows of rankings that it has not seen, 0 to 1.
    var information = 1.0
    /// Nats per token that the policy is away from the base on its own draws, averaged over the last
    /// rollouts.
    var divergence = 0.0
  }

  /// - Parameters:
  ///   - new: labels nobody has learnt, all in the pool.
  ///   - learnable: labels that replay may draw from.
  ///   - standing: rollouts are taken from its end, a step each; the divergence goes on.
  ///   - onStep: told the share done and the loss; throws to cancel.
  func run(
    learner: PolicyLearner, new: [Int64], pool: inout ExamplePool, learnable: Set<Int64>,
    standing: inout Standing, random: inout SplitMix64,
    onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var metrics: [String: Double] = [:]
    for step in 0..<recipe.policySteps {
      let demonstrations = ExamplePool.mix(
        new: new, from: pool.demonstrations, among: learnable,
        replayed: recipe.replayedDemonstrations, random: &random
      ).map(\.example)
      let rankings = ExamplePool.mix(
        new: new, from: pool.rankings, among: learnable, replayed: recipe.replayedRankings,
        random: &random)
      if !demonstrations.isEmpty {
        metrics["loss.sft"] = try learner.addSupervised(
          demonstrations, weight: recipe.demonstrationWeight
        ).loss
      }
      if !rankings.isEmpty {
        metrics["loss.dpo"] = try addPreference(rankings, learner: learner, pool: &pool)
      }
      if recipe.gradientWeight > 0, let rollout = standing.rollouts.popLast() {
        try addGradient(rollout, learner: learner, standing: &standing, metrics: &metrics)
      }
      let pace = pace(standing, hasDemonstrations: !demonstrations.isEmpty)
      metrics["pace"] = pace
      metrics["grad_norm"] = try learner.step(
        learningRate: recipe.policyLearningRate * pace, clip: recipe.clip)
      try onStep(
        // As much again for the gate.
        Double(step + 1) / Double(recipe.policySteps + 1),
        metrics["loss.dpo"] ?? metrics["loss.sft"] ?? 0)
    }
    return UpdateResult(metrics: metrics, rejection: nil)
  }

  /// The share of the learning rate that a step takes: small while nobody can foresee the rankings, and
  /// again when the policy has come as far from the base as it may.
  private func pace(_ standing: Standing, hasDemonstrations: Bool) -> Double {
    let known = max(
      hasDemonstrations ? recipe.demonstrationPace : recipe.leastPace,
      min(1, standing.information / recipe.fullInformation))
    let room = min(1, max(0.2, 1.5 - standing.divergence / recipe.klBudget))
    return known * room
  }

  /// Adds the preference loss of rankings, on the scale of a cross-entropy per token.
  ///
  /// - Returns: the loss.
  private func addPreference(
    _ rankings: [ExamplePool.Ranked], learner: PolicyLearner, pool: inout ExamplePool
  ) throws -> Double {
    let lengths = rankings.flatMap { $0.example.completions.map(\.count) }
    let meanLength = Double(lengths.reduce(0, +)) / Double(lengths.count)
    let weight = recipe.preferenceWeight / (recipe.beta * meanLength)
    return try learner.addPreference(
      rankings.map(\.example),
      reference: try references(rankings, learner: learner, pool: &pool), beta: recipe.beta,
      anchor: recipe.bestWeight / weight, weight: weight, sparing: end
    ).loss
  }

  /// Adds the policy gradient of one rollout: what a completion is worth is its reward, less a penalty
  /// for leaving the base (Ouyang et al. 2022, equation 2, here per token), with something for language
  /// that the base finds likely and for an end.
  private func addGradient(
    _ rollout: Rollout, learner: PolicyLearner, standing: inout Standing,
    metrics: inout [String: Double]
  ) throws {
    standing.divergence = 0.6 * standing.divergence + 0.4 * max(0, rollout.divergence)
    let distance = standing.divergence / recipe.klBudget
    // Past the budget the reward counts for less and less, until only the way back is left.
    let share = min(1, max(0, 2 - distance))
    let penalty = recipe.klPenalty * min(1, distance)
    let values = rollout.rewards.indices.map { index in
      let length = Double(rollout.completions[index].count)
      let reference = rollout.reference[index]
      return share * rollout.rewards[index]
        - penalty * (rollout.logprobs[index] - reference) / length
        + recipe.fluencyReward * reference / length
        - (rollout.ended[index] ? 0 : recipe.unendedPenalty)
    }
    _ = try learner.addPolicyGradient(
      rollout.sampled, advantages: PolicyGradient.advantages(values),
      weight: recipe.gradientWeight, sparing: end)
    metrics["rollout.kl"] = rollout.divergence
    metrics["rollout.reward"] = rollout.rewards.reduce(0, +) / Double(rollout.rewards.count)
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
}
