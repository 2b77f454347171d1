import Feedback
import LanguageModel
import Learning

/// What an update did, as the numbers that a version is published with.
struct UpdateResult {
  var metrics: [String: Double]
  /// Why the new version must not be used; nil when it may.
  var rejection: String?
  /// Optimizer steps taken.
  var steps = 0
  /// Whether practice ended before its time, for something more urgent.
  var isCutShort = false
}

/// Trains the policy's adapter in place: on new demonstrations and rankings, on replayed ones, and on
/// what the policy itself drew, by the reward model.
struct PolicyUpdate {
  let recipe: Recipe
  let pass: TrainingPass
  let tokenizer: Tokenizer

  private var end: TokenID { tokenizer.endToken }

  /// What the policy is at, besides its labels.
  struct Standing {
    /// What it drew for the last slates, oldest first.
    var rollouts: [Rollout] = []
    /// The reward model; nil while there is none.
    var probe: RewardProbe?
    /// Nats per token that the policy is away from the base on its own draws, averaged over the last
    /// rollouts; nil before the first.
    var divergence: Double?
    /// How many demonstrations it learns from.
    var demonstrations = 0
    /// What the base's answers are like; nil before it has drawn any.
    var base: Habits?
    /// The reward models' skill, averaged over the last updates; nil before the first.
    var skill: Double?

    /// Goes on from what an update left of a copy of it; what was drawn in the meantime stays.
    ///
    /// - Parameter kept: the most rollouts.
    mutating func take(_ updated: Standing, kept: Int) {
      divergence = updated.divergence
      skill = updated.skill
      let known = Set(updated.rollouts.map(\.id))
      rollouts = (updated.rollouts + rollouts.filter { !known.contains($0.id) }).suffix(kept)
    }
  }

  /// What practice needs besides what is there.
  struct Practice {
    /// Has the policy in training answer another prompt; nil when there is none.
    var draw: (inout SplitMix64) throws -> Rollout?
    /// Whether there is nothing more urgent.
    var goesOn: () throws -> Bool
  }

  /// - Parameters:
  ///   - new: labels nobody has learnt, all in the pool; none for practice, on what the policy drew and
  ///     on replayed labels.
  ///   - learnable: labels that replay may draw from.
  ///   - standing: its rollouts are learnt from, and their uses counted; the divergence goes on.
  ///   - practice: nil unless there are no new labels. A step that something more urgent comes between is left.
  ///   - onStep: told the share done and the loss; throws to cancel.
  func run(
    learner: PolicyLearner, new: [Int64], pool: inout ExamplePool, learnable: Set<Int64>,
    steps: Int, standing: inout Standing, random: inout SplitMix64,
    practice: Practice? = nil, onStep: (_ share: Double, _ loss: Double) throws -> Void
  ) throws -> UpdateResult {
    var metrics: [String: Double] = [:]
    let skill = standing.probe?.skill ?? 0
    if !new.isEmpty { standing.skill = 0.5 * (standing.skill ?? skill) + 0.5 * skill }
    let known = min(1, (standing.skill ?? skill) / recipe.fullSkill)
    metrics["known"] = known
    let isPractice = new.isEmpty
    var taken = 0
    for step in 0..<steps {
      func goesOn() throws -> Bool {
        if try practice?.goesOn() ?? true { return true }
        learner.discard()
        return false
      }
      let cutShort = UpdateResult(metrics: metrics, steps: taken, isCutShort: true)
      guard try goesOn() else { return cutShort }
      if recipe.gradientWeight > 0, let practice {
        let rollout = try practice.draw(&random)
        standing.rollouts = (standing.rollouts + [rollout].compactMap { $0 })
          .suffix(recipe.rolloutsKept)
        guard try goesOn() else { return cutShort }
      }
      let isFirst = step == 0
      let labels = isFirst || isPractice ? learnable : []
      let demonstrations = ExamplePool.mix(
        new: isFirst ? new : [], from: pool.demonstrations, among: labels,
        replayed: recipe.replayedDemonstrations, random: &random
      ).map(\.example)
      let rankings =
        isPractice
        ? pool.unlearntRankings(recipe.practiceRankings, among: labels, random: &random)
        : ExamplePool.mix(
          new: isFirst ? new : [], from: pool.rankings, among: labels,
          replayed: recipe.replayedRankings, random: &random)
      let rollouts = chooseRollouts(
        standing, known: known, isPractice: isPractice, random: &random)
      if demonstrations.isEmpty, rankings.isEmpty, rollouts.isEmpty { break }
      if !demonstrations.isEmpty {
        metrics["loss.sft"] = try learner.addSupervised(
          demonstrations, weight: recipe.demonstrationWeight
        ).loss
      }
      guard try goesOn() else { return cutShort }
      if !rankings.isEmpty {
        metrics["loss.dpo"] = try addPreference(rankings, learner: learner, pool: &pool)
      }
      for index in rollouts {
        guard try goesOn() else { return cutShort }
        try addGradient(
          index, known: known, weight: recipe.gradientWeight / Double(rollouts.count),
          learner: learner, standing: &standing, metrics: &metrics)
      }
      let hasLabels = !demonstrations.isEmpty || !rankings.isEmpty
      let pace = max(hasLabels ? recipe.labelPace : 0, pace(standing, known: known))
      metrics["pace"] = pace
      taken += 1
      metrics["grad_norm"] = try learner.step(
        learningRate: recipe.policyLearningRate * pace, clip: recipe.clip)
      try onStep(
        // As much again for the gate.
        Double(step + 1) / Double(steps + 1),
        metrics["loss.dpo"] ?? metrics["loss.sft"] ?? 0)
    }
    return UpdateResult(metrics: metrics, steps: taken)
  }

  /// The share of the learning rate that a step may take on what the policy drew: small while nobody can
  /// foresee the rankings, and again when the policy has come as far from the base as it may.
  private func pace(_ standing: Standing, known: Double) -> Double {
    let distance = distance(standing, known: known)
    return max(known, Self.isFar(distance) ? recipe.labelPace : 0)
      * min(1, max(0.2, 1.5 - distance))
  }

  /// How far the policy is from the base, in budgets: it may go as far as the reward model knows the way.
  private func distance(_ standing: Standing, known: Double) -> Double {
    (standing.divergence ?? 0)
      / recipe.budget(demonstrations: standing.demonstrations, known: known)
  }

  /// Whether a policy is so far from the base, in budgets, that its draws are learnt from even by a reward
  /// model that knows nothing: to find the way back.
  private static func isFar(_ distance: Double) -> Bool { distance > 0.5 }

  /// The last rollouts, so many, of which the newest that was not learnt from yet is.
  private static let freshest = 4

  /// The rollouts of a step, by their places: with labels the newest, if nothing was learnt from it yet, and
  /// others by how different the reward model finds their completions, rather those that were seldom used.
  private func chooseRollouts(
    _ standing: Standing, known: Double, isPractice: Bool, random: inout SplitMix64
  ) -> [Int] {
    let all = standing.rollouts
    let isFar = Self.isFar(distance(standing, known: known))
    guard recipe.gradientWeight > 0, known > 0 || isFar, let probe = standing.probe else {
      return []
    }
    var chosen: [Int] = []
    if !isPractice, let fresh = all.lastIndex(where: { $0.uses == 0 }),
      fresh >= all.count - Self.freshest
    {
      chosen.append(fresh)
    }
    var weights = all.enumerated().map { index, rollout -> Double in
      if chosen.contains(index) { return 0 }
      let spread = PolicyGradient.deviation(rollout.worths(by: probe))
      return spread * spread / Double((1 + rollout.uses) * (1 + rollout.uses))
    }
    for _ in 0..<(isPractice ? recipe.practiceRollouts : recipe.replayedRollouts) {
      guard let index = random.index(weights: weights) else { break }
      chosen.append(index)
      weights[index] = 0
    }
    return chosen
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
    let part = try learner.addPreference(
      rankings.map(\.example),
      reference: try references(rankings, learner: learner, pool: &pool), beta: recipe.beta,
      anchor: recipe.bestWeight / weight, weight: weight, sparing: end)
    for (ranked, loss) in zip(rankings, learner.rankingLosses) {
      pool.setLoss(loss, label: ranked.label)
    }
    return part.loss
  }

  /// Adds the policy gradient of one rollout: what a completion is worth is what the reward model surely says,
  /// with something for words that it does not say to everyone and, as far as the policy has lost them, for
  /// language that the base finds likely and for an end, less a penalty for leaving the base (Ouyang et al. 2022,
  /// equation 2, here per token).
  private func addGradient(
    _ index: Int, known: Double, weight: Double, learner: PolicyLearner,
    standing: inout Standing, metrics: inout [String: Double]
  ) throws {
    let rollout = standing.rollouts[index]
    let worths = rollout.worths(by: standing.probe!)
    if rollout.uses == 0 {
      let divergence = max(0, rollout.divergence)
      standing.divergence = 0.6 * (standing.divergence ?? divergence) + 0.4 * divergence
      metrics["rollout.kl"] = rollout.divergence
    }
    standing.rollouts[index].uses += 1
    let distance = distance(standing, known: known)
    // Past the budget the reward counts for less and less, until only the way back is left.
    let share = min(1, max(0, 2 - distance))
    let penalty = recipe.klPenalty * min(1, distance)
    let recent = standing.rollouts.suffix(recipe.rolloutsCompared)
    let novelty = rollout.novelty(besides: recent)
    // What nobody asked to change costs as far as it has been lost.
    var (endsLost, fluencyLost) = (1.0, 1.0)
    if let base = standing.base, let own = Habits(of: recent) {
      endsLost = own.endsLost(besides: base)
      fluencyLost = own.fluencyLost(besides: base)
    }
    metrics["lost.ends"] = endsLost
    metrics["lost.fluency"] = fluencyLost
    let advantages = PolicyGradient.advantages(
      worths.indices.map { index in
        let length = Double(rollout.completions[index].count)
        let reference = rollout.reference[index]
        let worth =
          share * worths[index] + recipe.fluencyReward * fluencyLost * reference / length
          + recipe.noveltyReward * novelty[index]
          - (rollout.ended[index] ? 0 : recipe.unendedPenalty * endsLost)
        return known * worth - penalty * (rollout.logprobs[index] - reference) / length
      })
    let foretold = try foretold(index, standing: &standing, metrics: &metrics)
    let used = PolicyGradient.extremes(recipe.drawsLearnt, of: advantages)
    _ = try learner.addPolicyGradient(
      rollout.sampled(used), drawn: used.map { rollout.logprobs[$0] },
      advantages: used.map { index in
        foretold[index].map { advantages[index] - known * share * $0 }
      }, ratioClip: recipe.ratioClip, weight: weight, sparing: end)
  }

  /// What was foretold of the worth of a rollout's completions before each of their tokens, by the others.
  private func foretold(
    _ index: Int, standing: inout Standing, metrics: inout [String: Double]
  ) throws -> [[Double]] {
    if standing.rollouts[index].broken == nil {
      standing.rollouts[index].broken = try read(standing.rollouts[index])
    }
    let rollout = standing.rollouts[index]
    let probe = standing.probe!
    let foresight = Foresight(standing.rollouts.filter { $0.id != rollout.id }, by: probe)
    for (length, slope) in zip(Foresight.lengths, foresight.slopes) {
      metrics["foresight.\(length)"] = slope
    }
    return zip(rollout.completions, rollout.earlyWorths(by: probe)!).map { completion, early in
      foresight.values(early: early, tokens: completion.count)
    }
  }

  /// What the reward model reads of completions broken off.
  private func read(_ rollout: Rollout) throws -> [[[Float]]] {
    let broken = Foresight.lengths.flatMap { rollout.broken(after: $0, end: end) }
    let output = try pass.forward(
      [PackedSequence(prompt: rollout.prompt, completions: broken)], adapter: nil,
      arithmetic: .codes, needs: [.features], keepForBackward: false)
    let rows = ProbeFeatures.rows(
      of: output, texts: broken.map { tokenizer.decode(Array($0.dropLast())) })
    let count = rollout.completions.count
    return Foresight.lengths.indices.map { Array(rows[($0 * count)..<(($0 + 1) * count)]) }
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
