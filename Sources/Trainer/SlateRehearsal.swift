import Feedback
import LanguageModel
import Learning

/// Draws slates as the background trainer does when its reward model chooses, but without a
/// workspace: for measuring.
///
/// Used from one thread, the one that computes with the model.
public final class SlateRehearsal {
  private let drawing: Drawing
  private let policy: LoadedPolicy
  private let reward: LoadedReward
  private var plan = DrawingPlan(recipe: Recipe(), settings: TrainerSettings())

  /// - Parameter reward: its adapter and heads are not asked; a probe with heads of its own chooses, as
  ///   in the trainer.
  public init(model: LanguageModel, policy: LoRAAdapter, reward: RewardModel) {
    let pass = TrainingPass(model: model)
    drawing = Drawing(model: model, pass: pass, reader: PromptReader(model: model, pass: pass))
    self.policy = LoadedPolicy(version: 1, adapter: policy)
    let layout = ProbeFeatures.layout(of: model.configuration)
    var random = SplitMix64(seed: 3)
    self.reward = LoadedReward(
      version: 1, model: reward,
      probe: RewardProbe(
        layout: layout, mean: Array(repeating: 0, count: layout.count),
        scale: Array(repeating: 1, count: layout.count),
        heads: (0..<Recipe().heads).map { _ in
          (0..<layout.expandedCount).map { _ in Float(random.uniform()) }
        },
        blockWeights: Array(repeating: 1 / Double(layout.models), count: layout.models),
        skill: 0,
        foreseen: PairCount(correct: 0, total: 0)))
  }

  /// The completions that a slate shows.
  public var candidates: Int { plan.candidates }
  /// The completions that the policy draws for it; the base draws one more.
  public var draws: Int { plan.draws }
  /// The longest completion, in tokens.
  public var longestCompletion: Int { plan.sampling.maxTokens }

  /// Draws a slate of a prompt that fits into the context with the longest completion.
  ///
  /// - Returns: the tokens of the completions that it shows.
  public func draw(prompt: [TokenID], seed: UInt64) throws -> [[TokenID]] {
    plan.seed = seed
    return try drawing.slate(
      prompt: prompt, plan: plan, policy: policy, reference: .base, reward: reward,
      choosing: true, onProgress: { _, _ in true }
    ).shown.map(\.generated.tokenIDs)
  }
}
