import Feedback
import Foundation

/// Decides whether a new policy may be used: not when it is worse than the one in use beyond noise, nor
/// when it has left the language, nor when the labels say nothing that holds for other prompts.
struct Gate {
  /// What was measured of a new policy and of the one in use.
  struct Evidence: Equatable {
    /// Held-out rankings: the share of strict pairs that the implicit reward has right, the new policy's
    /// beside that of the one in use.
    var accuracies: [Pair] = []
    /// Held-out demonstrations: mean log-probability per token.
    var likelihoods: [Pair] = []
    /// Answers to a few prompts, the new policy's beside the base model's.
    var draws: (policy: DrawFigures, base: DrawFigures)?
    /// The same of the policy in use; nil when it was not measured.
    var current: DrawFigures?
    /// Strict pairs of prompts that the reward model had not seen, and how many of them it had right.
    var foreseen = PairCount(correct: 0, total: 0)

    struct Pair: Equatable {
      var new: Double
      var current: Double
    }

    static func == (a: Evidence, b: Evidence) -> Bool {
      a.accuracies == b.accuracies && a.likelihoods == b.likelihoods && a.foreseen == b.foreseen
        && a.draws?.policy == b.draws?.policy && a.draws?.base == b.draws?.base
        && a.current == b.current
    }
  }

  /// Nats per token by which the base may find the policy's answers less likely than its own.
  static let fluencyLimit = 0.75
  /// What the share of repeated groups of words may exceed the base's by.
  static let repetitionLimit = 0.1
  /// The least share of the base's distinct-2.
  static let distinctLimit = 0.6
  /// The fewest words an answer has on average.
  static let fewestWords = 3.0
  /// The strict pairs from which on labels may be taken for random, and the share of them that is then surely
  /// not foreseen. A labeler whose taste the reward model is slow to find is above it or, with few pairs,
  /// may be.
  static let fewestPairs = 40
  static let leastForeseen = 0.6

  /// Why the new policy must not be used; nil when it may.
  static func objection(_ evidence: Evidence) -> String? {
    if let difference = worse(evidence.accuracies) {
      return
        "on held-out rankings it has \(percent(-difference)) of the pairs fewer right than the "
        + "policy in use"
    }
    if let difference = worse(evidence.likelihoods) {
      return "held-out demonstrations are \(rounded(-difference)) nats per token less likely than "
        + "with the policy in use"
    }
    if let (policy, base) = evidence.draws, let reason = departure(policy, from: base) {
      return reason
    }
    let foreseen = evidence.foreseen
    if foreseen.total >= fewestPairs,
      let share = wilsonInterval(wins: Double(foreseen.correct), of: foreseen.total),
      share.high < leastForeseen
    {
      return
        "the rankings say nothing that holds for other prompts: of \(foreseen.total) pairs that "
        + "the reward model had not seen it had \(foreseen.correct) right"
    }
    return nil
  }

  /// Whether a policy went so far that half of the way is better: it has left the language or is about to, or has
  /// gone well beyond its budget, and the one in use has not gone about as far.
  ///
  /// - Parameter budget: the nats per token from the base that it is held to.
  static func isTooFar(_ evidence: Evidence, budget: Double) -> Bool {
    guard let (policy, base) = evidence.draws else { return false }
    let current = evidence.current ?? base
    let farther = policy.divergence > current.divergence + fewBudgets * budget
    let lessFluent = policy.fluency < current.fluency - fewFluency
    return departure(policy, from: base) != nil && departure(current, from: base) == nil
      || base.fluency - policy.fluency > fluencyWarning && lessFluent
      || policy.divergence > budgetsAtMost * budget && farther
  }

  private static let fluencyWarning = 0.5
  /// Budgets that a policy may be from the base.
  static let budgetsAtMost = 1.5
  /// Budgets, and nats per token, by which eight answers may differ by chance.
  private static let fewBudgets = 0.2
  private static let fewFluency = 0.1

  /// Whether a policy made anew comes near to leaving the language: by many answers, so that less is by chance.
  static func isNearLimits(_ policy: DrawFigures, base: DrawFigures) -> Bool {
    policy.distinct < distinctWarning * base.distinct
      || base.fluency - policy.fluency > refitFluencyWarning || policy.ended < base.ended
      || policy.repetition > base.repetition + repetitionWarning
  }

  private static let distinctWarning = 0.86
  private static let refitFluencyWarning = 0.4
  private static let repetitionWarning = 0.04

  /// In what a policy's answers have left the language; nil when they have not.
  private static func departure(_ policy: DrawFigures, from base: DrawFigures) -> String? {
    if policy.words < min(fewestWords, base.words) {
      return "its answers are \(rounded(policy.words)) words long on average"
    }
    let lost = base.fluency - policy.fluency
    if lost > fluencyLimit {
      return "the base model finds its answers \(rounded(lost)) nats per token less likely than "
        + "its own, over the limit of \(rounded(fluencyLimit))"
    }
    if policy.repetition > base.repetition + repetitionLimit {
      return "\(percent(policy.repetition)) of its words repeat themselves, the base model's "
        + "\(percent(base.repetition))"
    }
    if policy.distinct < distinctLimit * base.distinct {
      return "its answers are alike: \(percent(policy.distinct)) of their pairs of words differ, "
        + "of the base model's \(percent(base.distinct))"
    }
    return nil
  }

  /// The mean difference when it is below 0 beyond noise: a one-sided interval of 95 %.
  private static func worse(_ pairs: [Evidence.Pair]) -> Double? {
    guard pairs.count >= 3 else { return nil }
    let differences = pairs.map { $0.new - $0.current }
    let n = Double(differences.count)
    let mean = differences.reduce(0, +) / n
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    return mean + 1.645 * (variance / n).squareRoot() < 0 ? mean : nil
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  private static func rounded(_ value: Double) -> String {
    String(Double((value * 100).rounded()) / 100)
  }
}

/// Answers to some prompts as they come in, with what is measured of them.
struct MeasuredAnswers {
  var texts: [String] = []
  /// The log-probability of each under the policy that drew it, and under the base, summed over its tokens.
  var logprobs: [Double] = []
  var reference: [Double] = []
  /// Of all together, and how many ended by themselves.
  var tokens = 0
  var ended = 0

  /// nil when there are none.
  var figures: DrawFigures? { texts.isEmpty ? nil : DrawFigures(self) }
}

/// What answers to a few prompts are like.
struct DrawFigures: Equatable, Sendable {
  var words = 0.0
  /// The share of groups of four words that stood in the answer before.
  var repetition = 0.0
  /// The share of pairs of neighbouring words that are different, over all answers.
  var distinct = 0.0
  /// The base's log-probability, and the policy's less the base's, in nats per token.
  var fluency = 0.0
  var divergence = 0.0
  /// The share that ended by itself.
  var ended = 0.0

  init(_ answers: MeasuredAnswers) {
    let texts = answers.texts
    guard !texts.isEmpty, answers.tokens > 0 else { return }
    ended = Double(answers.ended) / Double(texts.count)
    var pairs = 0
    var different = Set<[Substring]>()
    for text in texts {
      let all = text.split(whereSeparator: \.isWhitespace)
      words += Double(all.count) / Double(texts.count)
      repetition += Self.repetition(all) / Double(texts.count)
      let lower = text.lowercased()
      let tokens = lower.split { !$0.isLetter && !$0.isNumber && $0 != "'" }
      for index in tokens.indices.dropLast() {
        pairs += 1
        different.insert([tokens[index], tokens[index + 1]])
      }
    }
    distinct = pairs > 0 ? Double(different.count) / Double(pairs) : 1
    fluency = answers.reference.reduce(0, +) / Double(answers.tokens)
    divergence = answers.logprobs.reduce(0, +) / Double(answers.tokens) - fluency
  }

  private static func repetition(_ words: [Substring]) -> Double {
    guard words.count >= 4 else { return 0 }
    let groups = (0...(words.count - 4)).map { Array(words[$0..<($0 + 4)]) }
    return 1 - Double(Set(groups).count) / Double(groups.count)
  }
}
