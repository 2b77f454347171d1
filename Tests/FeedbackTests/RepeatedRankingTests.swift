import Feedback
import Testing

@Suite struct RepeatedRankingTests {
  /// Of six pairs one is a tie the first time and one the second; of the other four one is turned.
  @Test func onlyPairsThatAreStrictBothTimesCount() {
    let repeated = RepeatedRanking(first: [1, 2, 2, 3], second: [1, 3, 2, 2])
    #expect(repeated.agreement == PairCount(correct: 3, total: 4))
  }

  @Test func theSameOrderAndItsReverse() {
    #expect(
      RepeatedRanking(first: [1, 2, 3], second: [2, 5, 9]).agreement
        == PairCount(correct: 3, total: 3))
    #expect(
      RepeatedRanking(first: [1, 2, 3], second: [3, 2, 1]).agreement
        == PairCount(correct: 0, total: 3))
    #expect(RepeatedRanking(first: [], second: []).agreement == PairCount(correct: 0, total: 0))
  }
}
