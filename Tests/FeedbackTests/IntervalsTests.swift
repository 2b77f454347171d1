import Feedback
import Testing

@Suite struct IntervalsTests {
  /// Published example: 15 of 20 gives 0.531 to 0.888 (Newcombe 1998 uses the same formula).
  @Test func wilsonReproducesTheFormula() throws {
    let estimate = try #require(wilsonInterval(wins: 15, of: 20))
    #expect(abs(estimate.value - 0.75) < 1e-12)
    #expect(abs(estimate.low - 0.5313) < 1e-3)
    #expect(abs(estimate.high - 0.8881) < 1e-3)
  }

  @Test func nothingCountedGivesNoEstimate() {
    #expect(wilsonInterval(wins: 0, of: 0) == nil)
    #expect(bootstrapAccuracy([]) == nil)
    #expect(bootstrapAccuracy([PairCount(correct: 0, total: 0)]) == nil)
  }

  @Test func bootstrapCoversTheShareAndRepeats() throws {
    let slates = (0..<40).map { PairCount(correct: $0 % 4 == 0 ? 1 : 5, total: 6) }
    let estimate = try #require(bootstrapAccuracy(slates, seed: 3))
    #expect(abs(estimate.value - 160.0 / 240) < 1e-12)
    #expect(estimate.low < estimate.value && estimate.value < estimate.high)
    #expect(estimate.count == 240)
    #expect(bootstrapAccuracy(slates, seed: 3) == estimate)
  }

  /// Pairs of one slate are not independent: the interval of few slates with many pairs is as wide as
  /// their number says.
  @Test func bootstrapResamplesSlatesNotPairs() throws {
    let few = try #require(
      bootstrapAccuracy([PairCount(correct: 30, total: 30), PairCount(correct: 0, total: 30)]))
    #expect(few.low == 0 && few.high == 1)
  }
}
