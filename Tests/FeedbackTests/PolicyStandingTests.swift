import Foundation
import Testing

@testable import Feedback

@Suite struct PolicyStandingTests {
  func comparisons(
    _ policy: Int64, _ reference: Int64 = 0, won: Int = 0, lost: Int = 0, tied: Int = 0
  ) -> [BlindComparison] {
    [(1, won), (-1, lost), (0, tied)].flatMap { outcome, times in
      Array(
        repeating: BlindComparison(policy: policy, reference: reference, outcome: outcome),
        count: times)
    }
  }

  /// 19 wins and 9 losses with 6 ties are 22 of 34. Wilson's lower end passes one half where
  /// (22/34 − ½) √n passes 1.96 / 2: from 45 comparisons on.
  @Test func howManyMoreComparisonsWouldTell() throws {
    let rate = WinRate(wins: 19, ties: 6, losses: 9)
    let more = try #require(rate.comparisonsToTell())
    let share = 22.0 / 34
    let before = try #require(wilsonInterval(wins: share * Double(33 + more), of: 33 + more))
    let after = try #require(wilsonInterval(wins: share * Double(34 + more), of: 34 + more))
    #expect(before.low <= 0.5 && after.low > 0.5)
    #expect(more == 11)
    #expect(WinRate(wins: 9, ties: 6, losses: 19).comparisonsToTell() == more)
    #expect(WinRate(wins: 20, losses: 2).comparisonsToTell() == 0)
    #expect(WinRate(wins: 5, losses: 5).comparisonsToTell() == nil)
    #expect(WinRate(wins: 19, ties: 6, losses: 9).comparisonsToTell(limit: 10) == nil)
    #expect(WinRate().comparisonsToTell() == nil)
  }

  @Test func versionsJoinUntilTheyStandInEnoughComparisons() {
    func runs(_ counts: [(Int64, Int)]) -> [ClosedRange<Int64>] {
      versionRuns(of: counts.flatMap { comparisons($0.0, won: $0.1) }, most: 5, least: 10)
    }
    #expect(runs([]) == [])
    #expect(runs([(3, 4)]) == [3...3])
    // The newest run is made first; what is left over joins the oldest.
    #expect(runs([(2, 3), (3, 6), (5, 6), (8, 4), (9, 10)]) == [2...8, 9...9])
    #expect(runs([(2, 8), (3, 6), (5, 6), (8, 4), (9, 10)]) == [2...3, 5...8, 9...9])
    // Never more than five.
    #expect(runs((1...40).map { ($0, 10) }).count == 5)
    #expect(runs((1...40).map { ($0, 10) }).first == 1...8)
    #expect(runs((1...5).map { ($0, 30) }) == [1...1, 2...2, 3...3, 4...4, 5...5])
  }

  /// A tie is half a win: 6 wins, 2 losses and 4 ties are 8 of 12.
  @Test func aRunIsRatedAgainstTheBase() throws {
    let rated = ratings(of: comparisons(3, won: 6, lost: 2, tied: 4))
    let rating = try #require(rated.first)
    #expect(rated.count == 1)
    #expect(rating.versions == 3...3)
    #expect(rating.comparisons == 12)
    #expect(abs(rating.value - log(8.5 / 4.5)) < 1e-9)
    let half = 1.959964 * (1 / 8.5 + 1 / 4.5).squareRoot()
    #expect(abs(rating.low - (rating.value - half)) < 1e-5)
    #expect(abs(rating.high - (rating.value + half)) < 1e-5)
    #expect(abs(rating.shareAgainstBase.value - 8.5 / 13) < 1e-9)
    #expect(rating.shareAgainstBase.count == 12)
  }

  /// Policy 9 has met only policy 3, which beats the base.
  @Test func earlierVersionsLinkALaterOneToTheBase() throws {
    let rated = ratings(
      of: comparisons(3, won: 15, lost: 5) + comparisons(9, 3, won: 15, lost: 5))
    #expect(rated.map(\.versions) == [3...3, 9...9])
    #expect(rated.map(\.comparisons) == [40, 20])
    #expect(rated[1].value > rated[0].value)
    #expect(rated[0].value > 0.7)
  }

  @Test func allWinsHaveARatingToo() throws {
    let rating = try #require(ratings(of: comparisons(3, won: 12)).first)
    #expect(rating.value.isFinite && rating.low > 0)
    #expect(ratings(of: comparisons(3, won: 12) + comparisons(3, 2, won: 1)).count == 1)
    #expect(ratings(of: comparisons(3, 2, won: 4)).isEmpty)
  }

  @Test func todaysPolicyStandsBesideAll() {
    let early = comparisons(3, won: 2, lost: 7, tied: 1)
    let late = comparisons(9, won: 8, lost: 1, tied: 1) + comparisons(9, 3, won: 2, lost: 1)
    let standing = PolicyStanding(early + late, inUse: 10)
    #expect(standing.all == WinRate(wins: 10, ties: 2, losses: 8))
    #expect(standing.today == 9...9)
    #expect(standing.todayAgainstBase == WinRate(wins: 8, ties: 1, losses: 1))
    #expect(standing.todayAgainstEarlier == WinRate(wins: 2, losses: 1))
    // After going back to an earlier version, that one is today's; later ones are not earlier.
    let back = PolicyStanding(early + late + comparisons(3, 9, won: 1), inUse: 3)
    #expect(back.today == 3...3)
    #expect(back.todayAgainstBase == WinRate(wins: 2, ties: 1, losses: 7))
    #expect(back.todayAgainstEarlier == WinRate())
    #expect(PolicyStanding().today == nil)
  }
}
