import Feedback
import LanguageModel
import Learning
import TestSupport
import Testing

@testable import Trainer

/// How a policy is made anew, apart from the trainer.
@Suite struct RefitTests {
  /// A reward model of the only number of a completion's form, which is liked as far as the only feature of
  /// its prompt is above 0.
  private let asked = RewardProbe(
    layout: RewardProbe.Layout(blocks: 0, width: 0, prompt: 1, form: 1), mean: [0, 0],
    scale: [1, 1], heads: [[0, 1]], blockWeights: [1], skill: 1,
    foreseen: PairCount(correct: 0, total: 0))
  /// One that likes it whatever is asked.
  private let unasked = RewardProbe(
    layout: RewardProbe.Layout(blocks: 0, width: 0, prompt: 1, form: 1), mean: [0, 0],
    scale: [1, 1], heads: [[2, 0]], blockWeights: [1], skill: 1,
    foreseen: PairCount(correct: 0, total: 0))
  /// Completions of some prompt, from much of the form to little.
  private let rows: [[Float]] = [[0.3, 1], [0.3, 0.5], [0.3, -0.5], [0.3, -1]]

  private func rollout(
    _ prompt: Float, _ forms: [Float], wordPairs: [Set<Int>]? = nil, borrowed: Int = 0
  ) -> Rollout {
    Rollout(
      id: 1, promptID: 1, prompt: [1], completions: forms.indices.map { [TokenID(2 + $0)] },
      logprobs: forms.map { _ in -1 }, reference: forms.map { Double(-$0) },
      ended: forms.map { _ in true }, features: forms.map { [prompt, $0] },
      wordPairs: wordPairs ?? forms.map { _ in [] }, borrowed: borrowed)
  }

  @Test func promptsThatAskForOppositesLeanToOppositeSides() throws {
    let opposition = try #require(
      Opposition(asked, rows: rows, prompts: [[-1], [-0.8], [-0.9], [0.2], [1]]))
    // Which side is which is left open; where nothing is preferred is between them.
    let side = opposition.lean(of: [1]) > 0 ? 1.0 : -1.0
    for prompt in [Float(-1), -0.1, 0.1, 0.7] {
      let lean = side * opposition.lean(of: [prompt])
      #expect((lean > 0) == (prompt > 0), "\(prompt): \(lean)")
      // It is as far on its side whatever it answers.
      #expect(side * opposition.side(of: [prompt, 2]) > side * opposition.side(of: [prompt, 1]))
    }
    #expect(abs(opposition.lean(of: [0.1])) < abs(opposition.lean(of: [0.7])))
  }

  @Test func whatIsLikedWhateverIsAskedHasNoSides() {
    #expect(Opposition(unasked, rows: rows, prompts: [[-1], [0.5], [1]]) == nil)
    #expect(Opposition(asked, rows: [rows[0]], prompts: [[-1], [1]]) == nil)
  }

  @Test func pairsAreOfWhatIsPlainlyApart() throws {
    let opposition = try #require(Opposition(asked, rows: rows, prompts: [[-1], [1]]))
    let pairs = Refit.pairs(
      of: [rollout(1, [0, 3, -3, 1]), rollout(-1, [0.2, 0, 5, 0.1, 0.3])], by: asked,
      opposition: opposition, leastGap: 0.7, sureGap: .infinity)
    // The plainest first; in the second prompt what is left is too much alike.
    #expect(pairs.map(\.example.completions) == [[[3], [4]], [[3], [4]], [[5], [2]]])
    #expect(pairs.map { ($0.gap * 10).rounded() } == [60, 50, 10])
    #expect(pairs[0].isOpposed == pairs[2].isOpposed && pairs[0].isOpposed != pairs[1].isOpposed)
    #expect(
      Refit.pairs(
        of: [rollout(1, [0, 3, -3, 1])], by: asked, opposition: nil, leastGap: 7,
        sureGap: .infinity
      ).isEmpty)
  }

  @Test func whatIsSaidInSmallLogOddsIsHeard() {
    func gaps(_ forms: [Float]) -> [Double] {
      let rollouts = [rollout(1, forms)]
      return Refit.pairs(
        of: rollouts, by: asked.stretched(for: rollouts), opposition: nil, leastGap: 0.5,
        sureGap: .infinity, mostPerPrompt: 1
      ).map(\.gap)
    }
    // Two that are 0.4 apart deviate by 0.2 from their mean: they are told apart as if by 0.8.
    #expect(gaps([0.4, 0]).map { ($0 * 1000).rounded() } == [1600])
    // Eight times as much at most.
    #expect(gaps([0.05, 0]).isEmpty)
  }

  @Test func ofWhatIsSureTheOneWithWordsOfItsOwnIsPreferred() {
    // Of the first prompt's answers the second is liked most, but says what the other prompt's say.
    let rollouts = [
      rollout(1, [3, 4, 0], wordPairs: [[1, 2], [8, 9], [3, 8]]),
      rollout(1, [3, 0, 0.5], wordPairs: [[8, 9], [8, 9], [8, 9]]),
    ]
    func pairs(_ sureGap: Double) -> [[[TokenID]]] {
      Refit.pairs(of: rollouts, by: asked, opposition: nil, leastGap: 1, sureGap: sureGap)
        .map(\.example.completions)
    }
    #expect(pairs(.infinity) == [[[3], [4]], [[2], [3]]])
    #expect(pairs(2) == [[[2], [4]], [[2], [3]]])
    // Wherever it stands.
    #expect(
      Refit.pairs(
        of: [rollout(1, [4, 3, 0], wordPairs: [[8, 9], [1, 2], [3, 8]]), rollouts[1]], by: asked,
        opposition: nil, leastGap: 1, sureGap: 2
      ).map(\.example.completions) == [[[3], [4]], [[2], [3]]])
    // One that is no longer sure comes after, whatever its words.
    #expect(pairs(3.5) == [[[3], [4]], [[2], [3]]])
  }

  @Test func whatIsRejectedThePolicyWrote() {
    func pairs(_ forms: [Float], borrowed: Int) -> [[[TokenID]]] {
      Refit.pairs(
        of: [rollout(1, forms, borrowed: borrowed)], by: asked, opposition: nil, leastGap: 0.7,
        sureGap: .infinity, mostPerPrompt: 1
      ).map(\.example.completions)
    }
    // What it likes better than the base's answer already is no pair.
    #expect(pairs([2, 2, -2], borrowed: 1).isEmpty)
    #expect(pairs([0, 1, 5], borrowed: 1) == [[[4], [2]]])
    // The policy's own is preferred where it is half as plain.
    #expect(pairs([0, 3, 5], borrowed: 1) == [[[3], [2]]])
  }

  @Test func bothSidesCountAlikeInATrial() throws {
    let opposition = try #require(Opposition(asked, rows: rows, prompts: [[-1], [1]]))
    let trial = Refit.Trial(
      parameters: [],
      rollouts: [
        rollout(1, [4, 2]), rollout(-1, [-1, 1]), rollout(-1, [0, 0]), rollout(-1, [-1.5, -1.5]),
      ])
    #expect(trial.score(by: asked, opposition: opposition, failing: 0) == (3 + 0.5) / 2)
    #expect(trial.score(by: asked, opposition: nil, failing: 0) == (3 + 0 + 0 + 1.5) / 4)
    #expect(Refit.Trial(parameters: []).score(by: asked, opposition: nil, failing: 0) == 0)
  }

  @Test func whatFailsIsRejected() {
    let form = TextForm.values(of: "Eight words of some use, and no more.")
    let repeated = TextForm.values(of: "on and on and on and on and on and on")
    let probe = RewardProbe(
      layout: RewardProbe.Layout(
        blocks: 0, width: 0, prompt: 1, form: TextForm.count, failings: TextForm.failings),
      mean: Array(repeating: 0, count: 1 + TextForm.count),
      scale: Array(repeating: 1, count: 1 + TextForm.count),
      // It likes long texts.
      heads: [[5] + Array(repeating: 0, count: 2 * TextForm.count - 1)], blockWeights: [1],
      skill: 1, foreseen: PairCount(correct: 0, total: 0))
    var rollout = rollout(1, [0, 0])
    rollout.features = [[1] + form, [1] + repeated]
    let scores = rollout.scores(by: probe)
    #expect(scores[1] > scores[0])
    let pairs = Refit.pairs(of: [rollout], by: probe, opposition: nil, leastGap: 0.5, sureGap: 4)
    #expect(pairs.map(\.example.completions) == [[[2], [3]]])
  }

  @Test func theShareOfTheBasesAnswersThatAreBeaten() {
    let rollouts = [
      // Of its own two both are better than one of the base's, and one than the other.
      rollout(1, [3, 1, 0, 2], borrowed: 2), rollout(1, [1, 1, 1, 0], borrowed: 1),
    ]
    #expect(abs(Refit.shareWon(rollouts, by: asked) - (1 + 0.5 + 1) / 3) < 1e-9)
    #expect(Refit.shareWon([rollout(1, [1, 2])], by: asked) == 0)
  }

  @Test func whatIsMissedOnEachSide() throws {
    let opposition = try #require(Opposition(asked, rows: rows, prompts: [[-1], [1]]))
    let rollouts = [
      // Its own are 2 and 3 worse than the base's.
      rollout(1, [0, -1, 2], borrowed: 1),
      // Here it has nothing to miss but its own spread.
      rollout(-1, [0, 1], borrowed: 0), rollout(-1, [0, 0], borrowed: 0),
    ]
    let regrets = Refit.Regrets(rollouts, by: asked, opposition: opposition, sureGap: 4)
    #expect(Set([regrets.opposed, regrets.others]) == [2.5, 0.25])
    #expect(opposition.lean(of: [1]) > 0 ? regrets.opposed == 2.5 : regrets.others == 2.5)
    let bounded = Refit.Regrets(rollouts, by: asked, opposition: opposition, sureGap: 2)
    #expect(Set([bounded.opposed, bounded.others]) == [2, 0.25])
  }

  @Test func whereMoreIsMissedMoreIsLearnt() {
    var regrets = Refit.Regrets()
    func shares() -> [Int] {
      let balanced = Refit.balanced(pairs(40, 80), count: 60, regrets: regrets)
      return [balanced.count(where: \.isOpposed), balanced.count { !$0.isOpposed }]
    }
    // Nothing known, or less missed: a third.
    #expect(shares() == [20, 40])
    (regrets.opposed, regrets.others) = (0.2, 1)
    #expect(shares() == [20, 40])
    (regrets.opposed, regrets.others) = (1, 1)
    #expect(shares() == [30, 30])
    (regrets.opposed, regrets.others) = (1, 0.1)
    #expect(shares() == [36, 24])
  }

  private func pairs(_ rare: Int, _ others: Int) -> [Refit.Preferred] {
    let example = RankedExample(
      prompt: [1], completions: [[2], [3]], pairs: [Pair(preferred: 0, rejected: 1)])
    return (0..<(rare + others)).map { index in
      Refit.Preferred(
        example: example, gap: Double(1000 - index), novelty: 0, isOpposed: index < rare)
    }
  }

  @Test(arguments: [
    // A quarter is on the rarer side: a third of what is learnt.
    (30, 90, 60, 20, 40), (30, 90, 39, 13, 26), (90, 30, 60, 20, 40),
    // So few that they are likely errors: four times their share.
    (2, 98, 50, 2, 23), (5, 95, 100, 5, 20),
    // None: all are of one side.
    (0, 50, 40, 0, 40), (0, 0, 40, 0, 0),
  ])
  func sidesAreBalanced(_ opposed: Int, _ others: Int, _ count: Int, _ rare: Int, _ rest: Int) {
    let balanced = Refit.balanced(pairs(opposed, others), count: count)
    let found = [balanced.count(where: \.isOpposed), balanced.count { !$0.isOpposed }]
    #expect(found.sorted() == [rare, rest].sorted())
    // The plainest of each.
    for side in [true, false] {
      let gaps = balanced.filter { $0.isOpposed == side }.map(\.gap)
      let all = pairs(opposed, others).filter { $0.isOpposed == side }.map(\.gap)
      #expect(gaps == Array(all.prefix(gaps.count)))
    }
  }
}
