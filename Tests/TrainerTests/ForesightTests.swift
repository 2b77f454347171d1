import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct ForesightTests {
  /// Says that a completion is worth its one feature, in log-odds.
  private let probe = RewardProbe(
    layout: RewardProbe.Layout(blocks: 1, width: 1), mean: [0], scale: [1], heads: [[1]],
    blockWeights: [1], skill: 1, foreseen: PairCount(correct: 0, total: 0))

  /// Two completions of 40 tokens.
  private func rollout(_ id: Int64, worth: [Float], early: [[Float]]) -> Rollout {
    Rollout(
      id: id, promptID: id, prompt: [1],
      completions: worth.map { _ in Array(repeating: 3, count: 40) },
      logprobs: [-1, -1], reference: [-1, -1], ended: [true, true], features: worth.map { [$0] },
      wordPairs: [[], []], broken: early.map { row in row.map { [$0] } })
  }

  @Test func whatIsPlainEarlyIsForetold() throws {
    // After 4 tokens nothing shows, after 12 the opposite, after 32 the worth as it will be.
    let rollouts = (0..<20).map { index -> Rollout in
      let worth: [Float] = index % 2 == 0 ? [1, -1] : [-1, 1]
      return rollout(
        Int64(index), worth: worth,
        early: [[0, 0], worth.map { -$0 }, worth])
    }
    let foresight = Foresight(rollouts, by: probe)
    #expect(foresight.slopes[0] == 0)
    #expect(foresight.slopes[1] == 0)
    #expect(foresight.slopes[2] > 0.8 && foresight.slopes[2] < 1)

    let early = try #require(rollouts[0].earlyWorths(by: probe))
    let worth = rollouts[0].worths(by: probe)
    #expect(early[0][2] == worth[0] && abs(early[1][1] + worth[1]) < 1e-9)
    let values = foresight.values(early: early[0], tokens: 40)
    #expect(values.count == 40)
    #expect(values[..<32].allSatisfy { $0 == 0 })
    #expect(values[32...].allSatisfy { $0 == foresight.slopes[2] * worth[0] })
  }

  @Test func withoutOthersNothingIsForetold() {
    let unread = rollout(1, worth: [1, -1], early: [])
    var other = unread
    other.broken = nil
    let foresight = Foresight([other], by: probe)
    #expect(foresight.slopes == [0, 0, 0])
    #expect(foresight.values(early: [1, 1, 1], tokens: 2) == [0, 0])
  }

  @Test func aBrokenCompletionHasOneEnd() {
    var rollout = rollout(1, worth: [1, -1], early: [])
    rollout.completions = [[3, 4, 2], [5, 6, 7, 8, 9]]
    #expect(rollout.broken(after: 4, end: 2) == [[3, 4, 2], [5, 6, 7, 8, 2]])
  }
}
