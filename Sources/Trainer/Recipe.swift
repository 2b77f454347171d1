/// How new labels turn into updates: every number that the background training uses.
struct Recipe: Sendable {
  /// LoRA rank and alpha of both models, on all linear layers.
  var rank = 16
  var alpha: Float = 32
  /// Norm to which the whole gradient is clipped.
  var clip = 1.0

  /// Optimizer steps for each batch of new labels.
  var policySteps = 2
  var policyLearningRate = 1e-4
  /// Direct preference optimisation's β (Rafailov et al. 2023).
  var beta = 0.1
  /// Weight of the cross-entropy on preferred completions, which keeps them likely.
  var anchor = 0.2
  /// Old demonstrations and old rankings mixed into each step.
  var replayedDemonstrations = 3
  var replayedRankings = 1

  var rewardSteps = 2
  var rewardLearningRate = 3e-4
  /// Heads of the reward model, each with its own bootstrap of the prompts.
  var heads = 4
  var replayedForReward = 2

  /// The most new labels that one update takes; more wait for the next.
  var labelsPerUpdate = 4
}
