import Feedback
import LanguageModel
import Learning
import Logging
import Storage

/// Making the policy anew in idle time.
extension BackgroundTrainer {
  /// The setting with how many labels there were when it last was.
  private static let refitKey = "refit_labels"

  /// Labels that it would rest on.
  private func refitLabels() throws -> Set<Int64> {
    Set(
      try workspace.labels(kinds: VersionKind.policy.learnsFrom, heldOut: .learnable).map(\.id))
  }

  /// Whether it is time to make the policy anew: there are enough new labels, and a reward model that knows
  /// something.
  func refitIsDue() throws -> Bool {
    guard recipe.refitPrompts > 0, recipe.learnsFromDraws, policy.adapter != nil,
      let probe = reward?.probe, probe.skill >= Drawing.littleSkill
    else { return false }
    if refitting != nil { return true }
    let last = try workspace.setting(Self.refitKey).flatMap { Int($0) } ?? 0
    return try refitLabels().count >= recipe.nextRefit(after: last)
  }

  /// Prompts answered, or steps taken, before other work gets its turn.
  private static let bite = 8

  /// Goes on with making the policy anew for a while; a label or a labeler who waits comes first.
  func refit() throws {
    guard let start = policy.adapter else { return }
    let labels = try refitLabels()
    if let refitting, !refitting.labels.isSubset(of: labels) { self.refitting = nil }
    let job = try workspace.beginJob(
      kind: VersionKind.policy.rawValue, detail: "the policy is made anew", attempt: 1)
    do {
      let refit = try refitting ?? beginRefit(labels, start: start)
      refitting = refit
      for _ in 0..<Self.bite where try goesOnWithRefit() {
        try advance(refit)
        try workspace.updateJob(job, progress: refit.progress, remaining: nil)
        try serveWaitingLabelers()
        if refit.review?.isOver == true {
          try finish(refit)
          break
        }
      }
      try workspace.endJob(job)
    } catch {
      try workspace.endJob(job, error: "\(error)")
      if error is CancellationError { throw error }
      log.error("the policy could not be made anew: \(error)")
      try endRefit(labels)
    }
    if isStopping { throw CancellationError() }
    try notePractice()
  }

  private func goesOnWithRefit() throws -> Bool {
    if isStopping { return false }
    return try !hasNewLabel()
  }

  /// Forgets what was made; the next is due when there are more labels.
  private func endRefit(_ labels: Set<Int64>) throws {
    refitting = nil
    try workspace.set(Self.refitKey, to: String(labels.count))
  }

  /// Follows a person's choice of versions: a policy that someone chose is not replaced by one made anew before there
  /// are as many labels more.
  func followPerson() throws {
    let before = policy.version
    try followChosenVersions()
    if policy.version != before { try endRefit(refitLabels()) }
  }

  /// Takes the next of many small pieces of work.
  private func advance(_ refit: Refit) throws {
    if let training = refit.training {
      if !training.isOver {
        try training.advance()
        if training.isOver {
          log.info("refit: learnt the pairs of a round", metadata: ["loss": "\(training.loss)"])
        }
      } else if refit.hasRoundsLeft(after: training) {
        refit.beginNextRound(training)
      } else if let review = refit.review {
        try goOn(review)
      } else {
        refit.review(
          refit.pairCount == 0 ? [] : try promptsToReview(refit).map(encoding.prompt),
          budget: recipe.budget(demonstrations: standing.demonstrations))
      }
    } else if let prompt = refit.prompts.popLast() {
      try answer(prompt, refit)
    } else if !refit.unread.isEmpty {
      try readPrompts(refit.read(Self.promptsReadAtOnce))
    } else if !refit.isChosen {
      try choosePrompts(refit)
    } else {
      try beginTraining(refit)
    }
  }

  private static let promptsReadAtOnce = 8

  private func answer(_ prompt: Prompt, _ refit: Refit) throws {
    let settings = try TrainerSettings.read(from: workspace)
    let plan = DrawingPlan(recipe: recipe, settings: settings)
    var random = SplitMix64(seed: settings.seed &+ UInt64(bitPattern: prompt.id) &* 0x51_7CC1)
    refit.answered += 1
    let rollout = try drawing.rollout(
      id: -refit.answered, promptID: prompt.id, prompt: encoding.prompt(prompt),
      adapter: refit.start, seeds: (0..<plan.draws).map { _ in random.next() },
      borrowed: plan.draws * 2 / 5,
      sampling: plan.sampling, goesOn: { [self] in (try? goesOnWithRefit()) == true })
    if let rollout {
      refit.rollouts.append(rollout)
    } else {
      refit.prompts.append(prompt)
    }
  }

  /// Begins with what was drawn for the last slates, and with some prompts by whose answers the others are chosen.
  private func beginRefit(_ labels: Set<Int64>, start: LoRAAdapter) throws -> Refit {
    let drawn = standing.rollouts.suffix(recipe.refitPrompts * 2 / 5)
    let prompts = try promptsToRefit(recipe.refitPrompts * Self.promptsPerAnswered)
    let first = max(0, min(recipe.refitPrompts, Self.opposedRows / 2) - drawn.count)
    return Refit(
      labels: labels, start: start, pass: pass, rollouts: Array(drawn),
      prompts: prompts.prefix(first), unread: prompts.dropFirst(first),
      count: recipe.refitPrompts, rounds: recipe.refitRounds)
  }

  /// The prompts, for each that is answered, that those are chosen from.
  private static let promptsPerAnswered = 4

  /// A completion that was cut off, up to its last whole line or sentence and with the end token.
  private func whole(_ completion: [TokenID]) -> [TokenID] {
    let text = model.tokenizer.decode(completion)
    guard let end = text.wholePart, !end.isEmpty else { return completion }
    return model.chatTemplate.encodeCompletion(String(end), tokenizer: model.tokenizer)
  }

  /// What completions are like that prompts are told apart by.
  private static let opposedRows = 32

  /// In what the reward model's preference depends on the prompt.
  private func opposition(_ rollouts: [Rollout]) throws -> Opposition? {
    guard let probe = reward?.probe else { return nil }
    let rows = rollouts.flatMap { [$0.features.first, $0.features.last].compactMap { $0 } }
    return Opposition(
      probe, rows: Array(rows.suffix(Self.opposedRows)),
      prompts: Array(try featuresOfPrompts().suffix(2 * Self.opposedRows)))
  }

  /// The next prompts of slates that are not chosen, at most: by what it answers there it is judged, so they are left.
  private static let promptsLeft = 48

  /// Prompts that may be answered, at random.
  private func promptsToRefit(_ count: Int) throws -> [Prompt] {
    let settings = try TrainerSettings.read(from: workspace)
    let limit = model.configuration.contextLength - settings.maxTokens
    // Others the next time.
    var random = SplitMix64(
      seed: settings.seed ^ 0x2EF1 &+ UInt64(bitPattern: policy.version) &* 0x9E37_79B9)
    let pool = try workspace.prompts().map(\.prompt)
    let next = Set(
      try prospects(
        min(Self.promptsLeft, pool.count / 4),
        counts: workspace.slateCounts(activelyChosen: false), stream: .fair
      ).map(\.id))
    var found: [Prompt] = []
    for prompt in pool.shuffled(using: &random)
    where found.count < count && !next.contains(prompt.id) {
      guard encoding.prompt(prompt).count <= limit,
        try !workspace.isHeldOut(promptKey: prompt.key)
      else { continue }
      found.append(prompt)
    }
    return found
  }

  /// The prompts to answer after the first: two fifths are those for which is preferred what few prompts ask for,
  /// as many the others that come nearest to it, and the rest any.
  private func choosePrompts(_ refit: Refit) throws {
    let wanted = recipe.refitPrompts - refit.rollouts.count
    let answered = Set(refit.rollouts.map(\.promptID))
    let left = refit.candidates.filter { !answered.contains($0.id) }
    var chosen: [Prompt] = []
    if left.count > wanted, let opposition = try opposition(refit.rollouts) {
      let leaning = left.compactMap { prompt in
        promptFeatures[prompt.id].map { (prompt: prompt, lean: opposition.lean(of: $0)) }
      }
      var sides = [leaning.filter { $0.lean > 0 }, leaning.filter { $0.lean <= 0 }]
      sides.sort { $0.count < $1.count }
      let rare = sides[0].prefix(max(0, wanted) * 2 / 5)
      let near = sides[1].sorted { abs($0.lean) < abs($1.lean) }.prefix(rare.count)
      chosen = (rare + near).map(\.prompt)
      log.info("refit: \(sides.map(\.count)) prompts of each side")
    }
    let known = Set(chosen.map(\.id))
    chosen += left.filter { !known.contains($0.id) }.prefix(max(0, wanted - chosen.count))
    // Each round has its share of each kind.
    var random = SplitMix64(seed: UInt64(refit.labels.count) ^ 0x2EF2)
    refit.choose(chosen.shuffled(using: &random))
  }

  private func beginTraining(_ refit: Refit) throws {
    guard let probe = reward?.probe else { return }
    for index in refit.newRollouts { try refit.rollouts[index].reread(by: reader) }
    let pairs = Refit.balanced(
      Refit.pairs(
        of: Array(refit.rollouts[refit.newRollouts]), by: probe,
        opposition: try opposition(refit.rollouts),
        leastGap: recipe.leastWorthApart, sureGap: recipe.refitSureGap, whole: whole),
      count: max(1, recipe.refitPairs / recipe.refitRounds))
    log.info(
      "refit: \(pairs.count) pairs, \(pairs.count(where: \.isOpposed)) of the one side",
      metadata: ["gaps": "\(pairs.map(\.gap).min() ?? 0) to \(pairs.map(\.gap).max() ?? 0)"])
    refit.train(pairs, recipe: recipe)
  }

  /// Prompts by whose answers it is compared with the base: such as were not learnt from, where there are any.
  private func promptsToReview(_ refit: Refit) throws -> [Prompt] {
    let learnt = Set(refit.rollouts.map(\.promptID))
    let prompts = try promptsToRefit(.max)
    return Array(
      (prompts.filter { !learnt.contains($0.id) } + prompts.filter { learnt.contains($0.id) })
        .prefix(Self.promptsReviewed))
  }

  /// The prompts answered for that, and the answers to each.
  private static let promptsReviewed = 24
  private static let reviewDraws = 2

  private func goOn(_ review: Refit.Review) throws {
    let (moves, steps) = (review.moves, review.steps)
    try review.advance {
      try answer($0, $1, draws: Self.reviewDraws, adapter: $2, into: &$3)
    }
    if review.moves > moves { log.info("refit: near the limits, so it goes back some of its way") }
    if review.steps > steps { log.info("refit: far from the limits, so it is made stronger") }
    if review.isOver, let policy = review.policy.figures, let base = review.base.figures {
      func summary(_ drawn: DrawFigures) -> Logger.MetadataValue {
        "distinct \(drawn.distinct) fluency \(drawn.fluency) ended \(drawn.ended) divergence \(drawn.divergence)"
      }
      log.info(
        "refit: compared with the base",
        metadata: [
          "policy": summary(policy), "base": summary(base), "kept": "\(review.kept)",
        ])
    }
  }

  /// Has the gate decide, and puts what was made into use.
  private func finish(_ refit: Refit) throws {
    guard refit.pairCount > 0 else { return try endRefit(refit.labels) }
    let number = try workspace.reserveVersion()
    let budget = recipe.budget(demonstrations: standing.demonstrations)
    var (metrics, rejection) = try judge(
      refit.learner.adapter, version: number, before: refit.before, budget: budget)
    metrics["refit.pairs"] = Double(refit.pairCount)
    metrics["refit.kept"] = refit.review?.kept
    let result = UpdateResult(
      metrics: metrics, rejection: rejection, steps: refit.learner.optimizer.state.step)
    try publishPolicy(
      number, learner: refit.learner, result: result, taught: [],
      pendingAgain: try refitLabels().subtracting(refit.labels).sorted())
    try endRefit(refit.labels)
    guard result.rejection == nil else { return }
    policyLearner = refit.learner
    standing.divergence = nil
    practiceOwed = 0
  }
}

extension String {
  /// What comes before the last line or sentence that is not complete; nil when nothing of some length does.
  var wholePart: Substring? {
    var end: Index?
    for index in indices {
      let next = self.index(after: index)
      if self[index].isNewline {
        end = index
      } else if ".!?".contains(self[index]), next == endIndex || self[next].isWhitespace,
        index == startIndex || !self[self.index(before: index)].isNumber
      {
        end = next
      }
    }
    guard let end, distance(from: startIndex, to: end) > 40 else { return nil }
    return self[..<end]
  }
}
