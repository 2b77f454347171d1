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
    public var activelyChosen: Bool
    /// Mean words of the slate's unselected completions; nil when it has none.
    public var unselectedWords: Double?
  }

  /// How often the reward model had a pair right, one entry per slate that it had scored.
  ///
  /// - Parameter all: actively chosen slates too; the official figure is without them.
  public func rewardAccuracy(all: Bool = false) -> [PairCount] {
    scored(all).map { PairCount(correct: $0.predicted!, total: $0.pairs) }
  }

  /// The baseline “the longer one wins” on the same slates.
  public func longerWins(all: Bool = false) -> [PairCount] {
    scored(all).map { PairCount(correct: $0.longer, total: $0.pairs) }
  }

  /// The baseline “the shorter one wins” on the same slates.
  public func shorterWins(all: Bool = false) -> [PairCount] {
    scored(all).map { PairCount(correct: $0.shorter, total: $0.pairs) }
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

  private func scored(_ all: Bool) -> [RankingOutcome] {
    rankings.filter { (all || !$0.activelyChosen) && $0.outcome.predicted != nil }.map(\.outcome)
  }
}

/// What a labeler who did not know which was which said of two versions.
public struct BlindComparison: Sendable, Hashable {
  public var policy: Int64
  public var reference: Int64
  /// 1 when the policy won, 0 for a tie, -1 when the reference won.
  public var outcome: Int
}

/// Blind comparisons won, tied and lost.
public struct WinRate: Sendable, Hashable {
  public var wins = 0
  public var ties = 0
  public var losses = 0

  public init(wins: Int = 0, ties: Int = 0, losses: Int = 0) {
    self.wins = wins
    self.ties = ties
    self.losses = losses
  }

  /// Counts comparisons.
  public init(_ comparisons: some Sequence<BlindComparison>) {
    for comparison in comparisons {
      switch comparison.outcome {
      case 1: wins += 1
      case 0: ties += 1
      default: losses += 1
      }
    }
  }

  public var comparisons: Int { wins + ties + losses }

  /// The share won, a tie as half a win, with its Wilson interval; nil without a comparison.
  public var estimate: Estimate? {
    wilsonInterval(wins: Double(wins) + Double(ties) / 2, of: comparisons)
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
