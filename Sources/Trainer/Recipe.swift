/// How new labels turn into updates: every number that the background training uses.
public struct Recipe: Sendable {
  /// LoRA rank and alpha of both models, on all linear layers.
  public var rank = 16
  public var alpha: Float = 32
  /// Norm to which the whole gradient is clipped.
  public var clip = 1.0

  /// Optimizer steps for each batch of new labels.
  public var policySteps = 2
  public var policyLearningRate = 1e-4
  /// Direct preference optimisation's β (Rafailov et al. 2023).
  public var beta = 0.1
  /// Weight of the cross-entropy on preferred completions, which keeps them likely.
  public var anchor = 0.2
  /// Old demonstrations and old rankings mixed into each step.
  public var replayedDemonstrations = 3
  public var replayedRankings = 1

  public var rewardSteps = 2
  public var rewardLearningRate = 3e-4
  /// Heads of the reward model, each with its own bootstrap of the prompts.
  public var heads = 4
  public var replayedForReward = 2

  /// The most new labels that one update takes; more wait for the next.
  public var labelsPerUpdate = 4

  public init() {}
}
