import Feedback
import Foundation
import LanguageModel
import Storage

extension BackgroundTrainer {
  /// The prompt of the next slate: the workspace's choice, those left out that failed three times.
  ///
  /// - Parameters:
  ///   - weights: what the use cases' parts of the mix are multiplied by.
  ///   - counts: the slates that the mix is kept over; nil for all.
  func nextPrompt(
    weights: [UseCase: Double] = [:], counts: [UseCase: Int]? = nil
  ) throws -> Prompt? {
    try workspace.nextPrompt(
      seed: TrainerSettings.read(from: workspace).seed, excluding: failures.promptsSetAside,
      weights: weights, counts: counts)
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
  /// Every other one is chosen: of two prompts, from use cases whose rankings have told the most, the
  /// one whose slate promises to teach more. The others go by the mix alone, and only they count in the
  /// reward model's accuracy.
  func makeSlate() throws {
    let probe = reward?.probe
    let isChosen = recipe.choosesSlates && isNextChosen && probe != nil
    isNextChosen.toggle()
    let weights = isChosen ? try useCaseWeights() : [:]
    // Chosen slates and the others each keep their own mix.
    let counts = try workspace.slateCounts(activelyChosen: isChosen)
    guard let prompt = try nextPrompt(weights: weights, counts: counts),
      let first = try draw(prompt, isChosen: isChosen)
    else { return }
    guard isChosen, let probe, !(Agenda.isUrgent(try observe())),
      let other = try nextPrompt(weights: weights, counts: counts),
      let second = try draw(other, isChosen: true)
    else { return try enqueue(first) }
    let firstIsBetter = first.drawn.promise(for: probe) >= second.drawn.promise(for: probe)
    try enqueue(firstIsBetter ? first : second)
    let left = firstIsBetter ? second : first
    // Someone may be watching it grow.
    if Agenda.isUrgent(try observe()) {
      try enqueue(left)
    } else {
      try workspace.discardSlate(left.slate)
    }
  }

  /// How much more a ranking of each use case has told than the average, from a third to three times.
  private func useCaseWeights() throws -> [UseCase: Double] {
    let counts = try workspace.pairsByUseCase()
    let rankings = counts.values.reduce(0) { $0 + $1.rankings }
    let pairs = counts.values.reduce(0) { $0 + $1.pairs }
    guard pairs > 0 else { return [:] }
    let average = Double(pairs) / Double(rankings)
    return counts.mapValues { count in
      // Two rankings' worth of the average stand for what is not known yet.
      let mean = (Double(count.pairs) + 2 * average) / (Double(count.rankings) + 2)
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
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      failures.add(key)
      log.error("slate \(slate) for prompt \(prompt.key): \(error)")
      return nil
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

    let clock = ContinuousClock()
    let start = clock.now
    var lastShown = start
    let drawn = try drawing.slate(
      prompt: tokens, plan: plan, policy: policy, reference: try reference(random: &random),
      reward: reward, selecting: settings.bestOf
    ) { [self] texts, share in
      guard !isStopping else { return false }
      let now = clock.now
      guard now - lastShown > .milliseconds(100) else { return true }
      lastShown = now
      let elapsed = (now - start) / .seconds(1)
      // A database that is busy for an instant must not end the drawing; its end will say so.
      try? workspace.updateJob(
        job, progress: share, remaining: share > 0 ? elapsed / share - elapsed : nil)
      return (try? workspace.updateProgress(slate: slate, texts: texts)) ?? true
    }
    if let rollout = drawn.rollout(prompt: tokens),
      try !workspace.isHeldOut(promptKey: prompt.key)
    {
      standing.rollouts = (standing.rollouts + [rollout]).suffix(recipe.policySteps)
    }
    log.info(
      "slate \(slate) drawn",
      metadata: [
        "prompt": "\(prompt.key)", "policy": "\(policy.version)",
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
