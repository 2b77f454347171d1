import Feedback
import LanguageModel

/// What a policy's answers are like, whatever they say: what no labeler may have asked to change.
struct Habits: Equatable {
  /// The share that end by themselves.
  var ended: Double
  /// The base's log-probability, in nats per token.
  var fluency: Double

  /// - Parameters:
  ///   - ended: one per answer.
  ///   - reference: the base's log-probability of all answers together.
  ///   - tokens: of all answers.
  init?(ended: [Bool], reference: Double, tokens: Int) {
    guard !ended.isEmpty, tokens > 0 else { return nil }
    self.ended = Double(ended.count { $0 }) / Double(ended.count)
    fluency = reference / Double(tokens)
  }

  /// Those of a policy by what it drew.
  init?(of rollouts: some Collection<Rollout>) {
    self.init(
      ended: rollouts.flatMap { $0.ended[$0.own] },
      reference: rollouts.reduce(0) { $0 + $1.reference[$1.own].reduce(0, +) },
      tokens: rollouts.reduce(0) { $0 + $1.tokens })
  }

  /// Those of the base by what it drew.
  init?(ofBase completions: [Completion]) {
    self.init(
      ended: completions.map { $0.finishReason == .stop },
      reference: completions.reduce(0) { $0 + sum($1.logprobs) },
      tokens: completions.reduce(0) { $0 + $1.tokenIDs.count })
  }

  /// How much rarer than the base's a policy's answers end by themselves, from 0, when they surely do not, to
  /// 1.
  func endsLost(besides base: Habits) -> Double {
    Self.share(base.ended + Self.fewEnds - ended, of: Self.fewEnds)
  }

  /// How much of the language that the base finds likely is lost, from 0 to 1.
  func fluencyLost(besides base: Habits) -> Double {
    Self.share(base.fluency - fluency, of: Self.muchFluency)
  }

  /// A share of ends that may be chance.
  private static let fewEnds = 0.1
  /// Nats per token.
  private static let muchFluency = 0.25

  private static func share(_ value: Double, of whole: Double) -> Double {
    min(1, max(0, value / whole))
  }
}
