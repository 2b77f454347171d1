import Feedback
import LanguageModel
import Learning
import Storage

/// What the policy learns in idle time, without a new label.
extension BackgroundTrainer {
  /// Entitles the policy to steps without a label; one that teaches it nothing new leaves it as much time.
  func allowPractice(labels: Int) throws {
    practiceOwed = min(recipe.practiceKept, practiceOwed + labels * recipe.practicePerLabel)
    try notePractice()
  }

  /// Steps after which what was practised is published, and the queue drawn anew by it.
  private static let practiceSteps = 4

  /// Moves the policy on without a new label, by earlier ones and by what the reward model says of its draws.
  ///
  /// A label that comes in meanwhile is learnt next, and the step begun is left; its version has what was
  /// practised until then. A policy that the gate rejects practises no more until there is a new label.
  func practise() throws {
    if try workspace.leaveRetracted(.policy) {
      log.info("policy goes back to before a label that was taken back")
      return try followChosenVersions()
    }
    let job = try workspace.beginJob(
      kind: VersionKind.policy.rawValue, detail: "the policy practises", attempt: 1)
    do {
      let number = try workspace.reserveVersion()
      var random = SplitMix64(seed: UInt64(bitPattern: number) &* 0x2545_F491)
      let pending = Set(try workspace.pendingLabels(.policy).map(\.id))
      let learnable = try workspace.labels(
        kinds: VersionKind.policy.learnsFrom, heldOut: .learnable
      ).filter { !pending.contains($0.id) }
      try fill(&pool, with: learnable)
      let isUsed = try updatePolicy(
        number, taught: [], learnable: Set(learnable.map(\.id)),
        steps: min(Self.practiceSteps, practiceOwed), random: &random,
        practice: PolicyUpdate.Practice(
          draw: { try self.practiceRollout(random: &$0) },
          goesOn: {
            if self.isStopping { throw CancellationError() }
            return try !self.hasNewLabel()
          }, stepsBefore: practisedSinceLabel)
      ) { share, _ in
        try self.workspace.updateJob(job, progress: share, remaining: nil)
        try self.serveWaitingLabelers()
      }
      if !isUsed { practiceOwed = 0 }
      try workspace.endJob(job)
    } catch {
      policyLearner = nil
      practiceOwed = 0
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      log.error("the policy could not practise: \(error)")
    }
    try notePractice()
  }

  /// Whether a label waits to be learnt.
  func hasNewLabel() throws -> Bool {
    try VersionKind.allCases.contains { try !unlearnt($0).isEmpty }
  }

  /// Has the policy in training answer a prompt where there is likely something to gain.
  ///
  /// - Returns: nil when there is no reward model to read them, or no prompt to be answered, or something more
  ///   urgent came in.
  private func practiceRollout(random: inout SplitMix64) throws -> Rollout? {
    guard let probe = reward?.probe, let learner = policyLearner else { return nil }
    let settings = try TrainerSettings.read(from: workspace)
    let limit = model.configuration.contextLength - settings.maxTokens
    try readPrompts(standing.rollouts.compactMap { try workspace.prompt($0.promptID) })
    let gain = ForeseenGain(standing.rollouts, by: probe, features: promptFeatures)
    let prompts = try practicePrompts(weights: gainWeights(gain.gains)).filter {
      encoding.prompt($0).count <= limit && (try? workspace.isHeldOut(promptKey: $0.key)) == false
    }
    try readPrompts(prompts)
    let values = prompts.map { promptFeatures[$0.id].map(gain.value) ?? 0 }
    guard let index = random.index(weights: ForeseenGain.shares(values)) else { return nil }
    let prompt = prompts[index]
    let plan = DrawingPlan(recipe: recipe, settings: settings)
    guard
      let rollout = try drawing.rollout(
        id: -(rolloutsPractised + 1), promptID: prompt.id, prompt: encoding.prompt(prompt),
        adapter: learner.adapter, seeds: (0..<plan.draws).map { _ in random.next() },
        borrowed: recipe.borrowedDraws, sampling: plan.sampling,
        goesOn: { [self] in !isStopping && (try? hasNewLabel()) != true })
    else { return nil }
    practised = (practised + [prompt.id]).suffix(Self.practisedOnce)
    rolloutsPractised += 1
    return rollout
  }

  /// The last prompts practised, so many or a sixth of the pool, are not practised again, and of those that were
  /// ranked so many.
  private static let practisedOnce = 200
  private static let rankedOnce = 12
  /// The prompts that are looked at to practise on.
  private static let practiceProspects = 48

  /// Prompts to practise on: some of the mix that are not soon to be shown, and those that were ranked, among them
  /// those that were chosen for what they tell.
  private func practicePrompts(weights: [UseCase: Double]) throws -> [Prompt] {
    let once = max(Self.rankedOnce, min(Self.practisedOnce, try workspace.promptCount() / 6))
    let next = try prospects(
      Self.practiceProspects, weights: weights,
      counts: workspace.slateCounts(activelyChosen: false),
      besides: Set(practised.suffix(once)), stream: .practice)
    let passedOver = Set(practised.suffix(Self.rankedOnce) + next.map(\.id))
    let ranked = Set(
      try workspace.pairsByPrompt(limit: Self.foreseenFrom, includingRetired: false).map(\.prompt)
    ).subtracting(passedOver)
    let prompts = next + (try ranked.sorted().compactMap { try workspace.prompt($0) })
    if !prompts.isEmpty || practised.isEmpty { return prompts }
    practised = []
    return try practicePrompts(weights: weights)
  }

  /// How much more there is to gain in each use case than on average.
  private func gainWeights(_ gains: [Int64: Double]) throws -> [UseCase: Double] {
    var told: [UseCase: (rankings: Int, total: Double)] = [:]
    for (id, gain) in gains.sorted(by: { $0.key < $1.key }) {
      guard let useCase = try workspace.prompt(id)?.useCase else { continue }
      let before = told[useCase] ?? (0, 0)
      told[useCase] = (before.rankings + 1, before.total + gain)
    }
    return Self.weights(told)
  }

  /// Says in the workspace whether there is practice to come, for who waits for it.
  func notePractice() throws {
    let note = try practiceOwed > 0 || refitIsDue() ? String(practiceOwed) : nil
    guard try workspace.setting(Workspace.practiceKey) != note else { return }
    try workspace.set(Workspace.practiceKey, to: note)
  }
}
