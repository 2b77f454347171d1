import Learning

extension RewardProbe {
  /// The same, telling draws apart by no less than it usually takes to be heard beside what nobody asked to change:
  /// how sure it is of them counts once, in the pace.
  ///
  /// Of rankings that were chosen for being hard few can be foreseen, and log-odds that are right for those are
  /// small for others.
  func stretched(for rollouts: [Rollout]) -> RewardProbe {
    guard !rollouts.isEmpty else { return self }
    let variance = rollouts.reduce(0) { $0 + $1.variance(by: self) } / Double(rollouts.count)
    let factor = Self.usualDeviation / variance.squareRoot()
    return stretched(by: min(Self.mostStretched, max(1, factor)))
  }

  /// Log-odds by which the draws for a prompt deviate from their mean.
  private static let usualDeviation = 0.8
  private static let mostStretched = 8.0
}

/// What policy gradient is told of draws.
extension PolicyUpdate.Standing {
  /// How far the policy is from the base, in budgets: it may go as far as the reward model knows the way.
  func distance(known: Double, recipe: Recipe) -> Double {
    (divergence ?? 0) / recipe.budget(demonstrations: demonstrations, known: known)
  }

  /// Has the reward model tell its draws apart plainly enough to be heard.
  mutating func stretchProbe() { probe = probe?.stretched(for: rollouts) }

  /// The advantage of each token of a rollout's completions: what the completion is worth beside the others,
  /// less what was foretold of that before the token.
  ///
  /// A completion is worth what the reward model surely says, with something for words that the policy does not
  /// say to everyone and, as far as it has lost them, for language that the base finds likely and for an end,
  /// less a penalty for leaving the base (Ouyang et al. 2022, equation 2, here per token).
  ///
  /// - Parameters:
  ///   - rollout: one with what the reward model reads of its completions broken off.
  ///   - known: how much the reward model knows, from 0 to 1.
  func advantages(
    of rollout: Rollout, known: Double, recipe: Recipe, metrics: inout [String: Double]
  ) -> [[Double]] {
    guard let probe, let early = rollout.earlyWorths(by: probe) else { return [] }
    let worths = rollout.worths(by: probe)
    let distance = distance(known: known, recipe: recipe)
    // Past the budget the reward counts for less and less, until only the way back is left.
    let share = min(1, max(0, 2 - distance))
    let penalty = recipe.klPenalty * min(1, distance)
    let recent = rollouts.suffix(recipe.rolloutsCompared)
    let novelty = rollout.novelty(besides: recent)
    // What nobody asked to change costs as far as it has been lost.
    var (endsLost, fluencyLost) = (1.0, 1.0)
    if let base, let own = Habits(of: recent) {
      endsLost = own.endsLost(besides: base)
      fluencyLost = own.fluencyLost(besides: base)
    }
    metrics["lost.ends"] = endsLost
    metrics["lost.fluency"] = fluencyLost
    let besides = rollout.own.map { index in
      let length = Double(rollout.completions[index].count)
      let reference = rollout.reference[index]
      let side =
        recipe.fluencyReward * fluencyLost * reference / length
        + recipe.noveltyReward * novelty[index]
        - (rollout.ended[index] ? 0 : recipe.unendedPenalty * endsLost)
      return known * side - penalty * (rollout.logprobs[index] - reference) / length
    }
    // What is borrowed counts by its worth alone: it has all that the base has.
    let usual = besides.reduce(0, +) / Double(max(1, besides.count))
    let advantages = PolicyGradient.advantages(
      worths.indices.map { index in
        known * share * worths[index] + (index < besides.count ? besides[index] : usual)
      })
    let foresight = Foresight(rollouts.filter { $0.id != rollout.id }, by: probe)
    for (length, slope) in zip(Foresight.lengths, foresight.slopes) {
      metrics["foresight.\(length)"] = slope
    }
    return rollout.completions.indices.map { index in
      foresight.values(early: early[index], tokens: rollout.completions[index].count)
        .map { advantages[index] - known * share * $0 }
    }
  }
}
