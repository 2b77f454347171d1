import Feedback
import Foundation
import LanguageModel
import Learning

/// A policy made anew beside the one in use, by what the reward model is sure of.
///
/// It starts from that. In each of some rounds it and the base answer prompts; of the answers to each, those that the
/// reward model finds plainly better are preferred to those it finds plainly worse (Rafailov et al. 2023). What one
/// round has learnt too little of, or too much, its answers show in the next (Guo et al. 2024). The first rounds learn
/// their pairs in several epochs, the last once, in ever smaller steps; it ends when a round's pairs are known before.
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
  /// Pairs that earlier rounds have learnt.
  private var learntPairs = 0
  /// Answers given so far, which number them.
  var answered: Int64 = 0
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
  func choose(_ prompts: [Prompt]) {
    later = prompts
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

  /// Whether another round is to follow the one that was learnt.
  func hasRoundsLeft(after training: Training) -> Bool {
    round + 1 < rounds && !training.knewItsPairs
  }

  /// What was trained answers the next prompts.
  func beginNextRound(_ training: Training) {
    start = learner.adapter.copy()
    learntRollouts = rollouts.count
    learntPairs += training.pairCount
    self.training = nil
    round += 1
    takePrompts()
  }

  /// Where this round's rollouts are.
  var newRollouts: Range<Int> { learntRollouts..<rollouts.count }

  /// The pairs learnt in all rounds.
  var pairCount: Int { learntPairs + (training?.pairCount ?? 0) }

  /// The share done.
  var progress: Double {
    let answered = min(1, Double(rollouts.count) / Double(max(1, count)))
    let step = training.map { Double($0.step) / Double(max(1, $0.steps)) } ?? 0
    let trained = min(1, (Double(round) + step) / Double(rounds))
    return 0.45 * answered + 0.5 * trained + 0.05 * (review?.progress ?? 0)
  }

  /// Learns this round's pairs.
  func train(_ pairs: [Preferred], recipe: Recipe) {
    training = Training(
      pairs, learner: learner, recipe: recipe, round: round, of: rounds,
      seed: UInt64(labels.count + round))
  }

  func review(_ prompts: [[TokenID]], budget: Double) {
    review = Review(prompts, adapter: learner.adapter, before: before, budget: budget)
  }

  /// Two answers to a prompt, of which the reward model prefers one.
  struct Preferred {
    var example: RankedExample
    /// The base's log-probabilities of both, summed over their tokens; nil until they are needed.
    var reference: [Double]?
    /// By how much, in log-odds, up to where it is sure.
    var gap: Double
    /// The share of the preferred answer's pairs of words that answers to other prompts do not have, less the other's.
    var novelty: Double
    /// On which side of what prompts differ in the preferred one is beside the other.
    var isOpposed: Bool
  }

  /// The pairs of rollouts that are plainly apart, the plainest first, each answer in one at most.
  ///
  /// Of those that are so far apart that the reward model is sure, the one comes first whose preferred answer has the
  /// more words of its own beside the other: what is farthest apart is alike from prompt to prompt.
  ///
  /// - Parameters:
  ///   - probe: is stretched so that it tells the draws apart plainly enough to be heard.
  ///   - sureGap: from which log-odds on it is sure.
  ///   - mostPerPrompt: the most pairs of one rollout.
  ///   - whole: a completion that was cut off, as one that ends.
  static func pairs(
    of rollouts: [Rollout], by probe: RewardProbe, opposition: Opposition?, leastGap: Double,
    sureGap: Double, mostPerPrompt: Int = 2, whole: ([TokenID]) -> [TokenID] = { $0 }
  ) -> [Preferred] {
    let probe = probe.stretched(for: rollouts)
    let ownWords = ownWords(of: rollouts)
    var found: [Preferred] = []
    for (rollout, own) in zip(rollouts, ownWords) {
      let scores = rollout.features.map { mean(probe.scores(of: $0).map(Double.init)) }
      let sides = opposition.map { rollout.features.map($0.side) }
      var left = Set(scores.indices)
      for _ in 0..<mostPerPrompt {
        let places = left.sorted()
        let plain = places.flatMap { better in
          places.filter { scores[better] - scores[$0] >= leastGap }.map { (better, $0) }
        }
        func plainness(_ pair: (Int, Int)) -> (Double, Double) {
          (min(sureGap, scores[pair.0] - scores[pair.1]), own[pair.0] - own[pair.1])
        }
        guard let (best, worst) = plain.max(by: { plainness($0) < plainness($1) }) else { break }
        let gap = scores[best] - scores[worst]
        left.subtract([best, worst])
        found.append(
          Preferred(
            example: RankedExample(
              prompt: rollout.prompt,
              completions: [best, worst].map {
                rollout.ended[$0] ? rollout.completions[$0] : whole(rollout.completions[$0])
              },
              pairs: [Pair(preferred: 0, rejected: 1)]),
            gap: min(gap, sureGap), novelty: own[best] - own[worst],
            isOpposed: sides.map { $0[best] > $0[worst] } ?? false))
      }
    }
    return found.sorted { ($0.gap, $0.novelty) > ($1.gap, $1.novelty) }
  }

  /// The share of each answer's pairs of words that no answer to another prompt has, by rollout.
  private static func ownWords(of rollouts: [Rollout]) -> [[Double]] {
    var prompts: [Int: Int] = [:]
    for rollout in rollouts {
      for pair in rollout.wordPairs.reduce(into: Set(), { $0.formUnion($1) }) {
        prompts[pair, default: 0] += 1
      }
    }
    return rollouts.map { rollout in
      rollout.wordPairs.map { pairs in
        pairs.isEmpty ? 0 : Double(pairs.count { prompts[$0] == 1 }) / Double(pairs.count)
      }
    }
  }

  /// The plainest pairs, a third of them such whose preferred answers are on the rarer side, or fewer where they
  /// are so few that they are likely errors.
  ///
  /// Without that what is learnt is what most prompts ask for, whatever is asked.
  static func balanced(_ pairs: [Preferred], count: Int) -> [Preferred] {
    var sides = [pairs.filter(\.isOpposed), pairs.filter { !$0.isOpposed }]
    sides.sort { $0.count < $1.count }
    let natural = Double(sides[0].count) / Double(max(1, pairs.count))
    let share = min(Self.largestShare, natural * Self.mostRaised)
    let rare = min(sides[0].count, Int((Double(count) * share).rounded()))
    // As many others as make them that share.
    let others =
      share > 0 ? Int((Double(rare) * (1 - share) / share).rounded()) : count
    return Array(sides[0].prefix(rare) + sides[1].prefix(min(others, count - rare)))
  }

  /// The share of the rarer side, at most: with half of it what few prompts ask for spread to the others.
  private static let largestShare = 1.0 / 3
  /// How much more it counts than there is of it, at most.
  private static let mostRaised = 4.0

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
    /// The steps at a rate that falls, of which these are some, and how many of them came before.
    private let stepsOfSchedule: Int
    private let stepsBefore: Int
    /// The sum of the preference losses of the first epoch's steps.
    private var losses = 0.0

    init(
      _ pairs: [Preferred], learner: PolicyLearner, recipe: Recipe, round: Int, of rounds: Int,
      seed: UInt64
    ) {
      (self.pairs, self.learner, self.recipe) = (pairs, learner, recipe)
      order = BatchOrder(records: pairs.count, batch: batch, shuffle: true, seed: seed)
      stepsOfEpoch = (pairs.count + batch - 1) / batch
      let repeated = rounds / 2
      if round < repeated {
        steps = stepsOfEpoch * recipe.refitEpochs
        (stepsOfSchedule, stepsBefore) = (steps, 0)
      } else {
        steps = stepsOfEpoch
        stepsOfSchedule = (rounds - repeated) * steps
        stepsBefore = (round - repeated) * steps
      }
    }

    var pairCount: Int { pairs.count }

    /// The mean preference loss of pairs when they are first met.
    var loss: Double { losses / Double(max(1, min(step, stepsOfEpoch))) }

    /// Whether it prefers, without having learnt them, what it was to learn to prefer.
    var knewItsPairs: Bool { step >= stepsOfEpoch && loss < Self.knownLoss }
    private static let knownLoss = 0.1

    var isOver: Bool { step == steps || knewItsPairs }

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
        learningRate: recipe.refitLearningRate
          * Schedule.cosine.factor(step: stepsBefore + step, of: stepsOfSchedule),
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
