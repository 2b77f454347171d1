import Feedback
import Foundation
import LanguageModel
import Learning
import Storage

extension BackgroundTrainer {
  /// The prompt of the next slate: the workspace's choice, those left out that failed three times.
  ///
  /// - Parameters:
  ///   - weights: what the use cases' parts of the mix are multiplied by.
  ///   - counts: the slates that the mix is kept over; nil for all.
  ///   - passedOver: other prompts to leave out.
  ///   - stream: what it is for.
  func nextPrompt(
    weights: [UseCase: Double] = [:], counts: [UseCase: Int]? = nil,
    besides passedOver: Set<Int64> = [], stream: PromptStream = .fair
  ) throws -> Prompt? {
    try workspace.nextPrompt(
      seed: TrainerSettings.read(from: workspace).seed,
      excluding: failures.promptsSetAside.union(passedOver), weights: weights, counts: counts,
      stream: stream)
  }

  /// A slate that has been drawn but is in no queue yet.
  private struct Prospect {
    var slate: Int64
    var drawn: DrawnSlate
    var plan: DrawingPlan
    var reward: Int64?
    var displayOrder: [Int]
  }

  /// Draws a slate and puts it in the queue.
  ///
  /// Every other one is chosen: for a prompt whose ranking is likely to tell much and, once the reward model
  /// knows something, of two such slates the one that its heads disagree about more. The others go by the
  /// mix alone, through prompts that are neither chosen nor practised, and only they count in the reward model's
  /// accuracy on screen.
  ///
  /// Now and then it is one that was ranked long before.
  func makeSlate() throws {
    if try repeatSlate() { return }
    let probe = reward?.probe
    let isChosen = recipe.choosesSlates && probe != nil && !slatesMade.isMultiple(of: 2)
    slatesMade += 1
    // Chosen slates and the others each keep their own mix.
    let counts = try workspace.slateCounts(activelyChosen: isChosen)
    let knowsSome = (probe?.skill ?? 0) > Drawing.littleSkill
    let prompts =
      isChosen
      ? try promisingPrompts(knowsSome ? 2 : 1, counts: counts)
      : try nextPrompt(counts: counts).map { [$0] } ?? []
    guard let prompt = prompts.first, let first = try draw(prompt, isChosen: isChosen) else {
      return
    }
    guard prompts.count > 1, !Agenda.isUrgent(try observe()), try !hasNewLabel(),
      let second = try draw(prompts[1], isChosen: true)
    else { return try enqueue(first) }
    let firstIsBetter = first.drawn.disagreement >= second.drawn.disagreement
    try enqueue(firstIsBetter ? first : second)
    let left = firstIsBetter ? second : first
    // Someone may be watching it grow.
    if Agenda.isUrgent(try observe()) {
      try enqueue(left)
    } else {
      try workspace.discardSlate(left.slate)
    }
  }

  /// Labels after which a ranking may be asked for again.
  private static let oldEnough = 20

  /// Puts an earlier slate into the queue again, for a small share of the slates.
  private func repeatSlate() throws -> Bool {
    let seed = try TrainerSettings.read(from: workspace).seed
    var random = SplitMix64(seed: seed &+ UInt64(try workspace.slateCount(.labelled)) &* 0x5EED)
    guard random.uniform() < recipe.repeatedShare else { return false }
    let slate = try workspace.repeatSlate(age: Self.oldEnough) { count in
      Int(random.uniform() * Double(count))
    } displayOrder: { count in
      (0..<count).shuffled(using: &random)
    }
    return slate != nil
  }

  /// Prompts that are looked at to choose from, and labelled ones to foresee by.
  private static let prospects = 24
  static let foreseenFrom = 100
  /// Prompts that say what is usual.
  private static let usualPrompts = 64

  /// The next prompts of the mix.
  func prospects(
    _ count: Int = prospects, weights: [UseCase: Double] = [:], counts: [UseCase: Int],
    besides passedOver: Set<Int64> = [], stream: PromptStream
  ) throws -> [Prompt] {
    var counts = counts
    var prompts: [Prompt] = []
    while prompts.count < count,
      let prompt = try nextPrompt(
        weights: weights, counts: counts, besides: passedOver.union(prompts.map(\.id)),
        stream: stream)
    {
      prompts.append(prompt)
      counts[prompt.useCase, default: 0] += 1
    }
    return prompts
  }

  /// What is read of prompts of the mix, for what is usual.
  func featuresOfPrompts() throws -> [[Float]] {
    if promptFeatures.count < Self.usualPrompts {
      try readPrompts(
        prospects(
          Self.usualPrompts, counts: workspace.slateCounts(activelyChosen: false),
          stream: .practice))
    }
    return promptFeatures.sorted { $0.key < $1.key }.map(\.value)
  }

  /// The prompts, of the next few of the mix, whose rankings are likely to have the most strict pairs, by
  /// what those of other prompts have had.
  private func promisingPrompts(_ wanted: Int, counts: [UseCase: Int]) throws -> [Prompt] {
    let prompts = try prospects(weights: useCaseWeights(), counts: counts, stream: .chosen)
    let told = try workspace.pairsByPrompt(limit: Self.foreseenFrom)
    try readPrompts(prompts + told.compactMap { try workspace.prompt($0.prompt) })
    let known = told.filter { promptFeatures[$0.prompt] != nil }
    guard
      let interest = PromptInterest(
        features: known.map { promptFeatures[$0.prompt]! }, outcomes: known.map { Double($0.pairs) }
      )
    else { return Array(prompts.prefix(wanted)) }
    let values = Dictionary(
      uniqueKeysWithValues: prompts.map { prompt in
        (prompt.id, promptFeatures[prompt.id].map(interest.value) ?? 0)
      })
    return Array(prompts.sorted { values[$0.id]! > values[$1.id]! }.prefix(wanted))
  }

  /// Reads prompts that were not read yet.
  func readPrompts(_ prompts: [Prompt]) throws {
    for prompt in prompts where promptFeatures[prompt.id] == nil {
      let tokens = encoding.prompt(prompt)
      guard tokens.count < model.configuration.contextLength else { continue }
      promptFeatures[prompt.id] = try reader.read(tokens)
    }
  }

  /// How much more a ranking of each use case has told than the average.
  private func useCaseWeights() throws -> [UseCase: Double] {
    Self.weights(
      try workspace.pairsByUseCase().mapValues { (rankings: $0.rankings, total: Double($0.pairs)) })
  }

  /// How much more some rankings of each use case tell than the average, from a third to three times.
  ///
  /// - Parameter told: how many there were, and what they told in all.
  static func weights(_ told: [UseCase: (rankings: Int, total: Double)]) -> [UseCase: Double] {
    let rankings = told.values.reduce(0) { $0 + $1.rankings }
    let total = told.values.reduce(0) { $0 + $1.total }
    guard total > 0 else { return [:] }
    let average = total / Double(rankings)
    return told.mapValues { part in
      // Two rankings' worth of the average stand for what is not known yet.
      let mean = (part.total + 2 * average) / (Double(part.rankings) + 2)
      return min(3, max(1.0 / 3, mean / average))
    }
  }

  /// Draws a slate for a prompt; nil when that failed and has been noted.
  private func draw(_ prompt: Prompt, isChosen: Bool) throws -> Prospect? {
    let settings = try TrainerSettings.read(from: workspace)
    let key = FailureCount.key(prompt: prompt.id)
    let job = try workspace.beginJob(
      kind: "slate", detail: "drawing candidates for \(prompt.key)",
      attempt: failures.attempts(key) + 1)
    let slate = try workspace.beginSlate(
      prompt: prompt.id, activelyChosen: isChosen, count: settings.candidates)
    do {
      let prospect = try draw(slate: slate, prompt: prompt, settings: settings, job: job)
      try workspace.endJob(job)
      return prospect
    } catch {
      try workspace.discardSlate(slate)
      if error is CancellationError {
        try workspace.endJob(job)
        throw error
      }
      try workspace.endJob(job, error: "\(error)")
      failures.add(key)
      log.error("slate \(slate) for prompt \(prompt.key): \(error)")
      return nil
    }
  }

  /// Whether a label has come in and every labeler has a slate: one drawn after it is learnt is a better one.
  func isLearningMoreUrgent() throws -> Bool {
    switch Agenda.next(try observe()) {
    case .learnReward, .learnPolicy: true
    default: false
    }
  }

  /// Draws a slate with the newest policy, then throws an unseen older one away.
  func refreshSlate(_ stale: Int64) throws {
    let before = policy.version
    try makeSlate()
    if policy.version == before { try workspace.discardSlate(stale) }
  }

  private func draw(
    slate: Int64, prompt: Prompt, settings: TrainerSettings, job: Int64
  ) throws -> Prospect {
    let tokens = encoding.prompt(prompt)
    let limit = model.configuration.contextLength
    guard tokens.count + settings.maxTokens <= limit else {
      throw TrainerError.promptTooLong(key: prompt.key, tokens: tokens.count, limit: limit)
    }
    var plan = DrawingPlan(recipe: recipe, settings: settings)
    plan.seed = settings.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: slate)
    var random = SplitMix64(seed: plan.seed ^ 0x0D15_91A7)

    // The first slate grows before the labeler's eyes: no more is drawn than is shown.
    let situation = try observe()
    let isAwaited = Agenda.isUrgent(situation)
    if !isAwaited {
      plan.draws = bestOf.draws(
        least: recipe.draws,
        secondsPerLabel: try workspace.secondsPerLabel().map {
          $0 / Double(max(1, situation.labelers))
        })
    }
    let clock = ContinuousClock()
    let start = clock.now
    var lastShown = start
    let drawn = try drawing.slate(
      prompt: tokens, plan: plan, policy: policy, reference: try reference(random: &random),
      reward: reward, choosing: settings.bestOf && (reward != nil || !isAwaited)
    ) { [self] texts, share in
      guard !isStopping else { return false }
      let now = clock.now
      guard now - lastShown > .milliseconds(100) else { return true }
      lastShown = now
      if (try? isLearningMoreUrgent()) == true { return false }
      let elapsed = (now - start) / .seconds(1)
      // A database that is busy for an instant must not end the drawing; its end will say so.
      try? workspace.updateJob(
        job, progress: share, remaining: share > 0 ? elapsed / share - elapsed : nil)
      return (try? workspace.updateProgress(slate: slate, texts: texts)) ?? true
    }
    bestOf.note(draws: drawn.own.count + 1, seconds: (clock.now - start) / .seconds(1))
    if let rollout = drawn.rollout(id: slate, promptID: prompt.id, prompt: tokens),
      try !workspace.isHeldOut(promptKey: prompt.key)
    {
      standing.rollouts = (standing.rollouts + [rollout]).suffix(recipe.rolloutsKept)
    }
    log.info(
      "slate \(slate) drawn",
      metadata: [
        "prompt": "\(prompt.key)", "policy": "\(policy.version)",
        "draws": "\(drawn.own.count)",
        "seconds": "\((clock.now - start) / .seconds(1))",
      ])
    return Prospect(
      slate: slate, drawn: drawn, plan: plan, reward: reward?.version,
      displayOrder: Array(drawn.shown.indices).shuffled(using: &random))
  }

  private func enqueue(_ prospect: Prospect) throws {
    let shown = prospect.drawn.shown
    try workspace.finishSlate(
      prospect.slate,
      completions: shown.map { shown in
        NewCompletion(
          text: shown.generated.text, tokenIDs: shown.generated.tokenIDs,
          logprobs: shown.generated.logprobs, finishReason: shown.generated.finishReason,
          policyVersion: shown.version, sampling: prospect.plan.sampling,
          seed: shown.generated.seed, origin: shown.origin)
      },
      rewardVersion: prospect.reward,
      scores: prospect.reward == nil ? nil : shown.map { $0.scores! },
      displayOrder: prospect.displayOrder)
  }

  /// What the policy's own draw is compared with: the base three times in four, else an earlier
  /// version whose adapter is still there.
  private func reference(random: inout SplitMix64) throws -> LoadedPolicy {
    guard policy.version != 0, random.uniform() < 0.25 else { return .base }
    let earlier = try workspace.versions(.policy).filter {
      $0.state == .published && $0.id != policy.version
    }
    guard let version = earlier.randomElement(using: &random) else { return .base }
    return LoadedPolicy(version: version.id, adapter: try files.load(version).adapter)
  }
}
