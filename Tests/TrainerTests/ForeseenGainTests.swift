import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct ForeseenGainTests {
  /// A reward model that likes the only feature of a completion.
  private let probe = RewardProbe(
    layout: RewardProbe.Layout(blocks: 1, width: 1), mean: [0], scale: [1], heads: [[1], [1]],
    blockWeights: [1], skill: 1, foreseen: PairCount(correct: 1, total: 1))

  private func rollout(_ prompt: Int64, own: [Float], borrowed: [Float] = []) -> Rollout {
    let all = own + borrowed
    return Rollout(
      id: prompt, promptID: prompt, prompt: [1], completions: all.map { _ in [2] },
      logprobs: all.map { _ in -1 }, reference: all.map { _ in -1 }, ended: all.map { _ in true },
      features: all.map { [$0] }, wordPairs: all.map { _ in [] }, borrowed: borrowed.count)
  }

  @Test func whatIsBorrowedIsToBeGained() {
    #expect(rollout(1, own: [1, 1, 1]).gain(by: probe) == 0)
    let gain = rollout(1, own: [0, 0], borrowed: [3]).gain(by: probe)
    #expect(gain > 1)
    // What the policy already writes is no gain of others.
    #expect(rollout(1, own: [3, 3], borrowed: [0]).gain(by: probe) < 1e-6)
    #expect(rollout(1, own: [3, 0], borrowed: [0]).gain(by: probe) < gain)
  }

  @Test func promptsLikeThoseWithMuchToGainHaveMuchToGain() {
    let rollouts = (1...8).map { index in
      rollout(Int64(index), own: [0, 0], borrowed: index.isMultiple(of: 2) ? [3] : [0])
    }
    var features: [Int64: [Float]] = [:]
    for prompt in Int64(1)...10 {
      features[prompt] = prompt.isMultiple(of: 2) ? [0, 1, 1] : [1, 0, 1]
    }
    let gain = ForeseenGain(rollouts, by: probe, features: features)
    #expect(gain.gains.count == 8)
    #expect(gain.value(of: features[10]!) > 2 * gain.value(of: features[9]!))
    // What the policy has learnt since is no more to be gained.
    let learnt = (1...8).map { rollout(Int64($0), own: [3, 3], borrowed: [3]) }
    let later = ForeseenGain(rollouts + learnt, by: probe, features: features)
    #expect(abs(later.value(of: features[10]!)) < 1e-6)
    #expect(later.gains.count == 8)
  }

  @Test func nothingIsForeseenFromTwoPrompts() {
    let rollouts = [rollout(1, own: [0, 3]), rollout(2, own: [0, 3])]
    let gain = ForeseenGain(rollouts, by: probe, features: [1: [1], 2: [0], 3: [1]])
    #expect(gain.value(of: [1]) == 0)
  }

  @Test func whereThereIsMuchToGainIsWorkedMostAndNowhereNever() {
    let shares = ForeseenGain.shares([1, 0.5, 0, -1])
    #expect(shares == [1, 0.25, 0.02, 0.02])
    #expect(ForeseenGain.shares([0, -1]) == [1, 1])
    #expect(ForeseenGain.shares([]).isEmpty)
  }

  @Test func aUseCaseThatTellsMoreComesUpToThreeTimesAsOften() {
    let weights = BackgroundTrainer.weights([
      .chat: (rankings: 10, total: 0), .brainstorming: (rankings: 10, total: 60),
      .openQA: (rankings: 1, total: 3),
    ])
    // 63 in 21 are 3 on average; two rankings of that count in each.
    #expect(weights[.chat] == 1 / 3.0)
    #expect(weights[.brainstorming] == (66.0 / 12) / 3)
    #expect(weights[.openQA] == 1)
    #expect(BackgroundTrainer.weights([.chat: (rankings: 4, total: 0)]).isEmpty)
    let rare = BackgroundTrainer.weights([
      .chat: (rankings: 100, total: 0), .brainstorming: (rankings: 20, total: 60),
    ])
    #expect(rare[.brainstorming] == 3)
  }
}
