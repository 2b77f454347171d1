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
  /// The share of right pairs for the use cases with most pairs, the most first.
  var useCaseAccuracy: [UseCaseAccuracy] = []
  /// Over the latest rankings; nil before the first pair.
  var calibration: Calibration?
  /// The policies in blind comparisons.
  var standing = PolicyStanding()
  /// How far the policy in use is from the base, and how far it may go; nil when either is unknown.
  var divergence: Divergence?
  var losses: [LossCurve] = []
  /// Newest first, the base model last; empty while there is no other.
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

/// How often the reward model was right on prompts of a use case.
struct UseCaseAccuracy: Sendable, Hashable {
  var useCase: UseCase
  var accuracy: Estimate
}

/// The divergence KL(policy ‖ base), in nats per token.
struct Divergence: Sendable, Hashable {
  var value: Double
  /// What it may be.
  var budget: Double
}

/// How a loss went over the last steps.
struct LossCurve: Sendable, Hashable {
  var title: String
  var values: [Double]
}
