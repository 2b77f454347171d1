import Feedback
import LanguageModel
import Learning
import Storage
import Testing

@testable import Trainer

/// Making the policy anew in idle time.
extension BackgroundTrainerTests {
  /// A recipe that makes the policy anew after four labels, whatever the reward model knows.
  private static let refitting: Recipe = {
    var recipe = withoutPractice
    recipe.refitAfter = 4
    recipe.refitPrompts = 18
    recipe.refitPairs = 12
    recipe.refitRounds = 3
    return recipe
  }()

  /// Labels so many slates, with nothing made anew.
  @discardableResult private func rank(_ count: Int) throws -> [Int64] {
    try (0..<count).map { _ in
      try work()
      return try #require(try label().labels.first)
    }
  }

  /// A trainer whose reward model knows something, and is sure of it.
  private func knowingTrainer() throws -> BackgroundTrainer {
    let trainer = try trainer(recipe: Self.refitting)
    if let probe = trainer.reward?.probe {
      trainer.reward?.probe = RewardProbe(
        layout: probe.layout, mean: probe.mean, scale: probe.scale,
        heads: probe.heads.map { $0.map { $0 * 30 } },
        blockWeights: probe.blockWeights, skill: 0.5, foreseen: probe.foreseen)
    }
    return trainer
  }

  @Test func thePolicyIsMadeAnewOnceThereAreEnoughLabels() throws {
    try rank(3)
    try work()
    do {
      let trainer = try knowingTrainer()
      #expect(try !trainer.refitIsDue())
    }
    try rank(1)
    try work()
    let before = try #require(try workspace.currentVersion(.policy))
    do {
      let trainer = try knowingTrainer()
      #expect(try trainer.observe().canRefit)
      try trainer.notePractice()
      #expect(try workspace.setting(Workspace.practiceKey) != nil)
      let next = try trainer.prospects(
        5, counts: workspace.slateCounts(activelyChosen: false), stream: .fair)
      var answered: [Rollout] = []
      while try trainer.refitIsDue() {
        try trainer.refit()
        answered = trainer.refitting?.rollouts ?? answered
      }
      // All but a quarter of the pool of twenty, which are the next to be shown.
      #expect(Set(answered.map(\.promptID)).count == 15)
      #expect(Set(answered.map(\.promptID)).isDisjoint(with: next.map(\.id)))
      let version = try #require(try workspace.versions(.policy).last)
      #expect(version.id > before.id)
      #expect(version.parent == before.id)
      #expect(version.metrics["refit.pairs"].map { $0 > 0 && $0 <= 12 } == true)
      #expect(version.metrics["refit.kept"].map { $0 > 0.5 && $0 <= 1.5625 } == true)
      if version.state != .rejected {
        #expect(try workspace.currentVersion(.policy)?.id == version.id)
        #expect(
          try workspace.learntLabels(version: version.id)
            == workspace.learntLabels(version: before.id))
      }
      #expect(try workspace.setting(Workspace.practiceKey) == nil)
    }
    // The next process waits for as many labels again.
    let next = try knowingTrainer()
    #expect(try !next.refitIsDue())
  }

  @Test func aRefitLearnsToPrefer() throws {
    let (pairs, learner) = try pairs()
    let examples = pairs.map(\.example)
    func margin() throws -> Double {
      try PolicyLearner.sums(examples, adapter: learner.adapter, pass: TrainingPass(model: model))
        .map { $0[0] - $0[1] }.reduce(0, +)
    }
    let before = try margin()
    let training = Refit.Training(
      pairs, learner: learner, recipe: Self.refitting, seed: 1)
    var losses: [Double] = []
    while !training.isOver { losses.append(try training.advance()) }
    // In three epochs, four in a step.
    let epoch = (pairs.count + 3) / 4
    #expect(losses.count == 3 * epoch && epoch > 1)
    // What was learnt in later epochs does not say what was known before.
    #expect(abs(training.loss - losses.prefix(epoch).reduce(0, +) / Double(epoch)) < 1e-9)
    #expect(try margin() > before)
  }

  /// Some pairs, and a policy to learn them that has learnt nothing.
  private func pairs() throws -> (pairs: [Refit.Preferred], learner: PolicyLearner) {
    try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try trainer.refit()
    let probe = try #require(trainer.reward?.probe)
    let pairs = Refit.pairs(
      of: try #require(trainer.refitting?.rollouts), by: probe, opposition: nil, leastGap: 0.5,
      sureGap: 2)
    let adapter = LoRAAdapter(configuration: model.configuration, rank: 16, alpha: 32, seed: 1)
    return (pairs, PolicyLearner(adapter: adapter, pass: trainer.pass))
  }

  @Test func whatOneRoundTrainedAnswersThePromptsOfTheNext() throws {
    let (pairs, learner) = try pairs()
    let before = Array(learner.adapter.parameters)
    let refit = Refit(
      labels: [1], start: learner.adapter, pass: TrainingPass(model: model), rollouts: [],
      prompts: [], unread: [], count: 6, rounds: 2)
    refit.choose(try workspace.prompts().prefix(6).map(\.prompt))
    let first = refit.prompts
    #expect(first.count == 3)
    let rollout = Rollout(
      id: -1, promptID: 1, prompt: [1], completions: [], logprobs: [], reference: [], ended: [],
      features: [], wordPairs: [])
    var progress = refit.progress
    for _ in first {
      refit.rollouts.append(rollout)
      #expect(refit.progress > progress)
      progress = refit.progress
    }
    refit.train(pairs, won: 0, recipe: Self.refitting)
    let training = try #require(refit.training)
    while training.step < training.steps { try training.advance() }
    #expect(refit.hasRoundsLeft && refit.newRollouts == 0..<3)
    #expect(abs(refit.progress - 0.475) < 1e-9)

    refit.beginNextRound()
    #expect(refit.training == nil && refit.newRollouts.isEmpty)
    #expect(abs(refit.progress - 0.475) < 1e-9)
    #expect(refit.prompts.count == 3)
    #expect(Set(refit.prompts.map(\.id)).isDisjoint(with: first.map(\.id)))
    let learnt = Array(refit.learner.adapter.parameters)
    // As truths: an adapter's numbers fill a log.
    let (answersAsLearnt, hasLearnt) = (Array(refit.start.parameters) == learnt, learnt != before)
    #expect(answersAsLearnt && hasLearnt)
    // What answers stays the same while it is trained on, and so does the policy in use.
    #expect(refit.start !== refit.learner.adapter)
    let policyIsLeft = Array(learner.adapter.parameters) == before
    #expect(policyIsLeft)

    refit.rollouts += [rollout, rollout, rollout]
    refit.train(pairs, won: 0, recipe: Self.refitting)
    #expect(refit.newRollouts == 3..<6)
    // It goes back, if it must, to where all of it began.
    let goesBackToTheStart = refit.before == before
    #expect(goesBackToTheStart)
    #expect(!refit.hasRoundsLeft)
  }

  @Test func aRoundThatIsNotBetterIsUndone() throws {
    let (pairs, learner) = try pairs()
    let refit = Refit(
      labels: [1], start: learner.adapter, pass: TrainingPass(model: model), rollouts: [],
      prompts: [], unread: [], count: 16, rounds: 8)
    let tried = Array(try workspace.prompts().prefix(2).map(\.prompt))
    refit.choose([], tried: tried)
    func parameters() -> [Float] { Array(refit.learner.adapter.parameters) }
    /// Tries what there is, all answers to be worth so much.
    func scores(_ worth: [Double]) -> (best: Double, trial: Double)? {
      refit.beginTrial()
      #expect(refit.nextTried?.id == tried[0].id)
      refit.trial?.rollouts = tried.map {
        Rollout(
          id: 0, promptID: $0.id, prompt: [1], completions: [], logprobs: [], reference: [],
          ended: [], features: [], wordPairs: [])
      }
      #expect(refit.nextTried == nil)
      var worth = worth
      return refit.endTrial { _ in worth.removeFirst() }
    }
    /// How far a round goes.
    func round() throws -> Float {
      let before = parameters()
      refit.train(pairs, won: 0, recipe: Self.refitting)
      while let training = refit.training, !training.isOver { try training.advance() }
      return zip(before, parameters()).map { abs($0 - $1) }.max() ?? 0
    }
    // The policy in use is what the first round is compared with.
    #expect(scores([]) == nil)
    let way = try round()
    let first = parameters()
    #expect(scores([1, 2])?.trial == 2)
    #expect(refit.undone == 0 && refit.pairCount == pairs.count)

    refit.beginNextRound()
    #expect(try round() > 0.5 * way)
    let isAsTrained = parameters() != first
    #expect(isAsTrained && scores([2, 1]) != nil)
    let isUndone = parameters() == first
    #expect(isUndone && refit.undone == 1 && refit.hasRoundsLeft)
    // The next goes half as far, and a second that is undone is the last.
    refit.beginNextRound()
    #expect(try round() < 0.8 * way)
    _ = scores([2, 1])
    let isUndoneAgain = parameters() == first
    #expect(isUndoneAgain && refit.undone == 2 && !refit.hasRoundsLeft)
    // What was undone is not learnt.
    #expect(refit.pairCount == pairs.count)
  }

  @Test func aRoundThatWasAnsweredBetterThanByTheBaseIsTheLast() throws {
    let (pairs, learner) = try pairs()
    let refit = Refit(
      labels: [1], start: learner.adapter, pass: TrainingPass(model: model), rollouts: [],
      prompts: [], unread: [], count: 8, rounds: 4)
    refit.train(pairs, won: 0.9, recipe: Self.refitting)
    #expect(refit.hasRoundsLeft)
    refit.beginNextRound()
    refit.train(pairs, won: 0.96, recipe: Self.refitting)
    // It is learnt, too.
    #expect(refit.training?.isOver == false && !refit.hasRoundsLeft)
  }

  @Test func whatComesNearToLeavingTheLanguageGoesBackSomeOfItsWay() throws {
    let adapter = LoRAAdapter(configuration: model.configuration, rank: 16, alpha: 32, seed: 1)
    let start = Array(adapter.parameters)
    for index in start.indices { adapter.parameters[index] += 1 }
    let review = Refit.Review([[1], [2]], adapter: adapter, before: start, budget: 0.5)
    var asked: [(number: Int, isBase: Bool)] = []
    // What was trained says the same to all in its first two rounds.
    while !review.isOver {
      let round = review.moves
      try review.advance { _, number, adapter, answers in
        asked.append((number, adapter == nil))
        let isVaried = adapter == nil || round == 2
        answers.texts.append(isVaried ? "words of number \(number)" : "the same")
        answers.logprobs.append(-2)
        answers.reference.append(-2)
        answers.tokens += 2
        answers.ended += 1
      }
    }
    #expect(review.moves == 2 && abs(review.kept - 0.64) < 1e-6)
    #expect(review.policy.texts.count == 2)
    #expect(asked.filter(\.isBase).map(\.number) == [0, 1])
    #expect(asked.filter { !$0.isBase }.map(\.number) == [0, 1, 0, 1, 0, 1])
    let ways = zip(adapter.parameters, start).map { $0 - $1 }
    #expect(ways.allSatisfy { abs($0 - 0.64) < 1e-3 })
    // It ends although nothing helps.
    let hopeless = Refit.Review([[1]], adapter: adapter, before: start, budget: 0.5)
    var rounds = 0
    while !hopeless.isOver {
      rounds += 1
      try hopeless.advance { _, _, adapter, answers in
        answers.texts.append("some words")
        answers.tokens += 2
        answers.ended += adapter == nil ? 1 : 0
      }
    }
    #expect(rounds == 1 + Refit.Review.mostMoves)
  }

  /// How far a review goes, with the figures of each of its passes: the tokens' log-probabilities under the policy,
  /// where the base's are -2, and whether answers say the same.
  private func review(_ passes: [(logprob: Double, isSame: Bool)]) throws -> (
    kept: Double, passes: Int, ways: Set<Int>
  ) {
    let adapter = LoRAAdapter(configuration: model.configuration, rank: 2, alpha: 4, seed: 1)
    for index in adapter.parameters.indices { adapter.parameters[index] += 1 }
    let trained = Array(adapter.parameters)
    let review = Refit.Review(
      [[1], [2]], adapter: adapter, before: trained.map { $0 - 1 }, budget: 0.5)
    var answered = 0
    while !review.isOver {
      let pass = passes[min(answered / 2, passes.count - 1)]
      try review.advance { _, number, adapter, answers in
        answers.texts.append(
          adapter != nil && pass.isSame ? "the same" : "words of number \(number)")
        answers.logprobs.append(2 * (adapter == nil ? -2 : pass.logprob))
        answers.reference.append(-4)
        answers.tokens += 2
        answers.ended += 1
      }
      answered += 1
    }
    #expect(review.policy.texts == ["words of number 0", "words of number 1"])
    let ways = zip(adapter.parameters, trained).map { Int((100 * $0 / $1).rounded()) }
    return (review.kept, answered / 2, Set(ways))
  }

  @Test func whatIsFarFromItsLimitsIsMadeStronger() throws {
    // Only one of the two factors is.
    let twice = try review([(-1.8, false)])
    #expect(twice == (1.5625, 3, [100, 156]))
    let once = try review([(-1.8, false), (-1.4, false)])
    #expect(once == (1.25, 2, [100, 125]))
    // What has spent its budget stays as it is.
    let never = try review([(-1.4, false)])
    #expect(never == (1, 1, [100]))
    // The last step is taken back when it went too far: beyond the budget, or out of the language.
    let spent = try review([(-1.8, false), (-1.2, false)])
    #expect(spent == (1, 2, [100]))
    let same = try review([(-1.8, false), (-1.7, false), (-1.7, true)])
    #expect(same == (1.25, 3, [100, 125]))
  }

  @Test func aLabelComesBeforeAnyMoreOfIt() throws {
    try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try label()
    try trainer.refit()
    #expect(trainer.refitting?.rollouts.isEmpty == true)
    #expect(trainer.refitting?.training == nil)
    #expect(Agenda.next(try trainer.observe()) != .refit)
  }

  @Test func whatCameInDuringItIsLearntByWhatCameOfIt() throws {
    try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try trainer.refit()
    let new = try #require(try label().labels.first)
    try trainer.learn(.policy)
    try workspace.markHandled([new], for: .reward)
    #expect(try workspace.pendingLabels(.policy).isEmpty)
    let before = try #require(try workspace.currentVersion(.policy))
    while try trainer.refitIsDue() { try trainer.refit() }
    let made = try #require(try workspace.versions(.policy).last)
    try #require(made.metrics["refit.pairs"] != nil)
    let isUsed = made.state != .rejected
    #expect(made.parent == before.id)
    #expect(try workspace.pendingLabels(.policy).map(\.id) == (isUsed ? [new] : []))
  }

  @Test func aLabelThatIsTakenBackEndsIt() throws {
    let labels = try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try trainer.refit()
    let first = try #require(trainer.refitting)
    try trainer.refit()
    #expect(trainer.refitting === first)
    try workspace.retract(label: labels[1], by: "ada")
    try trainer.refit()
    #expect(trainer.refitting !== first)
  }

  @Test func aVersionThatIsChosenEndsIt() throws {
    try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try trainer.refit()
    #expect(trainer.refitting != nil)
    try workspace.setCurrent(.policy, version: 0)
    try trainer.followChosenVersions()
    #expect(trainer.refitting == nil)
    #expect(try !trainer.refitIsDue())
  }

  @Test func whatSomeoneChoseIsNotReplacedBeforeThereAreMoreLabels() throws {
    try rank(4)
    try work()
    let trainer = try knowingTrainer()
    try trainer.followPerson()
    #expect(try trainer.refitIsDue())
    let older = try #require(try workspace.versions(.policy).first { $0.state == .published })
    try workspace.setCurrent(.policy, version: older.id)
    try trainer.followPerson()
    #expect(trainer.policy.version == older.id)
    #expect(try !trainer.refitIsDue())
  }

  @Test func withoutPracticeOfDrawsNothingIsMadeAnew() throws {
    try rank(4)
    try work()
    do {
      let trainer = try knowingTrainer()
      #expect(try trainer.refitIsDue())
      trainer.reward?.probe = nil
      #expect(try !trainer.refitIsDue())
    }
    var recipe = Self.refitting
    recipe.refitPrompts = 0
    let trainer = try trainer(recipe: recipe)
    #expect(trainer.reward?.probe != nil)
    #expect(try !trainer.refitIsDue())
  }
}
