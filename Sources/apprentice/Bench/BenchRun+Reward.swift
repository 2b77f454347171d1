import LanguageModel
import Learning

extension BenchRun {
  private static let promptTokens = 60
  private static let completionTokens = 80

  /// Steps of the reward model on one ranking of four: a new one each time with all layers adapted,
  /// then the same one again and again with the upper third adapted, as for a replayed label.
  func measureReward() throws {
    guard fits(Self.promptTokens + Self.completionTokens) else { return }
    try measureReward(layers: 0..<model.configuration.layerCount, replayed: false)
    try measureReward(layers: upperLayers, replayed: true)
  }

  private func measureReward(layers: Range<Int>, replayed: Bool) throws {
    let k = 4
    let learner = RewardLearner(
      model: try freshRewardModel(layers: layers), pass: TrainingPass(model: model))
    var computed = 0
    let times = try collect(replayed ? "reward, replayed" : "reward") { number in
      let slate = slate(of: k, number: replayed ? 0 : number)
      let example = RankedExample(
        prompt: slate.prompt, completions: slate.completions,
        pairs: Pair.all(tiers: Array(1...k)))
      return try seconds {
        computed = try learner.add([example]).tokens
        _ = try learner.step(learningRate: recipe.rewardLearningRate, clip: recipe.clip)
      }
    }
    var result = BenchResult(.reward, seconds: Samples(times))
    result.k = k
    result.replayed = replayed
    describe(
      &result, computed: computed, operations: work.ranking(adaptedLayers: layers.count))
    results.append(result)
  }

  /// Completions of one prompt scored by every head.
  func measureScoring() throws {
    guard fits(Self.promptTokens + Self.completionTokens) else { return }
    let k = 8
    let reward = try freshRewardModel(layers: nil)
    let pass = TrainingPass(model: model)
    let times = try collect("score") { number in
      let slate = slate(of: k, number: number)
      return try seconds {
        _ = try reward.score(prompt: slate.prompt, completions: slate.completions, with: pass)
      }
    }
    var result = BenchResult(.score, seconds: Samples(times))
    result.k = k
    describe(
      &result, computed: Self.promptTokens + k * Self.completionTokens, operations: work.scoring)
    results.append(result)
  }

  private func describe(_ result: inout BenchResult, computed: Int, operations: Double) {
    result.promptTokens = Self.promptTokens
    result.tokens = Self.promptTokens + Self.completionTokens
    let seconds = result.seconds
    result.tokensPerSecond = seconds.map { Double(computed) / $0 }
    result.operationsPerToken = operations
  }

  private func slate(
    of k: Int, number: Int
  ) -> (prompt: [TokenID], completions: [[TokenID]]) {
    (
      texts.prompt(tokens: Self.promptTokens, number: number),
      (0..<k).map { texts.completion(tokens: Self.completionTokens, number: number * k + $0) }
    )
  }

  /// A reward model as the trainer begins with, all layers adapted unless told.
  func freshRewardModel(layers: Range<Int>?) throws -> RewardModel {
    try RewardModel(
      configuration: model.configuration, rank: recipe.rank, alpha: recipe.alpha, layers: layers,
      heads: recipe.heads, seed: 2)
  }
}
