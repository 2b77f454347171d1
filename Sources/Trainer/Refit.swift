import Feedback
import Foundation
import LanguageModel
import Learning

/// A policy made anew beside the one in use, by what the reward model is sure of.
///
/// It starts from that. In each of some rounds it and the base answer prompts; of the answers to each, those that the
/// reward model finds plainly better are preferred to those it finds plainly worse (Rafailov et al. 2023). What one
/// round has learnt too little of, or too much, its answers show in the next (Guo et al. 2024). After each it answers
/// prompts that are not learnt from: a round by which those answers are not better is undone, and the next learns half
/// as fast. It ends when two were undone, or when it answers better than the base nearly everywhere.
final class Refit {
  /// The labels there were when it began; one of them taken back ends it.
  let labels: Set<Int64>
  /// What answers prompts: the policy in use in the first round, later what the last round trained.
  private(set) var start: LoRAAdapter
  /// Trains what begins as a copy of the policy in use, in all rounds.
  let learner: PolicyLearner
  /// Prompts that are to be answered in this round, the next last, and in later ones.
  var prompts: [Prompt]
  private var later: [Prompt] = []
  /// Prompts that may be answered once they are read, and those that are.
  private(set) var unread: [Prompt]
  private(set) var candidates: [Prompt] = []
  /// Whether those are chosen by what the first answers were.
  private(set) var isChosen = false
  private var count: Int
  private let rounds: Int
  private var round = 0
  var rollouts: [Rollout]
  /// Those of earlier rounds.
  private var learntRollouts = 0
  /// The pairs learnt in the rounds that were taken.
  private(set) var pairCount = 0
  /// Answers given so far, which number them.
  var answered: Int64 = 0
  /// Prompts by whose answers rounds are compared.
  private(set) var triedPrompts: [Prompt] = []
  /// What the best round came to, at first the policy in use; and what is compared with it at the moment.
  private(set) var best: Trial?
  var trial: Trial?
  /// The rounds that were undone.
  private(set) var undone = 0
  private static let mostUndone = 2
  /// Whether what answered this round did so better than the base nearly everywhere.
  private var hasWon = false
  private static let allWon = 0.95
  /// What it trains; nil while prompts are answered.
  private(set) var training: Training?
  /// The parameters of the policy in use.
  let before: [Float]
  /// What compares that with the base; nil until it is trained.
  private(set) var review: Review?

  /// - Parameters:
  ///   - start: the policy in use.
  ///   - rollouts: what was drawn before.
  ///   - prompts: the first to answer.
  ///   - unread: those that the others are chosen from.
  ///   - count: how many there are to be in all.
  ///   - rounds: in how many parts they are answered and learnt from.
  init(
    labels: Set<Int64>, start: LoRAAdapter, pass: TrainingPass, rollouts: [Rollout] = [],
    prompts: some Sequence<Prompt>, unread: some Sequence<Prompt>, count: Int, rounds: Int
  ) {
    (self.labels, self.start) = (labels, start)
    learner = PolicyLearner(adapter: start.copy(), pass: pass)
    before = Array(start.parameters)
    (self.rollouts, self.count, self.rounds) = (rollouts, count, rounds)
    self.prompts = Array(prompts)
    self.unread = Array(unread)
  }

  /// The next prompts to read.
  func read(_ count: Int) -> [Prompt] {
    let next = Array(unread.prefix(count))
    unread.removeFirst(next.count)
    candidates += next
    return next
  }

  /// Takes the rest of the prompts to answer.
  ///
  /// - Parameter tried: those by whose answers rounds are compared.
  func choose(_ prompts: [Prompt], tried: [Prompt] = []) {
    later = prompts
    triedPrompts = tried
    count = rollouts.count + prompts.count
    isChosen = true
    takePrompts()
  }

  /// Those of this round: as many are answered in each, of which there may be some before the first.
  private func takePrompts() {
    let due = count * (round + 1) / rounds - rollouts.count
    prompts = Array(later.prefix(max(0, due)))
    later.removeFirst(prompts.count)
  }

  /// Whether another round is to follow the one that is learnt.
  var hasRoundsLeft: Bool { round + 1 < rounds && !hasWon && undone < Self.mostUndone }

  /// What it is now is compared with the best.
  func beginTrial() { trial = Trial(parameters: Array(learner.adapter.parameters)) }

  /// The next prompt of the comparison.
  var nextTried: Prompt? { trial.flatMap { triedPrompts.dropFirst($0.rollouts.count).first } }

  /// Reads anew what is asked for, of all that is compared.
  func rereadTrials(by reader: PromptReader) throws {
    for index in best?.rollouts.indices ?? 0..<0 { try best?.rollouts[index].reread(by: reader) }
    for index in trial?.rollouts.indices ?? 0..<0 { try trial?.rollouts[index].reread(by: reader) }
  }

  /// Ends the comparison: what is not better is undone.
  ///
  /// - Parameter score: what a policy's answers are worth.
  /// - Returns: the scores of the best before and of what was compared; nil for the first.
  @discardableResult func endTrial(score: (Trial) -> Double) -> (best: Double, trial: Double)? {
    defer { trial = nil }
    guard let trial, let best else {
      best = trial
      return nil
    }
    let scores = (best: score(best), trial: score(trial))
    if scores.trial >= scores.best {
      self.best = trial
      pairCount += training?.pairCount ?? 0
    } else {
      for (index, value) in best.parameters.enumerated() {
        learner.adapter.parameters[index] = value
      }
      undone += 1
    }
    return scores
  }

  /// What was trained answers the next prompts.
  func beginNextRound() {
    start = learner.adapter.copy()
    learntRollouts = rollouts.count
    training = nil
    round += 1
    takePrompts()
  }

  /// Where this round's rollouts are.
  var newRollouts: Range<Int> { learntRollouts..<rollouts.count }

  /// The share done.
  var progress: Double {
    let answered = min(1, Double(rollouts.count) / Double(max(1, count)))
    let step = training.map { Double($0.step) / Double(max(1, $0.steps)) } ?? 0
    let trained = min(1, (Double(round) + step) / Double(rounds))
    return 0.45 * answered + 0.5 * trained + 0.05 * (review?.progress ?? 0)
  }

  /// Learns this round's pairs.
  ///
  /// - Parameter won: the share of the base's answers in this round that the policy's own are better than.
  func train(_ pairs: [Preferred], won: Double, recipe: Recipe) {
    hasWon = won >= Self.allWon
    training = Training(
      pairs, learner: learner, recipe: recipe, rate: pow(0.5, Double(undone)),
      seed: UInt64(labels.count + round))
  }

  func review(_ prompts: [[TokenID]], budget: Double) {
    review = Review(prompts, adapter: learner.adapter, before: before, budget: budget)
  }

  /// Preference optimisation on the pairs of one round.
  final class Training {
    let steps: Int
    private(set) var step = 0
    private let learner: PolicyLearner
    private var pairs: [Preferred]
    private var order: BatchOrder
    private let recipe: Recipe
    /// The steps in which each pair is met once.
    private let stepsOfEpoch: Int
    /// What the recipe's rate is multiplied by.
    private let rate: Double
    /// The sum of the preference losses of the first epoch's steps.
    private var losses = 0.0

    init(
      _ pairs: [Preferred], learner: PolicyLearner, recipe: Recipe, rate: Double = 1, seed: UInt64
    ) {
      (self.pairs, self.learner, self.recipe, self.rate) = (pairs, learner, recipe, rate)
      order = BatchOrder(records: pairs.count, batch: batch, shuffle: true, seed: seed)
      stepsOfEpoch = (pairs.count + batch - 1) / batch
      steps = stepsOfEpoch * recipe.refitEpochs
    }

    var pairCount: Int { pairs.count }

    /// The mean preference loss of pairs when they are first met.
    var loss: Double { losses / Double(max(1, min(step, stepsOfEpoch))) }

    var isOver: Bool { step == steps }

    /// Takes the next step.
    ///
    /// - Returns: the preference loss.
    @discardableResult func advance() throws -> Double {
      let places = Array(order.nextBatch())
      let unknown = places.filter { pairs[$0].reference == nil }
      for (place, sums) in zip(
        unknown, try learner.referenceSums(unknown.map { pairs[$0].example }))
      {
        pairs[place].reference = sums
      }
      let batch = places.map { pairs[$0] }
      let part = try learner.addPreference(
        batch.map(\.example), reference: batch.map { $0.reference! }, beta: recipe.beta,
        anchor: recipe.refitAnchor)
      _ = try learner.step(
        learningRate: rate * recipe.refitLearningRate
          * Schedule.cosine.factor(step: step, of: steps),
        clip: recipe.clip)
      if step < stepsOfEpoch { losses += part.loss }
      step += 1
      return part.loss
    }
  }
}

extension Refit {
  /// A comparison with the base by answers to prompts that were not learnt from, which finds how far to go: while it
  /// comes near to leaving the language, what was trained goes back some of its way; while it is far from that and
  /// within its budget, what it has learnt is made stronger.
  final class Review {
    private let prompts: [[TokenID]]
    private let adapter: LoRAAdapter
    /// The parameters that all training began with.
    private let before: [Float]
    /// Nats per token from the base that the policy is held to.
    private let budget: Double
    private var next = 0
    private var passes = 0
    private(set) var base = MeasuredAnswers()
    private(set) var policy = MeasuredAnswers()
    /// How often it went back, and how often on.
    private(set) var moves = 0
    private(set) var steps = 0
    /// What it was before it last went on.
    private var last: (parameters: [Float], answers: MeasuredAnswers)?
    private(set) var isOver: Bool

    init(_ prompts: [[TokenID]], adapter: LoRAAdapter, before: [Float], budget: Double) {
      (self.prompts, self.adapter, self.before) = (prompts, adapter, before)
      self.budget = budget
      isOver = prompts.isEmpty
    }

    var progress: Double {
      let share = Double(next) / Double(max(1, prompts.count))
      return (Double(passes) + share) / Double(Self.mostMoves + 1)
    }

    /// Has the next prompt answered by the policy, and at first by the base.
    ///
    /// - Parameter answer: answers a prompt of a number by an adapter.
    func advance(
      answer: ([TokenID], Int, LoRAAdapter?, inout MeasuredAnswers) throws -> Void
    ) throws {
      guard next < prompts.count else { return }
      if passes == 0 { try answer(prompts[next], next, nil, &base) }
      try answer(prompts[next], next, adapter, &policy)
      next += 1
      guard next == prompts.count else { return }
      passes += 1
      move()
      if !isOver { (next, policy) = (0, MeasuredAnswers()) }
    }

    /// Goes back or on, or ends.
    private func move() {
      guard let figures = policy.figures, let base = base.figures else {
        isOver = true
        return
      }
      let isNear = Gate.isNearLimits(figures, base: base)
      if let last {
        if isNear || figures.divergence > Gate.budgetsAtMost * budget {
          for (index, value) in last.parameters.enumerated() { adapter.parameters[index] = value }
          policy = last.answers
          steps -= 1
          isOver = true
          return
        }
      } else if isNear {
        guard moves < Self.mostMoves else {
          isOver = true
          return
        }
        adapter.move(Self.way, to: before)
        moves += 1
        return
      }
      guard moves == 0, steps < Self.mostSteps, figures.divergence < budget else {
        isOver = true
        return
      }
      last = (Array(adapter.parameters), policy)
      adapter.strengthen(by: Self.step)
      steps += 1
    }

    /// The share of its way that is left, or how much stronger it is.
    var kept: Double {
      pow(Double(1 - Self.way), Double(moves)) * pow(Double(Self.step), Double(steps))
    }

    static let mostMoves = 3
    /// The share of its way that it goes back at a time.
    private static let way: Float = 0.2
    static let mostSteps = 2
    /// What it is made stronger by at a time.
    private static let step: Float = 1.25
  }
}

/// Demonstrations, or pairs, in a step.
private let batch = 4
