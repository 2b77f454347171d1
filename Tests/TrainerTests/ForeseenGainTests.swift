import Feedback
import Learning
import Testing

@testable import Trainer

@Suite struct ForeseenGainTests {
  /// Likes what is as the prompt is: a completion's one number times the prompt's.
  private let probe = RewardProbe(
    layout: RewardProbe.Layout(blocks: 1, width: 1, prompt: 1, form: 1), mean: [0, 0, 0],
    scale: [1, 1, 1], heads: [[0, 0, 2]], blockWeights: [0, 1], skill: 1,
    foreseen: PairCount(correct: 0, total: 0))

  /// Completions by their number, for some prompt; the last is the base's.
  private func rollout(_ id: Int64, _ forms: [Float]) -> Rollout {
    Rollout(
      id: id, promptID: id, prompt: [1], completions: forms.map { _ in [3] },
      logprobs: forms.map { _ in -1 }, reference: forms.map { _ in -1 },
      ended: forms.map { _ in true }, features: forms.map { [0, 0.5, $0] },
      wordPairs: forms.map { _ in [] }, borrowed: 1)
  }

  @Test func thereIsMuchToGainWhereWhatIsUsuallyWrittenIsWrong() throws {
    let rollouts = (0..<8).map { rollout($0, [-1, -1, -1, 1]) }
    let gain = try #require(ForeseenGain(Array(rollouts), by: probe))
    // What is written is right for the one prompt and wrong for the other.
    #expect(abs(gain.value(of: [-1])) < 1e-6)
    #expect(abs(gain.value(of: [1]) - 4) < 1e-6)
    #expect(abs(gain.value(of: [0.5]) - 2) < 1e-6)
  }

  @Test func theNewestTellWhatIsUsual() throws {
    let old = (0..<8).map { rollout($0, [-1, -1, 1]) }
    let new = (8..<16).map { rollout($0, [1, 1, -1]) }
    let gain = try #require(ForeseenGain(old + new, by: probe))
    #expect(abs(gain.value(of: [1])) < 1e-6)
    #expect(gain.value(of: [-1]) > 3)
    #expect(ForeseenGain([], by: probe) == nil)
  }
}
