import Feedback

/// What the labels say about the models, every pair counted before it was learnt.
public struct Statistics: Sendable, Hashable {
  /// Rankings of slates made here, in label order, taken-back ones left out.
  public var rankings: [Entry]
  public var labelCounts: [Label.Kind: Int]
  public var labelerCounts: [String: Int]

  /// One ranking.
  public struct Entry: Sendable, Hashable {
    public var outcome: RankingOutcome
    public var slate: Int64
    public var useCase: UseCase
    public var activelyChosen: Bool
    /// Mean words of the slate's unselected completions; nil when it has none.
    public var unselectedWords: Double?
  }

  /// How often the reward model had a pair right, one entry per slate that it had scored.
  ///
  /// - Parameters:
  ///   - useCase: only slates of its prompts; nil for all.
  ///   - all: actively chosen slates too; the official figure is without them.
  public func rewardAccuracy(of useCase: UseCase? = nil, all: Bool = false) -> [PairCount] {
    scored(all).filter { useCase == nil || $0.useCase == useCase }.map {
      PairCount(correct: $0.outcome.predicted!, total: $0.outcome.pairs)
    }
  }

  /// The baseline “the longer one wins” on the same slates.
  public func longerWins(all: Bool = false) -> [PairCount] {
    scored(all).map { PairCount(correct: $0.outcome.longer, total: $0.outcome.pairs) }
  }

  /// The baseline “the shorter one wins” on the same slates.
  public func shorterWins(all: Bool = false) -> [PairCount] {
    scored(all).map { PairCount(correct: $0.outcome.shorter, total: $0.outcome.pairs) }
  }

  /// Blind comparisons of the policy's unselected completion with the slate's reference, in label
  /// order; a slate whose two completions are of one version compares nothing.
  ///
  /// - Parameter reference: only those with this version, 0 for the base model; nil for all.
  public func comparisons(with reference: Int64? = nil) -> [BlindComparison] {
    rankings.compactMap { entry in
      guard let outcome = entry.outcome.outcome, let policy = entry.outcome.policyVersion,
        let other = entry.outcome.referenceVersion, policy != other,
        reference == nil || reference == other
      else { return nil }
      return BlindComparison(policy: policy, reference: other, outcome: outcome)
    }
  }

  private func scored(_ all: Bool) -> [Entry] {
    rankings.filter { (all || !$0.activelyChosen) && $0.outcome.predicted != nil }
  }
}

/// How fast a labeler works.
public struct LabelingPace: Sendable, Hashable {
  /// Submissions, skips included, taken-back ones left out.
  public var submissions: Int
  /// Seconds from the start of the session until now.
  public var seconds: Double

  public var perHour: Double { seconds > 0 ? Double(submissions) / seconds * 3600 : 0 }
}
