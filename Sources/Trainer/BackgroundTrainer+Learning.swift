import Feedback
import Foundation
import LanguageModel
import Learning
import Storage

extension BackgroundTrainer {
  /// Learns from labels that no version of the kind has met, and publishes what came of it.
  ///
  /// What has learnt a label that was taken back is left first, for the newest version without one; the
  /// labels since then are learnt anew.
  func learn(_ kind: VersionKind) throws {
    if try workspace.leaveRetracted(kind) {
      log.info("\(kind.rawValue) goes back to before a label that was taken back")
      try followChosenVersions()
    }
    let new = Array(try unlearnt(kind).prefix(recipe.labelsPerUpdate))
    guard !new.isEmpty else { return }
    let what = kind == .policy ? "the policy" : "the reward model"
    let attempt = new.map { failures.attempts(FailureCount.key(kind, label: $0.id)) }.max()! + 1
    let job = try workspace.beginJob(
      kind: kind.rawValue, detail: "\(what) learns \(count(new.count, "label"))", attempt: attempt)
    do {
      try update(kind, new: new, job: job)
      try workspace.endJob(job)
    } catch {
      // The adapter in training holds half an update: it starts again from what is published.
      if kind == .policy { policyLearner = nil } else { rewardLearner = nil }
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      for label in new { failures.add(FailureCount.key(kind, label: label.id)) }
      log.error("\(what) could not learn from labels \(new.map(\.id)): \(error)")
    }
  }

  private func update(_ kind: VersionKind, new: [Label], job: Int64) throws {
    try pool.remove(workspace.retractedLabels().map(\.label.id))
    let learnable = try workspace.labels(kinds: kind.learnsFrom, heldOut: .learnable)
    try fill(&pool, with: learnable)
    let known = Set(learnable.map(\.id))
    // Held-out labels are met without being learnt, and so is a ranking of ties alone.
    let taught = new.map(\.id).filter { known.contains($0) && pool.teaches($0) }
    try workspace.markHandled(Set(new.map(\.id)).subtracting(taught), for: kind)
    if kind == .policy {
      practisedSinceLabel = 0
      try allowPractice(labels: new.count)
    }
    guard !taught.isEmpty else { return }
    let number = try workspace.reserveVersion()
    var random = SplitMix64(seed: UInt64(bitPattern: number) &* 0x2545_F491)
    let clock = ContinuousClock()
    let start = clock.now
    let onStep = { (share: Double, loss: Double) throws in
      let elapsed = (clock.now - start) / .seconds(1)
      try self.workspace.updateJob(job, progress: share, remaining: elapsed / share - elapsed)
      try self.workspace.record(metric: "loss.\(kind.rawValue)", value: loss)
      if self.isStopping { throw CancellationError() }
      try self.serveWaitingLabelers()
    }
    switch kind {
    case .policy:
      try updatePolicy(
        number, taught: taught, learnable: known, steps: recipe.policySteps, random: &random,
        onStep: onStep)
    case .reward:
      let learner = try learnerOfReward()
      let demonstrations = try demonstrationsToFit()
      let probe = try fitProbe(learnable: known, demonstrations: demonstrations)
      let result = try rewardUpdate.run(
        learner: learner, new: taught, pool: pool, learnable: known, random: &random,
        onStep: onStep)
      try publishReward(
        number, learner: learner, probe: probe, result: result, taught: taught,
        demonstrations: demonstrations)
    }
  }

  private var rewardUpdate: RewardUpdate {
    RewardUpdate(recipe: recipe, pass: pass, model: model, reader: reader)
  }

  /// The demonstrations that a reward probe is fitted to: all that there are now.
  func demonstrationsToFit() throws -> [Label] {
    try workspace.labels(kinds: [.demonstration], heldOut: .learnable)
  }

  /// Fits the reward probe anew to rankings and demonstrations.
  ///
  /// - Parameter learnable: rankings in the pool.
  func fitProbe(learnable: Set<Int64>, demonstrations: [Label]) throws -> RewardProbe? {
    try fill(&pool, with: demonstrations)
    let probe = try rewardUpdate.probe(
      &pool, learnable: learnable.union(demonstrations.map(\.id)),
      prompts: try featuresOfPrompts())
    if let probe {
      log.info(
        "reward model fitted",
        metadata: [
          "skill": "\(probe.skill)", "blocks": "\(probe.blockWeights.map { ($0 * 100).rounded() })",
          "balance": "\(probe.balance.map { "\($0)" } ?? "as it was")",
        ])
    }
    return probe
  }

  /// Trains the policy, and publishes it unless the gate objects.
  ///
  /// - Returns: whether it is used.
  @discardableResult func updatePolicy(
    _ number: Int64, taught: [Int64], learnable: Set<Int64>, steps: Int,
    random: inout SplitMix64, practice: PolicyUpdate.Practice? = nil,
    onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    let learner = try learnerOfPolicy()
    let before = Array(learner.adapter.parameters)
    standing.probe = reward?.probe
    standing.stretchProbe()
    standing.demonstrations = pool.demonstrations.keys.count(where: learnable.contains)
    try noteBudget()
    standing.base = Habits(
      ofBase: try workspace.unchosenCompletions(policy: 0, limit: Self.completionsOfBase))
    // Slates may be drawn in the middle of it, which adds to the standing.
    var during = standing
    var result = try PolicyUpdate(
      recipe: recipe, pass: pass, tokenizer: model.tokenizer, reader: reader
    ).run(
      learner: learner, new: taught, pool: &pool, learnable: learnable, steps: steps,
      standing: &during, random: &random, practice: practice, onStep: onStep)
    standing.take(during, kept: recipe.rolloutsKept)
    if taught.isEmpty {
      practiceOwed = max(0, practiceOwed - result.steps)
      practisedSinceLabel += result.steps
      // A label is to be learnt first, by a version that has what was practised too.
      if result.isCutShort { return true }
      if result.steps == 0 { return false }
    }
    try notePractice()
    let learnt = clock.now
    let budget = recipe.budget(
      demonstrations: standing.demonstrations, known: result.metrics["known"] ?? 1)
    let (metrics, rejection) = try judge(
      learner.adapter, version: number, before: before, budget: budget)
    result.metrics.merge(metrics) { $1 }
    result.metrics["seconds.learning"] = (learnt - start) / .seconds(1)
    result.metrics["seconds.gate"] = (clock.now - learnt) / .seconds(1)
    result.rejection = rejection
    try publishPolicy(number, learner: learner, result: result, taught: taught)
    return result.rejection == nil
  }

  /// The base's completions, so many, that tell what its answers are like.
  private static let completionsOfBase = 200

  /// Draws a slate in the middle of learning when a labeler has nothing to work on.
  func serveWaitingLabelers() throws {
    guard Agenda.isUrgent(try observe()) else { return }
    try makeSlate()
  }

  /// Encodes the labels that a pool does not hold yet.
  func fill(_ pool: inout ExamplePool, with labels: [Label]) throws {
    for label in labels where !pool.holds(label.id) {
      switch label.content {
      case .demonstration(let demonstration):
        pool.add(
          encoding.demonstration(
            demonstration, of: label,
            completions: try label.slate.map(workspace.completions(slate:)) ?? []))
      case .ranking(let ranking):
        let completions = try workspace.completions(ranking.tiers.flatMap { $0 })
        pool.add(encoding.ranking(ranking, of: label, completions: completions))
      case .skip: break
      }
    }
  }

  // MARK: What is trained

  private func learnerOfPolicy() throws -> PolicyLearner {
    if let policyLearner { return policyLearner }
    let adapter =
      policy.adapter?.copy()
      ?? LoRAAdapter(
        configuration: model.configuration, rank: recipe.rank, alpha: recipe.alpha, seed: 1)
    let optimizer = try workspace.currentVersion(.policy).flatMap {
      files.optimizer(of: $0, count: adapter.parameters.count)
    }
    let learner = PolicyLearner(adapter: adapter, pass: pass, optimizer: optimizer)
    policyLearner = learner
    return learner
  }

  func learnerOfReward() throws -> RewardLearner {
    if let rewardLearner { return rewardLearner }
    let model =
      try reward?.model.copy()
      ?? RewardModel(
        configuration: model.configuration, rank: recipe.rank, alpha: recipe.alpha,
        layers: Recipe.layers(from: recipe.rewardLayer, of: model.configuration),
        heads: recipe.heads, seed: 2)
    let parameters =
      model.adapter.parameters.count + model.heads.count * model.adapter.configuration.hiddenSize
    let optimizer = try workspace.currentVersion(.reward).flatMap {
      files.optimizer(of: $0, count: parameters)
    }
    let learner = RewardLearner(model: model, pass: pass, optimizer: optimizer)
    rewardLearner = learner
    return learner
  }
}

/// A number with its noun, in the plural unless it is one.
func count(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
