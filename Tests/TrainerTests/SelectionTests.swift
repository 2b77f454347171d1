import Testing

@testable import Trainer

@Suite struct SelectionTests {
  @Test func theBestComeFirst() {
    let texts = ["red apples grow", "blue rivers run", "green hills rise"]
    #expect(Selection.pick(2, of: texts, values: [0, 2, 1], besides: []) == [1, 2])
  }

  @Test func nearCopiesGiveWayToOtherAnswers() {
    let texts = ["the cat sat on the mat", "The cat sat on the mat!", "dogs bark at night"]
    #expect(Selection.pick(2, of: texts, values: [3, 2, 1], besides: []) == [0, 2])
  }

  @Test func whatIsOnTheSlateAlreadyCountsAsACopy() {
    let texts = ["the cat sat", "dogs bark"]
    #expect(Selection.pick(1, of: texts, values: [2, 1], besides: ["The cat sat."]) == [1])
  }

  @Test func copiesFillUpWhenNothingElseIsThere() {
    let texts = ["same words", "same words", "same words"]
    #expect(Selection.pick(3, of: texts, values: [1, 2, 3], besides: []) == [2, 1, 0])
  }

  @Test func disagreementLowersTheBound() {
    #expect(Selection.lowerBound([1, 1, 1, 1]) == 1)
    #expect(Selection.lowerBound([0, 2]) == 0)
  }

  @Test func theMostUnlikeArePicked() {
    // One feature that tells two groups apart, and one that hardly varies.
    let rows: [[Float]] = [[0, 1], [0.1, 1], [5, 1.01], [0, 1.02], [5.1, 1]]
    let parts = [0..<1, 1..<2]
    let picked = Selection.unlike(2, of: rows, besides: [[0, 1]], parts: [0..<1])
    #expect(picked == [4, 1])
    // Each feature counts by its own deviation.
    #expect(Selection.unlike(1, of: rows, besides: [[0, 1], [5, 1]], parts: parts) == [3])
    #expect(Selection.unlike(9, of: rows, besides: [], parts: parts).sorted() == [0, 1, 2, 3, 4])
    #expect(Selection.unlike(1, of: [[1], [1]], besides: [[1]], parts: [0..<1]) == [0])
  }

  @Test func aSlateShowsTheBestAndWhatIsUnlikeIt() {
    let texts = ["red", "green", "blue", "black"]
    let features: [[Float]] = [[0], [0.1], [0.2], [9]]
    func best(_ count: Int, values: [Double]?) -> [Int] {
      Selection.best(
        count, of: texts, values: values, features: features, besides: [("white", [0])],
        parts: [0..<1])
    }
    #expect(best(2, values: [1, 4, 3, 0]) == [1, 3])
    #expect(best(3, values: [1, 4, 3, 0]) == [1, 2, 3])
    // One place is the best one's.
    #expect(best(1, values: [1, 4, 3, 0]) == [1])
    #expect(best(0, values: [1, 4, 3, 0]) == [])
    // What is the best is not shown twice.
    #expect(best(2, values: [1, 2, 3, 4]).first == 3)
    #expect(Set(best(4, values: [1, 2, 3, 4])).count == 4)
    // Who knows nothing shows what is most unlike.
    #expect(best(1, values: nil) == [3])
  }
}
