/// What a labeler who did not know which was which said of two versions.
public struct BlindComparison: Sendable, Hashable {
  public var policy: Int64
  /// What it was compared with; 0 is the base model.
  public var reference: Int64
  /// 1 when the policy won, 0 for a tie, -1 when the reference won.
  public var outcome: Int

  public init(policy: Int64, reference: Int64, outcome: Int) {
    self.policy = policy
    self.reference = reference
    self.outcome = outcome
  }
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
  public var estimate: Estimate? { estimate(after: 0) }

  /// How many more comparisons would tell the two apart if they went as those before: until the
  /// Wilson interval leaves out one half; 0 when it does so now.
  ///
  /// - Parameter limit: nil when even so many would not tell.
  public func comparisonsToTell(limit: Int = 1000) -> Int? {
    guard comparisons > 0 else { return nil }
    return (0...limit).first { more in
      estimate(after: more).map { $0.low > 0.5 || $0.high < 0.5 } ?? false
    }
  }

  /// The estimate after more comparisons at the present rate.
  private func estimate(after more: Int) -> Estimate? {
    let points = Double(wins) + Double(ties) / 2
    let total = comparisons + more
    return wilsonInterval(wins: points * Double(total) / Double(max(1, comparisons)), of: total)
  }
}
