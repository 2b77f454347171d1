import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct RolloutTests {
  private func rollout(_ id: Int64, _ texts: [String]) -> Rollout {
    Rollout(
      id: id, promptID: id, prompt: [1], completions: texts.map { _ in [2] },
      logprobs: texts.map { _ in -1 }, reference: texts.map { _ in -1 },
      ended: texts.map { _ in true }, features: texts.map { _ in [] },
      wordPairs: texts.map(Rollout.wordPairs))
  }

  @Test func whatIsSaidToEveryoneIsNotNew() {
    let others = [
      rollout(1, ["I'm here to help", "Bread is made of flour"]), rollout(2, ["Look here."]),
    ]
    let own = rollout(3, ["I'm here to help you", "Cats purr", "Here", "Look here, Cats purr"])
    #expect(own.novelty(besides: others) == [0.25, 1, 0, 2.0 / 3])
    // Not compared with itself.
    #expect(own.novelty(besides: [own]) == [1, 1, 0, 1])
  }

  @Test func whatIsBorrowedSaysNothingOfThePolicy() throws {
    var rollout = rollout(1, ["I'm here to help", "Bread is made of flour"])
    rollout.logprobs = [-1, -7]
    rollout.reference = [-3, -7]
    #expect(rollout.divergence == 1)
    rollout.borrowed = 1
    #expect(rollout.own == 0..<1)
    #expect(rollout.divergence == 2)
    let other = self.rollout(2, ["I'm here", "Bread is made"])
    #expect(other.novelty(besides: [rollout]) == [0, 1])
    rollout.ended = [true, false]
    let habits = try #require(Habits(of: [rollout]))
    #expect(habits.ended == 1 && habits.fluency == -3)
  }

  @Test func whatIsPlainlyApartIsAPair() {
    let probe = RewardProbe(
      layout: RewardProbe.Layout(blocks: 1, width: 1), mean: [0], scale: [1], heads: [[1]],
      blockWeights: [1], skill: 1, foreseen: PairCount(correct: 0, total: 0))
    var rollout = rollout(1, ["a b", "c d", "e f", "g h"])
    rollout.features = [[0], [2], [0.1], [-9]]
    let pairs = rollout.pairs(of: [1, 2, 0], by: probe, atLeast: 0.5)
    #expect(pairs == [Pair(preferred: 0, rejected: 1), Pair(preferred: 0, rejected: 2)])
    #expect(rollout.sampled([1, 3], pairs: pairs).completions.count == 2)
  }

  @Test func whatIsBorrowedIsMeasuredFromWhenItWasFirstLearntFrom() {
    var rollout = rollout(1, ["I'm here to help", "Bread is made of flour"])
    rollout.logprobs = [-1, -7]
    rollout.borrowed = 1
    #expect(rollout.policyLogprob(of: 0) == -1)
    #expect(rollout.policyLogprob(of: 1) == nil)
    rollout.firstLogprobs[1] = -3
    #expect(rollout.policyLogprob(of: 1) == -3)
  }
}
