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
          })
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

  /// The share of practice that is for any prompt of the mix.
  private static let anyPrompts = 0.25

  /// Has the policy in training answer a prompt that is likely to have answers of different worth, by what its
  /// answers to other prompts were worth.
  ///
  /// - Returns: nil when there is no reward model to read them, or no prompt to be answered, or something more
  ///   urgent came in.
  private func practiceRollout(random: inout SplitMix64) throws -> Rollout? {
    guard let probe = reward?.probe, let learner = policyLearner else { return nil }
    let settings = try TrainerSettings.read(from: workspace)
    let limit = model.configuration.contextLength - settings.maxTokens
    let counts = try workspace.slateCounts(activelyChosen: false)
    func candidates() throws -> [Prompt] {
      try prospects(weights: [:], counts: counts, besides: practised).filter {
        encoding.prompt($0).count <= limit
          && (try? workspace.isHeldOut(promptKey: $0.key)) == false
      }
    }
    var prompts = try candidates()
    if prompts.isEmpty {
      practised = []
      prompts = try candidates()
    }
    try readPrompts(prompts)
    let known = standing.rollouts.filter { promptFeatures[$0.promptID] != nil }
    let interest = PromptInterest(
      features: known.map { promptFeatures[$0.promptID]! },
      outcomes: known.map { PolicyGradient.deviation($0.worths(by: probe)) })
    let isAny = random.uniform() < Self.anyPrompts
    let values = prompts.map { prompt in
      isAny ? 0 : promptFeatures[prompt.id].flatMap { interest?.value(of: $0) } ?? 0
    }
    guard let best = prompts.indices.max(by: { (values[$0], $1) < (values[$1], $0) }) else {
      return nil
    }
    let plan = DrawingPlan(recipe: recipe, settings: settings)
    guard
      let rollout = try drawing.rollout(
        id: -(rolloutsPractised + 1), promptID: prompts[best].id,
        prompt: encoding.prompt(prompts[best]), adapter: learner.adapter,
        seeds: (0..<plan.draws).map { _ in random.next() }, sampling: plan.sampling,
        goesOn: { [self] in !isStopping && (try? hasNewLabel()) != true })
    else { return nil }
    practised.insert(prompts[best].id)
    rolloutsPractised += 1
    return rollout
  }

  /// Says in the workspace whether there is practice to come, for who waits for it.
  func notePractice() throws {
    let note = practiceOwed > 0 ? String(practiceOwed) : nil
    guard try workspace.setting(Workspace.practiceKey) != note else { return }
    try workspace.set(Workspace.practiceKey, to: note)
  }
}
