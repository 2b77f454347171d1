import Feedback
import Foundation
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
  let reader: PromptReader

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
    /// Steps taken since the last label.
    var stepsBefore = 0

    /// The share of the learning rate that a step takes: the more comes from the same labels, the less.
    func share(step: Int, recipe: Recipe) -> Double {
      1 / (1 + Double(stepsBefore + step) / recipe.practiceHalved)
    }
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
      if recipe.learnsFromDraws, let practice {
        let rollout = try practice.draw(&random)
        standing.rollouts = (standing.rollouts + [rollout].compactMap { $0 })
          .suffix(recipe.rolloutsKept)
        guard try goesOn() else { return cutShort }
      }
      let isFirst = step == 0
      let labels = isFirst || isPractice ? learnable : []
      let demonstrations = pool.unlearntDemonstrations(
        new: isFirst ? new : [], among: labels, replayed: recipe.replayedDemonstrations,
        random: &random)
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
          demonstrations.map(\.example), weight: recipe.demonstrationWeight
        ).loss
        for (demonstrated, loss) in zip(demonstrations, learner.demonstrationLosses) {
          pool.setLoss(loss, label: demonstrated.label)
        }
      }
      guard try goesOn() else { return cutShort }
      if !rankings.isEmpty {
        metrics["loss.dpo"] = try addPreference(rankings, learner: learner, pool: &pool)
      }
      for index in rollouts {
        guard try goesOn() else { return cutShort }
        try addDraws(
          index, known: known, share: 1 / Double(rollouts.count), learner: learner,
          standing: &standing, metrics: &metrics)
      }
      let hasLabels = !demonstrations.isEmpty || !rankings.isEmpty
      let pace =
        max(hasLabels ? recipe.labelPace : 0, pace(standing, known: known))
        * (practice?.share(step: step, recipe: recipe) ?? 1)
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
    let distance = standing.distance(known: known, recipe: recipe)
    return max(known, Self.isFar(distance) ? recipe.labelPace : 0)
      * min(1, max(0.2, 1.5 - distance))
  }

  /// Whether a policy is so far from the base, in budgets, that its draws are learnt from even by a reward
  /// model that knows nothing: to find the way back.
  private static func isFar(_ distance: Double) -> Bool { distance > 0.5 }

  /// The last rollouts, so many, of which the newest that was not learnt from yet is.
  private static let freshest = 4
  /// Newer rollouts than one, so many, that halve how often it is learnt from: what the policy wrote long ago
  /// says little of what it writes.
  private static let rolloutsHalving = 16.0

  /// The rollouts of a step, by their places: the newest, if nothing was learnt from it yet, and others by how
  /// much the reward model finds to gain in them, rather those that are new and were seldom used.
  private func chooseRollouts(
    _ standing: Standing, known: Double, isPractice: Bool, random: inout SplitMix64
  ) -> [Int] {
    let all = standing.rollouts
    let isFar = Self.isFar(standing.distance(known: known, recipe: recipe))
    guard recipe.learnsFromDraws, known > 0 || isFar, let probe = standing.probe else {
      return []
    }
    var chosen: [Int] = []
    if let fresh = all.lastIndex(where: { $0.uses == 0 }), fresh >= all.count - Self.freshest {
      chosen.append(fresh)
    }
    var weights = all.enumerated().map { index, rollout -> Double in
      if chosen.contains(index) { return 0 }
      let gain = rollout.gain(by: probe) / Double(1 + rollout.uses)
      return gain * gain * exp2(-Double(all.count - 1 - index) / Self.rolloutsHalving)
    }
    let others =
      isPractice ? recipe.practiceRollouts - chosen.count : recipe.replayedRollouts
    for _ in 0..<max(0, others) {
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

  /// Adds the policy gradient of one rollout and the preference loss of what is plainly apart in it, and counts
  /// its use.
  private func addDraws(
    _ index: Int, known: Double, share: Double, learner: PolicyLearner,
    standing: inout Standing, metrics: inout [String: Double]
  ) throws {
    guard let probe = standing.probe else { return }
    if standing.rollouts[index].uses == 0 {
      let divergence = standing.rollouts[index].divergence
      standing.divergence =
        0.6 * (standing.divergence ?? max(0, divergence)) + 0.4 * max(0, divergence)
      metrics["rollout.kl"] = divergence
    }
    standing.rollouts[index].uses += 1
    if standing.rollouts[index].broken == nil {
      standing.rollouts[index].broken = try read(standing.rollouts[index])
    }
    let rollout = standing.rollouts[index]
    let advantages = standing.advantages(
      of: rollout, known: known, recipe: recipe, metrics: &metrics)
    // By the whole completions: what the first token of each has.
    let used = PolicyGradient.extremes(
      recipe.drawsLearnt, of: advantages.map { $0.first ?? 0 })
    let sampled = rollout.sampled(
      used, pairs: rollout.pairs(of: used, by: probe, atLeast: recipe.leastWorthApart))
    // On the scale of a cross-entropy per token, as for rankings.
    let meanLength =
      Double(sampled.completions.reduce(0) { $0 + $1.count }) / Double(max(1, used.count))
    let scale = recipe.beta * meanLength
    let part = try learner.addPolicyGradient(
      sampled, drawn: used.map(rollout.policyLogprob), advantages: used.map { advantages[$0] },
      ratioClip: recipe.ratioClip, weight: recipe.gradientWeight * share,
      preference: PolicyLearner.DrawnPreference(
        reference: used.map { rollout.reference[$0] }, beta: recipe.beta,
        anchor: recipe.drawAnchor * scale, weight: recipe.drawPreferenceWeight * share / scale),
      sparing: end)
    if !sampled.pairs.isEmpty { metrics["loss.draws"] = part.loss }
    for (place, sum) in zip(used, learner.completionSums)
    where rollout.policyLogprob(of: place) == nil {
      standing.rollouts[index].firstLogprobs[place] = sum
    }
  }

  /// What the reward model reads of completions broken off.
  private func read(_ rollout: Rollout) throws -> [[[Float]]] {
    let broken = Foresight.lengths.flatMap { rollout.broken(after: $0, end: end) }
    let output = try pass.forward(
      [PackedSequence(prompt: rollout.prompt, completions: broken)], adapter: nil,
      arithmetic: .codes, needs: [.features], keepForBackward: false)
    let rows = try reader.rows(
      of: output, texts: broken.map { tokenizer.decode(Array($0.dropLast())) },
      prompt: rollout.prompt)
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
