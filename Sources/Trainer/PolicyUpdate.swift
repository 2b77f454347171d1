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
    random: inout SplitMix64, onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var losses: [String: Double] = [:]
    var drift: Double?
    for step in 0..<recipe.policySteps {
      let demonstrations = ExamplePool.mix(
        new: new, from: pool.demonstrations, among: learnable,
        replayed: recipe.replayedDemonstrations, random: &random
      ).map(\.example)
      let rankings = ExamplePool.mix(
        new: new, from: pool.rankings, among: learnable, replayed: recipe.replayedRankings,
        random: &random)
      if !demonstrations.isEmpty {
        let part = try learner.addSupervised(demonstrations)
        losses["loss.sft"] = part.loss
      }
      if !rankings.isEmpty {
        let reference = try references(rankings, learner: learner, pool: &pool)
        let part = try learner.addPreference(
          rankings.map(\.example), reference: reference, beta: recipe.beta, anchor: recipe.anchor)
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
