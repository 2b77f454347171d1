import Feedback

/// Where a slate is on its way from the trainer to a label.
public enum SlateStatus: String, Sendable, CaseIterable {
  /// The trainer is drawing its completions.
  case generating
  /// It waits for a labeler.
  case ready
  /// A labeler has it on the screen.
  case claimed
  /// It has a ranking or a demonstration.
  case labelled
  /// A labeler has skipped it.
  case skipped
  /// The trainer has thrown it away before anyone labelled it.
  case discarded

  /// Whether it is on its way to a labeler.
  var isLive: Bool { self == .generating || self == .ready || self == .claimed }
}

/// A completion as it was drawn, before it has a row.
public struct NewCompletion: Sendable, Hashable {
  public var text: String
  /// The end token included when it was written.
  public var tokenIDs: [Int32]
  /// One per token.
  public var logprobs: [Float]
  public var finishReason: FinishReason
  /// 0 is the base model.
  public var policyVersion: Int64
  public var sampling: SamplingParameters
  public var seed: UInt64
  public var origin: CompletionOrigin

  public init(
    text: String, tokenIDs: [Int32], logprobs: [Float], finishReason: FinishReason,
    policyVersion: Int64, sampling: SamplingParameters, seed: UInt64, origin: CompletionOrigin
  ) {
    self.text = text
    self.tokenIDs = tokenIDs
    self.logprobs = logprobs
    self.finishReason = finishReason
    self.policyVersion = policyVersion
    self.sampling = sampling
    self.seed = seed
    self.origin = origin
  }
}

/// The texts of a slate while they are drawn.
public struct SlateProgress: Sendable, Hashable {
  public var slate: Int64
  public var prompt: Prompt
  /// How many completions the slate will have.
  public var count: Int
  /// What has been drawn so far; empty before the first step.
  public var texts: [String]
  public var status: SlateStatus

  /// Whether the slate can be read whole.
  public var isFinished: Bool { status != .generating && status != .discarded }
}

/// What a labeler gets who asks for a slate.
public enum ClaimedSlate: Sendable, Hashable {
  /// It is theirs, whole.
  case ready(Slate)
  /// It will be theirs when the trainer has drawn it.
  case generating(SlateProgress)
}

/// A slate in the queue that nobody has claimed.
public struct ReadySlate: Sendable, Hashable, Identifiable {
  public var id: Int64
  public var prompt: Int64
  /// The versions that wrote its completions; 0 is the base model.
  public var policyVersions: Set<Int64>
  /// The newest of `policyVersions`.
  public var newestPolicy: Int64 { policyVersions.max() ?? 0 }
  /// The reward model that scored it; nil when none did.
  public var rewardVersion: Int64?
  public var activelyChosen: Bool
  /// Whether it shows what was ranked before.
  public var isRepeat: Bool
}

/// What a reward model said about one completion of a slate before it was labelled.
public struct Prediction: Sendable, Hashable {
  public var completion: Int64
  public var rewardVersion: Int64
  /// One score per head.
  public var scores: [Float]
  /// The mean over the heads.
  public var mean: Float {
    scores.isEmpty ? 0 : scores.reduce(0, +) / Float(scores.count)
  }
}
