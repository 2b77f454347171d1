import Feedback

/// What the screens show of the workspace besides the slate: read from it whenever it changes.
struct WorkspaceStatus: Sendable, Hashable {
  /// Labels by this labeler that stand.
  var ownLabels = 0
  /// Labels by everyone, of each kind.
  var rankings = 0
  var demonstrations = 0
  var skips = 0
  /// Slates that wait for a labeler.
  var readySlates = 0
  /// The policy in use; 0 is the base model.
  var policyVersion: Int64 = 0
  /// Labels that no version has learnt yet.
  var labelsToLearn = 0
  var job: JobStatus?
  /// Sentences of jobs that were set aside.
  var failures: [String] = []
  /// The share of pairs the reward model had right before it learnt them.
  var rewardAccuracy: Estimate?
  /// The same share for two rules that only look at length.
  var longerWins: Estimate?
  var shorterWins: Estimate?
  /// The share of right pairs over the last labels, after each label.
  var accuracySeries: [Double] = []
  /// The policy of each moment against the base model; nil before the first comparison.
  var winRate: WinRateStatus?
  /// The same in runs of comparisons, oldest first; empty while there are too few.
  var winRateHistory: [WinRateStatus] = []
  var losses: [LossCurve] = []
  /// Newest first.
  var versions: [VersionStatus] = []
}

/// What the trainer is doing.
struct JobStatus: Sendable, Hashable {
  /// In words, such as "policy 8 is learning 3 labels".
  var title: String
  /// 0 to 1; nil when it cannot be said.
  var progress: Double?
  /// Seconds that it will still take.
  var remaining: Double?
}

/// Policies against the base model, in blind rankings.
struct WinRateStatus: Sendable, Hashable {
  var name: String
  var wins: Int
  var losses: Int
  var ties: Int
  /// A tie counts as half a win.
  var estimate: Estimate
}

/// How a loss went over the last steps.
struct LossCurve: Sendable, Hashable {
  var title: String
  var values: [Double]
}

/// One version in the list.
struct VersionStatus: Sendable, Hashable {
  var name: String
  /// What it learnt beyond its parent.
  var learnt: String
  var state: String
  var isCurrent: Bool
}
