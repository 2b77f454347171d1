import LanguageModel
import Learning

extension BenchRun {
  /// Steps of supervised fine-tuning: forward, backward, clipping and AdamW, with the loss on every
  /// token of sequences that are other ones each time; then of the same ones again and again with the
  /// upper third of the layers adapted.
  func measureFineTuning() throws {
    for (batch, tokens) in [(1, 128), (1, 256), (4, 128), (4, 256)] where fits(tokens) {
      try measureFineTuning(batch: batch, tokens: tokens, atLeast: 3)
    }
    if fits(128) { try measureFineTuning(batch: 4, tokens: 128, replayed: true, atLeast: 3) }
    // The longest that the trainer is promised to hold.
    if fits(2048) { try measureFineTuning(batch: 1, tokens: 2048, atLeast: 1) }
  }

  private func measureFineTuning(
    batch: Int, tokens: Int, replayed: Bool = false, atLeast: Int
  ) throws {
    let countsMemory = ResidentMemory.resetPeak()
    let adapter = freshAdapter(layers: replayed ? upperLayers : nil)
    let learner = PolicyLearner(adapter: adapter, pass: TrainingPass(model: model))
    var computed = 0
    let name = "sft \(batch)x\(tokens)" + (replayed ? ", replayed" : "")
    let times = try collect(name, atLeast: atLeast) { number in
      let examples = (0..<batch).map { index in
        // A first token that nothing predicts, and the loss on all the others.
        let sequence = texts.prompt(
          tokens: tokens, number: (replayed ? 0 : number * batch) + index)
        return SupervisedExample(
          prompt: Array(sequence.prefix(1)), completion: Array(sequence.dropFirst()))
      }
      return try seconds {
        computed = try learner.addSupervised(examples).tokens
        _ = try learner.step(learningRate: recipe.policyLearningRate, clip: recipe.clip)
      }
    }
    var result = BenchResult(.sft, seconds: Samples(times))
    result.batch = batch
    result.tokens = tokens
    result.tokensPerSecond = Samples(times.map { Double(computed) / $0 })
    result.replayed = replayed
    result.operationsPerToken = work.training(adaptedLayers: adapter.layers.count)
    if countsMemory { result.residentMegabytes = ResidentMemory.peakMegabytes }
    results.append(result)
  }

  /// An adapter of the trainer's rank on all linear layers, of all transformer layers unless told.
  func freshAdapter(layers: Range<Int>? = nil) -> LoRAAdapter {
    LoRAAdapter(
      configuration: model.configuration, rank: recipe.rank, alpha: recipe.alpha, layers: layers,
      seed: 1)
  }

  /// One that has learnt a step, so that it changes what the model computes.
  func trainedAdapter() throws -> LoRAAdapter {
    let learner = PolicyLearner(adapter: freshAdapter(), pass: TrainingPass(model: model))
    let sequence = texts.prompt(tokens: 64, number: 0)
    _ = try learner.addSupervised([
      SupervisedExample(
        prompt: Array(sequence.prefix(1)), completion: Array(sequence.dropFirst()))
    ])
    _ = try learner.step(learningRate: recipe.policyLearningRate, clip: recipe.clip)
    return learner.adapter
  }
}
