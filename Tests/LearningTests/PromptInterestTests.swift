import Feedback
import Testing

@testable import Learning

@Suite struct PromptInterestTests {
  /// Prompts whose outcome is three times their first feature, and some noise.
  private func prompts(_ count: Int, seed: UInt64) -> (features: [[Float]], outcomes: [Double]) {
    var random = SplitMix64(seed: seed)
    let features = (0..<count).map { _ in (0..<6).map { _ in Float(random.uniform() * 2 - 1) } }
    return (features, features.map { 2 + 3 * Double($0[0]) + 0.2 * random.uniform() })
  }

  @Test func promptsLikeThoseThatToldMuchAreOfInterest() throws {
    let (features, outcomes) = prompts(30, seed: 1)
    let interest = try #require(PromptInterest(features: features, outcomes: outcomes))
    let (unseen, truth) = prompts(40, seed: 2)
    let order = unseen.indices.sorted {
      interest.value(of: unseen[$0]) > interest.value(of: unseen[$1])
    }
    let best = order.prefix(10).map { truth[$0] }.reduce(0, +) / 10
    let worst = order.suffix(10).map { truth[$0] }.reduce(0, +) / 10
    #expect(best > 3.5)
    #expect(worst < 0.5)
  }

  @Test func solvesTheRidgeRegression() throws {
    // Two prompts at +1 and −1, one between: with a ridge of 1 in units of the mean square 2/3, the slope
    // of outcomes 1, −1 and 0 is (2 · 1) / (2 + 2/3).
    let interest = try #require(
      PromptInterest(features: [[1], [-1], [0]], outcomes: [4, 2, 3]))
    #expect(abs(interest.value(of: [1]) - (3 + 0.75)) < 1e-6)
    #expect(abs(interest.value(of: [0]) - 3) < 1e-6)
  }

  @Test func twoPromptsAreTooFewAndEqualOnesTellNothing() throws {
    #expect(PromptInterest(features: [[1], [2]], outcomes: [1, 2]) == nil)
    let equal = try #require(
      PromptInterest(features: [[1], [1], [1]], outcomes: [1, 2, 3]))
    #expect(equal.value(of: [5]) == 2)
  }
}
