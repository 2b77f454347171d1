import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct ExamplePoolTests {
  private func ranked(_ label: Int64) -> ExamplePool.Ranked {
    let example = RankedExample(
      prompt: [1], completions: [[2], [3]], pairs: Pair.all(tiers: [1, 2]))
    return ExamplePool.Ranked(label: label, example: example, ended: example)
  }

  @Test func whatHasBeenLearntIsNotDrawnAgain() {
    var pool = ExamplePool()
    for label in 1...4 { pool.add(ranked(Int64(label))) }
    var random = SplitMix64(seed: 1)
    func drawn(_ count: Int) -> [Int64] {
      pool.unlearntRankings(count, among: [1, 2, 3], random: &random).map(\.label).sorted()
    }
    #expect(drawn(9) == [1, 2, 3])
    pool.setLoss(0.05, label: 2)
    #expect(drawn(9) == [1, 3])
    // Rather the one with far to go.
    pool.setLoss(0.2, label: 1)
    pool.setLoss(2, label: 3)
    let often = (0..<200).count { _ in drawn(1) == [3] }
    #expect(often > 150 && often < 200)
    pool.setLoss(0, label: 1)
    pool.setLoss(0, label: 3)
    #expect(drawn(2).isEmpty)
  }

  @Test func aDemonstrationIsReplayedUntilItIsLearnt() {
    var pool = ExamplePool()
    for label in 1...4 {
      pool.add(
        ExamplePool.Demonstrated(
          label: Int64(label), example: SupervisedExample(prompt: [1], completion: [2]),
          compared: RankedExample(prompt: [1], completions: [[2]], pairs: [])))
    }
    var random = SplitMix64(seed: 1)
    func drawn(new: [Int64] = [], _ count: Int) -> [Int64] {
      pool.unlearntDemonstrations(
        new: new, among: [1, 2, 3], replayed: count, random: &random
      ).map(\.label).sorted()
    }
    #expect(drawn(9) == [1, 2, 3])
    pool.setLoss(0.2, label: 2)
    pool.setLoss(2.4, label: 3)
    #expect(drawn(9) == [1, 3])
    #expect(drawn(new: [4], 9) == [1, 3, 4])
    #expect(drawn(1).count == 1)
    pool.setLoss(2.4, label: 2)
    #expect(drawn(9) == [1, 2, 3])
  }
}
