import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct AdvantagesTests {
  /// Says that a completion is worth its one feature, in log-odds.
  private let probe = RewardProbe(
    layout: RewardProbe.Layout(blocks: 1, width: 1), mean: [0], scale: [1], heads: [[1]],
    blockWeights: [1], skill: 1, foreseen: PairCount(correct: 0, total: 0))

  /// Two completions of 40 tokens, whose worth shows after 32.
  private func rollout(_ id: Int64, worth: [Float] = [1, -1]) -> Rollout {
    Rollout(
      id: id, promptID: id, prompt: [1],
      completions: worth.map { _ in Array(repeating: 3, count: 40) },
      logprobs: [-40, -40], reference: [-40, -40], ended: [true, true],
      features: worth.map { [$0] }, wordPairs: [[], []],
      broken: [[[0], [0]], [[0], [0]], worth.map { [$0] }])
  }

  private func standing(divergence: Double = 0) -> PolicyUpdate.Standing {
    var standing = PolicyUpdate.Standing()
    standing.rollouts = (0..<20).map { rollout($0, worth: $0 % 2 == 0 ? [1, -1] : [-1, 1]) }
    standing.probe = probe
    standing.divergence = divergence
    return standing
  }

  private func advantages(
    of rollout: Rollout, in standing: PolicyUpdate.Standing, known: Double = 0.5
  ) -> [[Double]] {
    var metrics: [String: Double] = [:]
    return standing.advantages(
      of: rollout, known: known, recipe: Recipe(), metrics: &metrics)
  }

  @Test func whatIsForetoldIsTakenFromLaterTokens() {
    let standing = standing()
    let learnt = standing.rollouts[0]
    let worth = learnt.worths(by: probe)
    #expect(worth[0] > 0.5 && abs(worth[0] + worth[1]) < 1e-9)
    let rows = advantages(of: learnt, in: standing)
    let slope = Foresight(Array(standing.rollouts.dropFirst()), by: probe).slopes[2]
    #expect(slope > 0.8)
    for (row, worth) in zip(rows, worth) {
      #expect(row.count == 40)
      // The others' mean is the baseline, and half is known.
      #expect(row[..<32].allSatisfy { abs($0 - 0.5 * 2 * worth) < 1e-9 })
      let left = 0.5 * 2 * worth - 0.5 * slope * worth
      #expect(row[32...].allSatisfy { abs($0 - left) < 1e-9 })
    }
  }

  /// What the mean completion of all rollouts deviates by, in log-odds.
  private func deviation(_ standing: PolicyUpdate.Standing) throws -> Double {
    let probe = try #require(standing.probe)
    let variances = standing.rollouts.map { $0.variance(by: probe) }
    return (variances.reduce(0, +) / Double(variances.count)).squareRoot()
  }

  @Test func smallDifferencesAreStretchedAndLargeOnesLeft() throws {
    func stretched(_ worth: Float) throws -> Double {
      var standing = standing()
      standing.rollouts = (0..<4).map { rollout($0, worth: [worth, -worth]) }
      #expect(abs(try deviation(standing) - Double(worth)) < 1e-4)
      standing.stretchProbe()
      #expect(standing.probe?.skill == 1)
      return try deviation(standing)
    }
    #expect(abs(try stretched(0.2) - 0.8) < 1e-3)
    #expect(abs(try stretched(1.5) - 1.5) < 1e-3)
    // What hardly differs is not blown up without end.
    #expect(abs(try stretched(0.01) - 0.08) < 1e-3)
    var empty = PolicyUpdate.Standing()
    empty.stretchProbe()
    #expect(empty.probe == nil)
  }

  @Test func pastTheBudgetOnlyTheWayBackIsLeft() {
    var far = rollout(99)
    // The first has become likelier than it was under the base, by half a nat per token.
    far.logprobs = [-20, -40]
    let budget = Recipe().budget(demonstrations: 0, known: 0.5)
    let rows = advantages(of: far, in: standing(divergence: 3 * budget))
    let penalty = Recipe().klPenalty * 0.5
    #expect(rows[0].allSatisfy { abs($0 + penalty) < 1e-9 })
    #expect(rows[1].allSatisfy { abs($0 - penalty) < 1e-9 })
  }

  @Test func whatIsBorrowedCountsByItsWorthAlone() {
    // All of the policy's own are alike, which teaches nothing; the base's is better.
    var stuck = rollout(99, worth: [-1, -1])
    #expect(advantages(of: stuck, in: standing()).joined().allSatisfy { $0 == 0 })
    stuck.completions.append(stuck.completions[0])
    stuck.logprobs = [-20, -20, -40]
    stuck.reference = [-40, -40, -40]
    stuck.ended = [true, true, false]
    stuck.features.append([1])
    stuck.wordPairs.append([])
    stuck.broken = [[[0], [0], [0]], [[0], [0], [0]], [[0], [0], [0]]]
    stuck.borrowed = 1
    var standing = standing(divergence: 0.1)
    standing.base = Habits(ended: [true, false], reference: -1, tokens: 1)
    let worth = stuck.worths(by: probe)
    #expect(rollout(1, worth: [-1, -1]).gain(by: probe) == 0)
    #expect(stuck.gain(by: probe) == worth[2] - worth[0])
    let rows = advantages(of: stuck, in: standing)
    #expect(rows[2].allSatisfy { abs($0 - 0.5 * (worth[2] - worth[0])) < 1e-9 })
    #expect(rows[0][0] < -0.1 && rows[0] == rows[1])
  }

  @Test func aMissingEndCostsAsFarAsEndsAreLost() {
    var cut = rollout(99, worth: [0, 0])
    cut.ended = [true, false]
    var lost = standing()
    lost.base = Habits(ended: [true, false], reference: -1, tokens: 1)
    for index in lost.rollouts.indices { lost.rollouts[index].ended = [false, false] }
    let rows = advantages(of: cut, in: lost)
    #expect(rows[0][0] > 0.1 && abs(rows[1][0] + rows[0][0]) < 1e-9)
    var kept = standing()
    kept.base = lost.base
    #expect(advantages(of: cut, in: kept).joined().allSatisfy { $0 == 0 })
  }
}
