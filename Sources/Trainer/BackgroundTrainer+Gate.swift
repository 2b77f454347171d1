import Feedback
import LanguageModel
import Learning
import Storage

/// What the gate has measured and need not measure again.
struct GateMemory {
  /// Held-out labels as tokens.
  var pool = ExamplePool()
  /// The policy in use on held-out labels: log-probabilities of the completions, summed.
  var current: [Int64: [Double]] = [:]
  var currentVersion: Int64 = -1
  /// The last examined policy's, for when it is the one in use, and its version.
  var new: [Int64: [Double]] = [:]
  /// What answers of both are like; nil where they were not measured.
  var currentDraws: DrawFigures?
  var newDraws: DrawFigures?
  var measuredVersion: Int64 = -1
  /// The prompts that are answered, as tokens, and what the base answers; the same for all versions.
  var prompts: [[TokenID]] = []
  var base: DrawFigures?
}

extension BackgroundTrainer {
  /// The newest held-out labels that are measured on, of each kind.
  static let gateLabels = 4
  /// The prompts answered for the gate, and the answers to each.
  static let gatePrompts = 2
  static let gateDraws = 4

  /// How often what an update did is halved before the gate decides.
  private static let mostHalvings = 2

  /// Has the gate decide, once a new policy that went too far is moved back half of its way, or that again.
  ///
  /// - Parameters:
  ///   - before: the adapter's parameters before the update.
  ///   - budget: nats per token from the base.
  /// - Returns: what was measured, as a version's metrics, and why it is not to be used.
  func judge(
    _ adapter: LoRAAdapter, version: Int64, before: [Float], budget: Double
  ) throws -> (metrics: [String: Double], rejection: String?) {
    var (evidence, metrics) = try examine(adapter, version: version)
    var halvings = 0
    while halvings < Self.mostHalvings, Gate.isTooFar(evidence, budget: budget) {
      adapter.move(0.5, to: before)
      halvings += 1
      (evidence, metrics) = try examine(adapter, version: version)
    }
    metrics["halvings"] = Double(halvings)
    return (metrics, Gate.objection(evidence))
  }

  /// Measures a new policy.
  ///
  /// - Returns: what the gate decides by, and the same as a version's metrics.
  func examine(
    _ adapter: LoRAAdapter, version: Int64
  ) throws -> (evidence: Gate.Evidence, metrics: [String: Double]) {
    var evidence = Gate.Evidence()
    var metrics: [String: Double] = [:]
    if gate.currentVersion != policy.version {
      let isKnown = gate.measuredVersion == policy.version
      gate.current = isKnown ? gate.new : [:]
      gate.currentDraws = isKnown ? gate.newDraws : nil
      gate.currentVersion = policy.version
    }
    gate.new = [:]
    gate.measuredVersion = version
    let labels = try workspace.labels(kinds: VersionKind.policy.learnsFrom, heldOut: .heldOut)
    let rankings = labels.filter { $0.kind == .ranking }.suffix(Self.gateLabels)
    let demonstrations = labels.filter { $0.kind == .demonstration }.suffix(Self.gateLabels)
    try fill(&gate.pool, with: Array(rankings + demonstrations))

    for label in rankings {
      guard let ranked = gate.pool.rankings[label.id] else { continue }
      if ranked.reference == nil {
        gate.pool.setReference(try sums(ranked.example, adapter: nil), label: label.id)
      }
      let reference = gate.pool.rankings[label.id]!.reference!
      func accuracy(_ sums: [Double]) -> Double {
        let margins = zip(sums, reference).map { $0 - $1 }
        let right = ranked.example.pairs.count { margins[$0.preferred] > margins[$0.rejected] }
        return Double(right) / Double(ranked.example.pairs.count)
      }
      let new = try sums(ranked.example, adapter: adapter)
      gate.new[label.id] = new
      evidence.accuracies.append(
        Gate.Evidence.Pair(
          new: accuracy(new), current: accuracy(try currentSums(ranked.example, label: label.id))))
    }
    for label in demonstrations {
      guard let example = gate.pool.demonstrations[label.id]?.example else { continue }
      let alone = RankedExample(
        prompt: example.prompt, completions: [example.completion], pairs: [])
      let new = try sums(alone, adapter: adapter)
      gate.new[label.id] = new
      let tokens = Double(example.completion.count)
      evidence.likelihoods.append(
        Gate.Evidence.Pair(
          new: new[0] / tokens, current: try currentSums(alone, label: label.id)[0] / tokens))
    }
    if !evidence.accuracies.isEmpty {
      metrics["heldout.accuracy"] = mean(evidence.accuracies.map(\.new))
    }
    if !evidence.likelihoods.isEmpty {
      metrics["heldout.likelihood"] = mean(evidence.likelihoods.map(\.new))
    }

    if gate.base == nil { gate.base = try gateDraws(adapter: nil) }
    if let base = gate.base, let drawn = try gateDraws(adapter: adapter) {
      evidence.draws = (drawn, base)
      evidence.current = gate.currentDraws
      gate.newDraws = drawn
      metrics["words"] = drawn.words
      metrics["repetition"] = drawn.repetition
      metrics["distinct"] = drawn.distinct
      metrics["kl"] = drawn.divergence
      metrics["fluency"] = base.fluency - drawn.fluency
    }
    if let foreseen = reward?.probe?.foreseen { evidence.foreseen = foreseen }
    return (evidence, metrics)
  }

  private func currentSums(_ example: RankedExample, label: Int64) throws -> [Double] {
    if let known = gate.current[label] { return known }
    let sums = try sums(example, adapter: policy.adapter)
    gate.current[label] = sums
    return sums
  }

  private func sums(_ example: RankedExample, adapter: LoRAAdapter?) throws -> [Double] {
    try PolicyLearner.sums([example], adapter: adapter, pass: pass)[0]
  }

  /// Draws answers to the gate's prompts; nil when there are no prompts.
  private func gateDraws(adapter: LoRAAdapter?) throws -> DrawFigures? {
    let settings = try TrainerSettings.read(from: workspace)
    var random = SplitMix64(seed: settings.seed ^ 0x6A7E)
    if gate.prompts.isEmpty {
      let limit = model.configuration.contextLength / 2
      let pool = try workspace.prompts(limit: 64).map { encoding.prompt($0.prompt) }
        .filter { $0.count + settings.maxTokens <= limit }
      gate.prompts = Array(pool.shuffled(using: &random).prefix(Self.gatePrompts))
    }
    var answers = MeasuredAnswers()
    for (number, prompt) in gate.prompts.enumerated() {
      try answer(prompt, number, draws: Self.gateDraws, adapter: adapter, into: &answers)
    }
    return answers.figures
  }

  /// Draws answers to a prompt, and measures them.
  ///
  /// - Parameter number: the prompt's; with the same one every policy gets the same seeds, so that their figures
  ///   differ by the policies.
  func answer(
    _ prompt: [TokenID], _ number: Int, draws: Int, adapter: LoRAAdapter?,
    into answers: inout MeasuredAnswers
  ) throws {
    let settings = try TrainerSettings.read(from: workspace)
    var random = SplitMix64(seed: settings.seed &+ UInt64(number))
    let drawn = try drawing.answers(
      prompt: prompt, adapter: adapter, seeds: (0..<draws).map { _ in random.next() },
      sampling: DrawingPlan(recipe: recipe, settings: settings).sampling)
    answers.texts += drawn.map(\.text)
    answers.logprobs += drawn.map { sum($0.logprobs) }
    answers.reference += try sums(
      RankedExample(prompt: prompt, completions: drawn.map(\.tokenIDs), pairs: []), adapter: nil)
    answers.tokens += drawn.reduce(0) { $0 + $1.tokenIDs.count }
    answers.ended += drawn.count { $0.finishReason == .stop }
  }
}

func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(values.count)
}
