import Feedback
import LanguageModel
import Learning

/// A policy ready to draw from: its version and its adapter, none for the base model.
struct LoadedPolicy {
  var version: Int64
  var adapter: LoRAAdapter?

  static let base = LoadedPolicy(version: 0, adapter: nil)
}

/// A reward model ready to score with.
struct LoadedReward {
  var version: Int64
  var model: RewardModel
  /// What chooses and predicts; nil for a version from before there were probes.
  var probe: RewardProbe?
  /// What it reads prompts with; nil for the base alone.
  var imitation: Imitation?
}

/// What a slate is to be made of.
struct DrawingPlan: Sendable, Equatable {
  /// K: the completions shown.
  var candidates: Int
  /// Completions drawn from the policy to choose from when a reward model can choose.
  var draws: Int
  var sampling: SamplingParameters
  var seed: UInt64 = 0

  init(recipe: Recipe, settings: TrainerSettings) {
    candidates = settings.candidates
    draws = recipe.draws
    sampling = SamplingParameters(
      temperature: recipe.temperature, topP: recipe.topP, maxTokens: settings.maxTokens)
  }
}

/// The sum of log-probabilities.
func sum(_ logprobs: some Sequence<Float>) -> Double {
  logprobs.reduce(0) { $0 + Double($1) }
}

/// A completion drawn for a slate, with where it came from.
struct Drawn {
  var generated: GeneratedCompletion
  var version: Int64
  var origin: CompletionOrigin
  /// One per head of the reward model; none without one.
  var scores: [Float]?
  /// The base's log-probability of it, summed over its tokens; nil when all that is drawn is shown and no
  /// reward model scores it.
  var reference: Double?
  /// What the reward model reads of it; nil together with the reference.
  var features: [Float]?
}

/// What was drawn for a slate.
struct DrawnSlate {
  /// What the labeler sees.
  var shown: [Drawn]
  /// All that the policy drew, shown or not.
  var own: [Drawn]
  /// What the reference policy drew.
  var borrowed: [Drawn]

  /// How much the heads of the reward model disagree about it: what a ranking of it is likely to teach.
  var disagreement: Double { RewardProbe.disagreement(shown.compactMap(\.scores)) }

  /// The policy's draws, to learn from by what a reward model says of them; nil when they were not read.
  func rollout(id: Int64, promptID: Int64, prompt: [TokenID]) -> Rollout? {
    Rollout(id: id, promptID: promptID, prompt: prompt, own: own, borrowed: borrowed)
  }
}

extension Rollout {
  /// nil when what was drawn was not read.
  init?(id: Int64, promptID: Int64, prompt: [TokenID], own: [Drawn], borrowed: [Drawn]) {
    let drawn = own + borrowed
    guard own.count > 1, drawn.allSatisfy({ $0.reference != nil && $0.features != nil }) else {
      return nil
    }
    self.init(
      id: id, promptID: promptID, prompt: prompt, completions: drawn.map(\.generated.tokenIDs),
      logprobs: drawn.map { sum($0.generated.logprobs) }, reference: drawn.map { $0.reference! },
      ended: drawn.map { $0.generated.finishReason == .stop },
      features: drawn.map { $0.features! },
      wordPairs: drawn.map { Rollout.wordPairs(of: $0.generated.text) },
      borrowed: borrowed.count)
  }
}

/// Draws the completions of a slate: the policy's first draw unselected, its best by predicted reward,
/// and one from a reference policy.
final class Drawing {
  private let model: LanguageModel
  private let generator: Generator
  private let pass: TrainingPass
  private let reader: PromptReader

  init(model: LanguageModel, pass: TrainingPass, reader: PromptReader) {
    self.model = model
    self.pass = pass
    self.reader = reader
    generator = Generator(model: model)
  }

  /// Draws a slate.
  ///
  /// - Parameters:
  ///   - reference: the base or an earlier version; equal to `policy` while nothing was learnt.
  ///   - reward: chooses among the draws. One place is for the draw that is least like the others shown, and
  ///     all are while it knows little of rankings it has not seen, or is nil: those teach the most, and what
  ///     it wrongly finds bad must come before the labeler's eyes.
  ///   - choosing: whether to draw more than is shown.
  ///   - onProgress: the texts so far, when they are those that will be shown, else none, and the
  ///     share done; returning false cancels.
  /// - Throws: `CancellationError` when cancelled, and the engine's errors.
  func slate(
    prompt: [TokenID], plan: DrawingPlan, policy: LoadedPolicy, reference: LoadedPolicy,
    reward: LoadedReward?, choosing: Bool,
    onProgress: @escaping (_ texts: [String], _ share: Double) -> Bool
  ) throws -> DrawnSlate {
    let seen = plan.candidates - 1
    let draws = choosing ? max(plan.draws, seen) : seen
    let shown = draws == seen
    let seeds = (0...UInt64(draws)).map { index in
      var random = SplitMix64(seed: plan.seed &+ index &* 0xD134_2543_DE82_EF95)
      return random.next()
    }
    var texts = [String](repeating: "", count: shown ? plan.candidates : 0)
    let together = policy.version == reference.version
    let total = Double(plan.sampling.maxTokens * (together ? 1 : 2))

    func progress(offset: Int) -> (GenerationProgress) -> Bool {
      { progress in
        if shown {
          for index in 0..<progress.count {
            texts[offset + index] = self.model.tokenizer.decode(progress.tokens(of: index))
          }
        }
        let before = offset == 0 ? 0 : plan.sampling.maxTokens
        return onProgress(texts, Double(before + progress.step) / total)
      }
    }

    var drawn: [Drawn]
    if together {
      let generated = try generator.generate(
        prompt: prompt, adapter: policy.adapter, seeds: seeds, sampling: plan.sampling,
        onStep: progress(offset: 0))
      drawn = generated.map {
        Drawn(generated: $0, version: policy.version, origin: .unselected, scores: nil)
      }
      drawn[drawn.count - 1].origin = .reference
    } else {
      let generated = try generator.generate(
        prompt: prompt, adapter: policy.adapter, seeds: Array(seeds.dropLast()),
        sampling: plan.sampling, onStep: progress(offset: 0))
      drawn = generated.map {
        Drawn(generated: $0, version: policy.version, origin: .unselected, scores: nil)
      }
      let last = try generator.generate(
        prompt: prompt, adapter: reference.adapter, seeds: [seeds[draws]], sampling: plan.sampling,
        onStep: progress(offset: draws))
      drawn.append(
        Drawn(generated: last[0], version: reference.version, origin: .reference, scores: nil))
    }
    if reward != nil || !shown { try score(&drawn, prompt: prompt, by: reward) }
    let own = Array(drawn.prefix(draws))
    let borrowed = Array(drawn.suffix(1))
    guard !shown else { return DrawnSlate(shown: drawn, own: own, borrowed: borrowed) }
    let others = Array(1..<draws)
    let knowsSome = reward?.probe.map { $0.skill >= Self.littleSkill } ?? (reward != nil)
    let picked = Selection.best(
      seen - 1, of: others.map { drawn[$0].generated.text },
      values: knowsSome ? others.map { Selection.lowerBound(drawn[$0].scores!) } : nil,
      features: others.map { drawn[$0].features! },
      besides: [0, draws].map { (drawn[$0].generated.text, drawn[$0].features!) },
      parts: ProbeFeatures.shownParts(of: model.configuration)
    ).map { others[$0] }
    let selected = picked.map { index in
      var chosen = drawn[index]
      chosen.origin = .selected
      return chosen
    }
    return DrawnSlate(
      shown: [drawn[0]] + selected + [drawn[draws]], own: own, borrowed: borrowed)
  }

  /// Skill below which a reward model does not choose.
  static let littleSkill = 0.1

  /// Reads completions with the end token, where the reward is read; one that ran to the length limit has
  /// not written it itself.
  private func score(_ drawn: inout [Drawn], prompt: [TokenID], by reward: LoadedReward?) throws {
    let ended = drawn.map { Self.ended($0.generated, end: model.tokenizer.endToken) }
    let output = try pass.forward(
      [PackedSequence(prompt: prompt, completions: ended)], adapter: nil, arithmetic: .codes,
      needs: [.logprobs, .features], keepForBackward: false)
    let features = try reader.rows(
      of: output, texts: drawn.map(\.generated.text), prompt: prompt)
    for index in drawn.indices {
      drawn[index].features = features[index]
      drawn[index].scores = reward?.probe?.scores(of: features[index])
      drawn[index].reference = sum(
        output.logprobs[index].prefix(drawn[index].generated.tokenIDs.count))
    }
    guard let reward, reward.probe == nil else { return }
    let scores = try reward.model.score(prompt: prompt, completions: ended, with: pass)
    for (index, row) in scores.enumerated() { drawn[index].scores = row }
  }

  /// Draws answers to a prompt and reads them, for practice; nil when `goesOn` ends it.
  ///
  /// - Parameters:
  ///   - seeds: one per answer.
  ///   - borrowed: the last so many are the base's answers.
  func rollout(
    id: Int64, promptID: Int64, prompt: [TokenID], adapter: LoRAAdapter?, seeds: [UInt64],
    borrowed: Int, sampling: SamplingParameters, goesOn: @escaping () -> Bool
  ) throws -> Rollout? {
    func answers(_ adapter: LoRAAdapter?, seeds: ArraySlice<UInt64>) throws -> [Drawn] {
      guard !seeds.isEmpty else { return [] }
      return try generator.generate(
        prompt: prompt, adapter: adapter, seeds: Array(seeds), sampling: sampling,
        onStep: { _ in goesOn() }
      ).map { Drawn(generated: $0, version: 0, origin: .unselected, scores: nil) }
    }
    let own = min(seeds.count, max(2, seeds.count - borrowed))
    do {
      var drawn = try answers(adapter, seeds: seeds[..<own]) + answers(nil, seeds: seeds[own...])
      try score(&drawn, prompt: prompt, by: nil)
      return Rollout(
        id: id, promptID: promptID, prompt: prompt, own: Array(drawn[..<own]),
        borrowed: Array(drawn[own...]))
    } catch is CancellationError {
      return nil
    }
  }

  /// Draws answers to a prompt, for measuring.
  func answers(
    prompt: [TokenID], adapter: LoRAAdapter?, seeds: [UInt64], sampling: SamplingParameters
  ) throws -> [GeneratedCompletion] {
    try generator.generate(prompt: prompt, adapter: adapter, seeds: seeds, sampling: sampling)
  }

  /// The tokens of a completion with the end token at the end, where the reward is read.
  static func ended(_ completion: GeneratedCompletion, end: TokenID) -> [TokenID] {
    completion.tokenIDs.last == end ? completion.tokenIDs : completion.tokenIDs + [end]
  }
}
