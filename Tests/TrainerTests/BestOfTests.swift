import Testing

@testable import Trainer

/// How many completions a slate is chosen from.
@Suite struct BestOfTests {
  @Test func aSlowLabelerLeavesTimeForMoreDraws() {
    var bestOf = BestOf()
    #expect(bestOf.draws(least: 10, secondsPerLabel: 600) == 10)
    bestOf.note(draws: 10, seconds: 5)
    #expect(bestOf.draws(least: 10, secondsPerLabel: nil) == 10)
    #expect(bestOf.draws(least: 10, secondsPerLabel: 0) == 10)
    // A quarter of the time, at half a second each.
    #expect(bestOf.draws(least: 10, secondsPerLabel: 26) == 13)
    #expect(bestOf.draws(least: 10, secondsPerLabel: 600) == 20)
  }

  @Test func aSlowMachineDrawsFewer() {
    var bestOf = BestOf()
    bestOf.note(draws: 10, seconds: 5)
    let before = bestOf.draws(least: 10, secondsPerLabel: 36)
    bestOf.note(draws: 10, seconds: 10)
    let after = bestOf.draws(least: 10, secondsPerLabel: 36)
    #expect(before == 18 && after == 13)
  }
}
