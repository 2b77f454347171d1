import Feedback
import Foundation
import LanguageModel
import Storage

extension BackgroundTrainer {
  /// The prompt of the next slate: the workspace's choice, those left out that failed three times.
  func nextPrompt() throws -> Prompt? {
    try workspace.nextPrompt(
      seed: TrainerSettings.read(from: workspace).seed, excluding: failures.promptsSetAside)
  }

  /// Draws a slate for the next prompt and puts it in the queue.
  func makeSlate() throws {
    guard let prompt = try nextPrompt() else { return }
    let settings = try TrainerSettings.read(from: workspace)
    let key = FailureCount.key(prompt: prompt.id)
    let job = try workspace.beginJob(
      kind: "slate", detail: "drawing candidates for \(prompt.key)",
      attempt: failures.attempts(key) + 1)
    let slate = try workspace.beginSlate(
      prompt: prompt.id, activelyChosen: false, count: settings.candidates)
    do {
      try fill(slate: slate, prompt: prompt, settings: settings, job: job)
      try workspace.endJob(job)
    } catch {
      try workspace.discardSlate(slate)
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      failures.add(key)
      log.error("slate \(slate) for prompt \(prompt.key): \(error)")
    }
  }

  /// Draws a slate with the newest policy, then throws an unseen older one away.
  func refreshSlate(_ stale: Int64) throws {
    let before = policy.version
    try makeSlate()
    if policy.version == before { try workspace.discardSlate(stale) }
  }

  private func fill(slate: Int64, prompt: Prompt, settings: TrainerSettings, job: Int64) throws {
    let tokens = encoding.prompt(prompt)
    let limit = model.configuration.contextLength
    guard tokens.count + settings.maxTokens <= limit else {
      throw TrainerError.promptTooLong(key: prompt.key, tokens: tokens.count, limit: limit)
    }
    var plan = DrawingPlan()
    plan.candidates = settings.candidates
    plan.draws = recipe.draws
    plan.sampling = SamplingParameters(
      temperature: recipe.temperature, topP: recipe.topP, maxTokens: settings.maxTokens)
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
      standing.rollouts.append(rollout)
    }
    let shown = drawn.shown
    try workspace.finishSlate(
      slate,
      completions: shown.map { shown in
        NewCompletion(
          text: shown.generated.text, tokenIDs: shown.generated.tokenIDs,
          logprobs: shown.generated.logprobs, finishReason: shown.generated.finishReason,
          policyVersion: shown.version, sampling: plan.sampling, seed: shown.generated.seed,
          origin: shown.origin)
      },
      rewardVersion: reward?.version, scores: reward == nil ? nil : shown.map { $0.scores! },
      displayOrder: Array(shown.indices).shuffled(using: &random))
    log.info(
      "slate \(slate) ready",
      metadata: [
        "prompt": "\(prompt.key)", "policy": "\(policy.version)",
        "seconds": "\((clock.now - start) / .seconds(1))",
      ])
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
