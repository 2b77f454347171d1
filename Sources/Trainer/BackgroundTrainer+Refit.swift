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
    if let review = refit.review {
      try goOn(review)
    } else if refit.trial != nil {
      try goOnWithTrial(refit)
    } else if let training = refit.training {
      if training.isOver {
        log.info("refit: learnt the pairs of a round", metadata: ["loss": "\(training.loss)"])
        refit.beginTrial()
      } else {
        try training.advance()
      }
    } else if let prompt = refit.prompts.popLast() {
      try answer(prompt, refit)
    } else if !refit.unread.isEmpty {
      try readPrompts(refit.read(Self.promptsReadAtOnce))
    } else if !refit.isChosen {
      try choosePrompts(refit)
      refit.beginTrial()
    } else {
      try beginTraining(refit)
    }
  }

  private static let promptsReadAtOnce = 8

  /// Has what a round came to answer the next prompt by which it is compared, or compares it.
  private func goOnWithTrial(_ refit: Refit) throws {
    if let prompt = refit.nextTried {
      let settings = try TrainerSettings.read(from: workspace)
      let plan = DrawingPlan(recipe: recipe, settings: settings)
      // The same for all rounds.
      var random = SplitMix64(seed: settings.seed ^ 0x2EF3 &+ UInt64(bitPattern: prompt.id))
      let rollout = try drawing.rollout(
        id: 0, promptID: prompt.id, prompt: encoding.prompt(prompt), adapter: refit.learner.adapter,
        seeds: (0..<Self.triedDraws).map { _ in random.next() }, borrowed: 0,
        sampling: plan.sampling, goesOn: { [self] in (try? goesOnWithRefit()) == true })
      if let rollout { refit.trial?.rollouts.append(rollout) }
      return
    }
    if let probe = reward?.probe {
      try refit.rereadTrials(by: reader)
      let opposition = try opposition(refit.rollouts)
      let stretched = probe.stretched(
        for: [refit.best, refit.trial].flatMap { $0?.rollouts ?? [] })
      let scores = refit.endTrial {
        $0.score(by: stretched, opposition: opposition, failing: recipe.refitSureGap)
      }
      if let scores {
        log.info(
          "refit: a round is \(scores.trial >= scores.best ? "taken" : "undone")",
          metadata: ["score": "\(scores.trial)", "best": "\(scores.best)"])
      }
    } else {
      refit.endTrial { _ in 0 }
    }
    guard refit.training != nil else { return }
    if refit.hasRoundsLeft {
      refit.beginNextRound()
    } else {
      refit.review(
        refit.pairCount == 0 ? [] : try promptsToReview(refit).map(encoding.prompt),
        budget: recipe.budget(demonstrations: standing.demonstrations))
    }
  }

  /// The prompts of each side, the surest of the few and any of the others, by whose answers rounds are compared, and
  /// the answers to each.
  private static let fewTried = 16
  private static let othersTried = 32
  private static let triedDraws = 3

  private func answer(_ prompt: Prompt, _ refit: Refit) throws {
    let settings = try TrainerSettings.read(from: workspace)
    let plan = DrawingPlan(recipe: recipe, settings: settings)
    refit.answered += 1
    var random = SplitMix64(
      seed: settings.seed &+ UInt64(bitPattern: prompt.id &* 0x51_7CC1 &+ refit.answered))
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
    let first = max(0, min(recipe.refitPrompts, Self.firstAnswered) - drawn.count)
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

  /// The prompts by whose answers the others are chosen, at least.
  private static let firstAnswered = 16
  /// What completions are like that prompts are told apart by, and the prompts that they are told apart for.
  private static let opposedRows = 128
  private static let opposedPrompts = 64

  /// In what the reward model's preference depends on the prompt.
  private func opposition(_ rollouts: [Rollout]) throws -> Opposition? {
    guard let probe = reward?.probe else { return nil }
    let rows = rollouts.flatMap { [$0.features.first, $0.features.last].compactMap { $0 } }
    return Opposition(
      probe, rows: Array(rows.suffix(Self.opposedRows)),
      prompts: Array(try featuresOfPrompts().suffix(Self.opposedPrompts)))
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
    var tried: [Prompt] = []
    if left.count > wanted, let opposition = try opposition(refit.rollouts) {
      let leaning = left.compactMap { prompt in
        promptFeatures[prompt.id].map { (prompt: prompt, lean: opposition.lean(of: $0)) }
      }
      var sides = [leaning.filter { $0.lean > 0 }, leaning.filter { $0.lean <= 0 }]
      sides.sort { $0.count < $1.count }
      for index in sides.indices { sides[index].sort { abs($0.lean) > abs($1.lean) } }
      let sure = sides[0].prefix((sides[0].count + 1) / 2).map(\.prompt)
      tried = sure.spread(min(Self.fewTried, sure.count / 4))
      let few = sure.without(tried)
      let rare = (0..<(max(0, wanted) * 2 / 5)).prefix(2 * few.count).map { few[$0 % few.count] }
      let others = sides[1].map(\.prompt)
      let near = others.dropLast(sides[0].count - sure.count).suffix(rare.count)
      chosen = rare + near
      tried += others.without(chosen).spread(Self.othersTried)
      log.info("refit: \(sides.map(\.count)) prompts of each side")
    }
    chosen += left.without(chosen + tried).prefix(max(0, wanted - chosen.count))
    // Each round has its share of each kind.
    var random = SplitMix64(seed: UInt64(refit.labels.count) ^ 0x2EF2)
    refit.choose(chosen.shuffled(using: &random), tried: tried)
  }

  private func beginTraining(_ refit: Refit) throws {
    guard let probe = reward?.probe else { return }
    for index in refit.newRollouts { try refit.rollouts[index].reread(by: reader) }
    let rollouts = Array(refit.rollouts[refit.newRollouts])
    let stretched = probe.stretched(for: rollouts)
    let opposition = try opposition(refit.rollouts)
    let regrets =
      opposition.map {
        Refit.Regrets(rollouts, by: stretched, opposition: $0, sureGap: recipe.refitSureGap)
      } ?? Refit.Regrets()
    let pairs = Refit.balanced(
      Refit.pairs(
        of: rollouts, by: stretched, opposition: opposition, leastGap: recipe.leastWorthApart,
        sureGap: recipe.refitSureGap, whole: whole),
      count: max(1, recipe.refitPairs / recipe.refitRounds), regrets: regrets)
    let won = Refit.shareWon(rollouts, by: probe)
    log.info(
      "refit: \(pairs.count) pairs, \(pairs.count(where: \.isOpposed)) of the one side",
      metadata: [
        "gaps": "\(pairs.map(\.gap).min() ?? 0) to \(pairs.map(\.gap).max() ?? 0)",
        "missed": "\(regrets.opposed) on it, \(regrets.others) on the other", "won": "\(won)",
      ])
    refit.train(pairs, won: won, recipe: recipe)
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

extension [Prompt] {
  fileprivate func without(_ others: [Prompt]) -> [Prompt] {
    let known = Set(others.map(\.id))
    return filter { !known.contains($0.id) }
  }

  /// So many of them at equal distances.
  fileprivate func spread(_ count: Int) -> [Prompt] {
    guard count > 0, !isEmpty else { return [] }
    let step = Swift.max(1, self.count / count)
    return stride(from: step - 1, to: self.count, by: step).prefix(count).map { self[$0] }
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
