import Feedback
import Foundation
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
  let end: TokenID

  /// - Parameters:
  ///   - new: labels nobody has learnt, all in the pool.
  ///   - learnable: labels that replay may draw from.
  ///   - onStep: told the share done and the loss; throws to cancel.
  func run(
    learner: PolicyLearner, new: [Int64], pool: inout ExamplePool, learnable: Set<Int64>,
    rollouts: [Rollout] = [], information: Double = 1,
    divergence: inout Double, random: inout SplitMix64,
    onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var losses: [String: Double] = [:]
    let rollout = recipe.gradientWeight > 0 ? rollouts.last : nil
    for step in 0..<recipe.policySteps {
      if step == recipe.policySteps - 1, let rollout {
        losses.merge(try learn(rollout, learner: learner, divergence: &divergence)) { $1 }
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
          anchor: recipe.bestWeight / weight, weight: weight, sparing: end)
        losses["loss.dpo"] = part.loss
      }
      let room = min(1, max(0.2, 1.5 - divergence / recipe.klBudget))
      let pace =
        room
        * max(demonstrations.isEmpty ? 0.05 : 0.3, min(1, information / recipe.fullInformation))
      losses["pace"] = pace
      let norm = try learner.step(
        learningRate: recipe.policyLearningRate * pace, clip: recipe.clip)
      losses["grad_norm"] = norm
      try onStep(
        Double(step + 1) / Double(recipe.policySteps + 1),
        losses["loss.dpo"] ?? losses["loss.sft"] ?? 0)
    }
    return UpdateResult(metrics: losses, rejection: nil)
  }

  /// Adds the policy gradient of one rollout.
  private func learn(
    _ rollout: Rollout, learner: PolicyLearner, divergence: inout Double
  ) throws -> [String: Double] {
    let sampled = rollout.sampled
    let tokens = Double(rollout.completions.reduce(0) { $0 + $1.count })
    let kl = zip(rollout.logprobs, rollout.reference).reduce(0) { $0 + $1.0 - $1.1 } / tokens
    divergence = 0.6 * divergence + 0.4 * max(0, kl)
    // Past the budget the reward counts for less and less, until only the way back is left.
    let share = min(1, max(0, 2 - divergence / recipe.klBudget))
    let penalty = recipe.klPenalty * min(1, divergence / recipe.klBudget)
    let reference = rollout.reference
    var fluency = 0.0
    let values = rollout.rewards.indices.map { index in
      let length = Double(rollout.completions[index].count)
      let excess = rollout.logprobs[index] - reference[index]
      fluency += reference[index] / length
      return share * rollout.rewards[index] - penalty * excess / length
        + recipe.fluencyReward * reference[index] / length
        - (rollout.ended[index] ? 0 : recipe.unendedPenalty)
    }
    _ = try learner.addPolicyGradient(
      sampled, advantages: PolicyGradient.advantages(values), weight: recipe.gradientWeight,
      sparing: end)
    return [
      "kl": kl, "kl.average": divergence, "kl.penalty": penalty, "fluency": fluency / Double(values.count),
      "reward.deviation": PolicyGradient.deviation(rollout.rewards),
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
}
