import Feedback

/// What a labeler submits at once: it is stored whole or not at all.
public struct Submission: Sendable {
  /// The slate on the screen; nil for a demonstration of a prompt alone.
  public var slate: Int64?
  public var prompt: Int64
  public var labeler: String
  /// A ranking, a demonstration, or both; or a skip.
  public var contents: [LabelContent]
  /// Overall quality of a completion, 1 to 7.
  public var quality: [Int64: Int]
  public var flags: [Int64: Set<Flag>]
  /// Seconds from the slate's appearance to the submission.
  public var duration: Double

  public init(
    slate: Int64?, prompt: Int64, labeler: String, contents: [LabelContent],
    quality: [Int64: Int] = [:], flags: [Int64: Set<Flag>] = [:], duration: Double = 0
  ) {
    self.slate = slate
    self.prompt = prompt
    self.labeler = labeler
    self.contents = contents
    self.quality = quality
    self.flags = flags
    self.duration = duration
  }
}

/// What was taken back, and where its slate is now.
public struct Undone: Sendable, Hashable {
  /// The labels that no longer count, as they were submitted.
  public var labels: [Label]
  /// The slate, claimed by its labeler again; nil for a demonstration of a prompt alone.
  public var slate: Slate?
  public var quality: [Int64: Int]
  public var flags: [Int64: Set<Flag>]

  public init(
    labels: [Label], slate: Slate?, quality: [Int64: Int], flags: [Int64: Set<Flag>]
  ) {
    self.labels = labels
    self.slate = slate
    self.quality = quality
    self.flags = flags
  }
}

/// Which labels to read by whether they are kept from learning.
public enum HeldOutFilter: Sendable {
  case all, learnable, heldOut
}

/// A label that was taken back.
public struct RetractedLabel: Sendable, Hashable {
  public var label: Label
  public var retractedBy: String
  /// Seconds since 1970.
  public var retractedAt: Double
}

/// How a ranking went against what was predicted for it before.
public struct RankingOutcome: Sendable, Hashable {
  public var label: Int64
  /// Strict pairs.
  public var pairs: Int
  /// How many of them the reward model had right; nil when none had scored the slate.
  public var predicted: Int?
  /// How many of them “the longer one wins” has right, counted in words.
  public var longer: Int
  /// How many of them “the shorter one wins” has right.
  public var shorter: Int
  /// The version of the policy's unselected completion; nil when the slate had none, or no reference.
  public var policyVersion: Int64?
  /// The version of the reference it was compared with.
  public var referenceVersion: Int64?
  /// 1 when the policy's won, 0 for a tie, -1 when the reference won.
  public var outcome: Int?
}
