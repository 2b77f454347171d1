import Feedback
import Testing

@Suite struct RankingTests {
  @Test func comparisonsAreTheStrictPairs() throws {
    let ranking = try Ranking(tiers: [[3], [1, 4], [2]], of: [1, 2, 3, 4])
    let pairs = Set(ranking.comparisons.map { [$0.preferred, $0.rejected] })
    #expect(pairs == [[3, 1], [3, 4], [3, 2], [1, 2], [4, 2]])
  }

  @Test func allEqualGivesNoComparison() throws {
    #expect(try Ranking(tiers: [[1, 2, 3]], of: [1, 2, 3]).comparisons.isEmpty)
  }

  @Test func tierNumbersCloseTheirGaps() throws {
    let ranking = try Ranking(tierNumbers: [(7, 4), (8, 2), (9, 4)])
    #expect(ranking.tiers == [[8], [7, 9]])
    #expect(ranking.tierNumbers == [8: 1, 7: 2, 9: 2])
  }

  @Test func refusesWhatIsNoRankingOfTheSlate() {
    #expect(throws: Ranking.Invalid.emptyTier(2)) {
      try Ranking(tiers: [[1], []], of: [1])
    }
    #expect(throws: Ranking.Invalid.repeated(1)) {
      try Ranking(tiers: [[1], [1, 2]], of: [1, 2])
    }
    #expect(throws: Ranking.Invalid.missing([2, 3])) {
      try Ranking(tiers: [[1]], of: [1, 2, 3])
    }
    #expect(throws: Ranking.Invalid.unknown([5])) {
      try Ranking(tiers: [[1], [5]], of: [1])
    }
    #expect(
      Ranking.Invalid.missing([2, 3]).description == "the ranking leaves out completions 2, 3")
  }

  @Test func aTieOfScoresIsNoPrediction() {
    let pair = Comparison(preferred: 1, rejected: 2)
    #expect(pair.isPredicted(by: [1: 0.5, 2: 0.25]))
    #expect(!pair.isPredicted(by: [1: 0.5, 2: 0.5]))
    #expect(!pair.isPredicted(by: [1: 0.5]))
  }
}
