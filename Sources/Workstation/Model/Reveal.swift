import Feedback
import Foundation

/// What is told after a ranking is saved, and only then: who wrote what, and what the reward model
/// had expected.
struct Reveal: Sendable, Hashable {
  /// What was saved, in letters.
  var saved: String
  /// The order that the scores gave, in letters; nil when there were none.
  var expected: String?
  var pairs: PairCount
  /// The pair that the reward model had wrong and was surest of.
  var surprise: Surprise?
  /// Who wrote which letters.
  var authors: String

  struct Surprise: Sendable, Hashable {
    /// The completion it expected to win, and the one it expected to lose.
    var expected: Character
    var over: Character
    /// Its probability for that (Bradley and Terry 1952).
    var probability: Double
  }

  /// How sure the reward model has to be of a wrong pair to be called surprised.
  static let surpriseThreshold = 0.7

  /// - Parameter scores: the reward stored before the label, by completion; empty if there was none.
  init(slate: Slate, ranking: Ranking?, scores: [Int64: Float], demonstrated: Bool = false) {
    let board = RankingBoard(completions: slate.completions.map(\.id))
    var parts = ranking.map { [board.text(of: $0.tiers)] } ?? []
    if demonstrated { parts.append("your demonstration") }
    saved = parts.joined(separator: ", and ")
    authors = Self.authors(of: slate)
    let comparisons = ranking?.comparisons ?? []
    pairs = PairCount(
      correct: comparisons.count { $0.isPredicted(by: scores) }, total: comparisons.count)
    guard ranking != nil, scores.count == slate.completions.count else { return }
    let values = Set(scores.values).sorted(by: >)
    expected = board.text(
      of: values.map { value in board.completions.filter { scores[$0] == value } })
    for pair in comparisons {
      let margin = Double(scores[pair.rejected]! - scores[pair.preferred]!)
      let probability = 1 / (1 + exp(-margin))
      if probability > max(Self.surpriseThreshold, surprise?.probability ?? 0) {
        surprise = Surprise(
          expected: board.letter(of: pair.rejected), over: board.letter(of: pair.preferred),
          probability: probability)
      }
    }
  }

  /// The sentences.
  var text: String {
    var sentences = ["Saved: \(saved)."]
    if let expected {
      let share = pairs.total == 0 ? "" : ": \(pairs.correct) of \(pairs.total) pairs right"
      sentences.append("The reward model expected \(expected)\(share).")
    }
    if let surprise {
      let percent = Int((surprise.probability * 100).rounded(.down))
      sentences.append(
        "Surprise: it was \(percent) % sure of \(surprise.expected) over \(surprise.over).")
    }
    sentences.append(authors)
    return sentences.joined(separator: " ")
  }

  private static func authors(of slate: Slate) -> String {
    let versions = Set(slate.completions.map(\.policyVersion)).sorted()
    let parts = versions.map { version in
      let letters = slate.completions.indices.filter {
        slate.completions[$0].policyVersion == version
      }.map { String(Slate.letter(at: $0)) }
      return letters.joined(separator: ", ") + ": " + policyName(version)
    }
    return parts.joined(separator: "; ") + "."
  }
}

/// A policy version in words; 0 is the base model.
func policyName(_ version: Int64) -> String {
  version == 0 ? "base model" : "policy \(version)"
}
