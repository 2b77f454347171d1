/// How policies did in labelers' blind comparisons: all of them, and today's.
public struct PolicyStanding: Sendable, Hashable {
  /// Every policy against the base model.
  public var all: WinRate
  /// Runs of versions on one scale, oldest first.
  public var ratings: [Rating]
  /// Today's policy: the run that holds the version in use, else the newest; nil without a comparison.
  public var today: ClosedRange<Int64>?
  /// Today's policy against the base model, and against versions older than each of it.
  public var todayAgainstBase: WinRate
  public var todayAgainstEarlier: WinRate

  /// - Parameter inUse: the policy version in use.
  public init(_ comparisons: [BlindComparison] = [], inUse: Int64 = 0) {
    all = WinRate(comparisons.lazy.filter { $0.reference == 0 })
    ratings = Feedback.ratings(of: comparisons)
    let today = (ratings.first { $0.versions.contains(inUse) } ?? ratings.last)?.versions
    self.today = today
    let own = comparisons.filter { today?.contains($0.policy) ?? false }
    todayAgainstBase = WinRate(own.lazy.filter { $0.reference == 0 })
    todayAgainstEarlier = WinRate(
      own.lazy.filter { $0.reference != 0 && $0.reference < $0.policy })
  }
}
