import Testing

@testable import Learning

@Suite struct ScheduleTests {
  @Test func cosineRunsFromOneToATenth() {
    #expect(Schedule.cosine.factor(step: 0, of: 11) == 1)
    #expect(abs(Schedule.cosine.factor(step: 5, of: 11) - 0.55) < 1e-12)
    #expect(abs(Schedule.cosine.factor(step: 10, of: 11) - 0.1) < 1e-12)
    #expect(Schedule.cosine.factor(step: 0, of: 1) == 1)
  }

  @Test func constantStaysOne() {
    #expect((0..<5).allSatisfy { Schedule.constant.factor(step: $0, of: 5) == 1 })
  }

  @Test func fileOrderGoesAroundAndKeepsTheSmallBatch() {
    var order = BatchOrder(records: 5, batch: 2, shuffle: false, seed: 0)
    #expect((0..<4).map { _ in Array(order.nextBatch()) } == [[0, 1], [2, 3], [4], [0, 1]])
  }

  @Test func aShuffledEpochHoldsEveryRecordOnce() {
    var order = BatchOrder(records: 7, batch: 3, shuffle: true, seed: 1)
    let first = (0..<3).flatMap { _ in order.nextBatch() }
    let second = (0..<3).flatMap { _ in order.nextBatch() }
    #expect(first.sorted() == Array(0..<7))
    #expect(second.sorted() == Array(0..<7))
    #expect(first != second)
  }

  @Test func stepsCountTheSmallBatch() {
    #expect(TrainingOptions.steps(records: 5, batch: 2, epochs: 3) == 9)
  }

  @Test func passesStayWithinTheirBudget() {
    func parts(_ costs: [Int]) -> [[Int]] {
      var parts: [[Int]] = []
      forEachPass(costs, budget: 1024, cost: \.self) { parts.append(Array(costs[$0])) }
      return parts
    }
    #expect(
      parts([400, 500, 300, 2000, 10, 10]) == [[400, 500], [300], [2000], [10, 10]])
    #expect(parts([2000, 1024, 1]) == [[2000], [1024], [1]])
    #expect(parts([]).isEmpty)
  }
}
