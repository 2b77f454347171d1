import LanguageModel
import Learning

/// What the first tokens of a completion foretell of its worth: the later ones are neither praised nor blamed
/// for it.
///
/// The reward model reads completions broken off early as if they ended there, and a line from what they are then
/// worth to what they are worth as a whole is fitted to all that was drawn. What is foretold depends only on
/// tokens before the one that it is taken from, and on other prompts' completions, so the gradient keeps its
/// mean and loses variance (Sutton and Barto 2018, section 13.4, a baseline for each state).
struct Foresight {
  /// Tokens after which completions are broken off.
  static let lengths = [4, 12, 32]

  /// For each length the share of what completions are worth, broken off there, that they are worth as a whole.
  let slopes: [Double]

  /// What stands against a slope, in squared worths: five completions that are worth 1 more than others.
  static let ridge = 5.0

  /// - Parameter rollouts: without the one that is to be learnt from.
  init(_ rollouts: some Sequence<Rollout>, by probe: RewardProbe) {
    var products = Self.lengths.map { _ in 0.0 }
    var squares = products
    for rollout in rollouts {
      guard let early = rollout.earlyWorths(by: probe) else { continue }
      for (worth, row) in zip(rollout.worths(by: probe), early) {
        for (index, value) in row.enumerated() {
          products[index] += value * worth
          squares[index] += value * value
        }
      }
    }
    slopes = zip(products, squares).map { min(1, max(0, $0 / ($1 + Self.ridge))) }
  }

  /// What is foretold of a completion's worth before each of its tokens.
  ///
  /// - Parameter early: what it is worth broken off at each length.
  func values(early: [Double], tokens: Int) -> [Double] {
    (0..<tokens).map { place in
      guard let last = Self.lengths.lastIndex(where: { $0 <= place }) else { return 0 }
      return slopes[last] * early[last]
    }
  }
}

extension Rollout {
  /// What each completion is worth, broken off at each of ``Foresight/lengths``, beside the others broken off
  /// there; nil when they were not read so.
  func earlyWorths(by probe: RewardProbe) -> [[Double]]? {
    guard let broken else { return nil }
    let worths = broken.map { PolicyGradient.preferenceAdvantages($0.map(probe.scores)) }
    return completions.indices.map { index in worths.map { $0[index] } }
  }

  /// The completions broken off after so many tokens, with an end.
  func broken(after length: Int, end: TokenID) -> [[TokenID]] {
    completions.map { $0.prefix(length).filter { $0 != end } + [end] }
  }
}
