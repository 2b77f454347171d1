import Learning

/// What there is likely to gain in answering a prompt, as the reward model foresees it before anything is drawn.
///
/// What was drawn for other prompts is scored as if it had been written for this one: how much better the best of
/// it would be than what the policy usually writes.
struct ForeseenGain {
  private let probe: RewardProbe
  /// What the reward model reads of completions of other prompts: first what the policy wrote of late.
  private let completions: [[Float]]
  private let recent: Int

  /// The newest rollouts, so many, tell what the policy usually writes.
  static let rollouts = 8
  /// The share of the completions that are the best.
  static let best = 0.05

  /// - Returns: nil without rollouts.
  init?(_ rollouts: [Rollout], by probe: RewardProbe) {
    let usual = rollouts.suffix(Self.rollouts).flatMap { $0.features[$0.own] }
    if usual.isEmpty { return nil }
    recent = usual.count
    completions = usual + rollouts.flatMap(\.features)
    self.probe = probe
  }

  /// The gain, in the reward model's log-odds.
  ///
  /// - Parameter prompt: what the base says of the prompt.
  func value(of prompt: [Float]) -> Double {
    let scores = probe.scores(of: completions, for: prompt)
    let all = scores[recent...].sorted(by: >)
    let best = all.prefix(max(1, Int(Self.best * Double(all.count))))
    return best.reduce(0, +) / Double(best.count)
      - scores[..<recent].reduce(0, +) / Double(recent)
  }
}
