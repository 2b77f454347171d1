import Testing

@testable import Trainer

@Suite struct HabitsTests {
  private func habits(ended: Double, fluency: Double) throws -> Habits {
    let ended = (0..<20).map { Double($0) < ended * 20 }
    return try #require(Habits(ended: ended, reference: 100 * fluency, tokens: 100))
  }

  @Test func nothingIsLostByAnswersLikeTheBases() throws {
    let base = try habits(ended: 0.3, fluency: -2)
    let own = try habits(ended: 0.45, fluency: -1.9)
    #expect(own.endsLost(besides: base) == 0)
    #expect(own.fluencyLost(besides: base) == 0)
  }

  @Test func whatIsLostCountsUpToAll() throws {
    let base = try habits(ended: 0.3, fluency: -2)
    let half = try habits(ended: 0.35, fluency: -2.125)
    #expect(abs(half.endsLost(besides: base) - 0.5) < 1e-9)
    #expect(abs(half.fluencyLost(besides: base) - 0.5) < 1e-9)
    let all = try habits(ended: 0.1, fluency: -3)
    #expect(all.endsLost(besides: base) == 1)
    #expect(all.fluencyLost(besides: base) == 1)
  }

  @Test func noAnswersHaveNoHabits() {
    #expect(Habits(ended: [], reference: 0, tokens: 0) == nil)
    #expect(Habits(of: []) == nil)
  }
}
