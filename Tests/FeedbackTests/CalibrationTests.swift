import Feedback
import Foundation
import Testing

@Suite struct CalibrationTests {
  /// The margin whose winner gets this probability.
  func margin(_ probability: Double, _ isRight: Bool = true) -> Double {
    (isRight ? 1 : -1) * log(probability / (1 - probability))
  }

  /// Three of four right at 80 %, one of two at 55 %.
  @Test func theSharesAreCountedByProbability() throws {
    let margins =
      [margin(0.8, true), margin(0.8, true), margin(0.82, true), margin(0.86, false)]
      + [margin(0.55, true), margin(0.55, false)]
    let calibration = try #require(Calibration(margins: margins))
    #expect(calibration.bins.map(\.pairs) == [2, 4])
    #expect(calibration.bins.map(\.low) == [0.5, 0.8])
    #expect(calibration.bins.map(\.high) == [0.6, 0.9])
    #expect(calibration.bins.map(\.right) == [0.5, 0.75])
    #expect(abs(calibration.bins[0].predicted - 0.55) < 1e-9)
    #expect(abs(calibration.bins[1].predicted - 0.82) < 1e-9)
    // (2 × 0.05 + 4 × 0.07) / 6
    #expect(abs(calibration.expectedError - 0.38 / 6) < 1e-9)
  }

  @Test func theSurestBinHasEnoughPairs() throws {
    let margins =
      Array(repeating: margin(0.65), count: 30) + Array(repeating: margin(0.75), count: 12)
      + Array(repeating: margin(0.95), count: 3)
    let calibration = try #require(Calibration(margins: margins))
    #expect(calibration.surest()?.pairs == 12)
    #expect(calibration.surest(pairs: 3)?.low == 0.9)
    #expect(calibration.surest(pairs: 31) == nil)
  }

  /// A score that does not tell the two apart is no right answer, and certainty has a bin.
  @Test func theEndsOfTheScale() throws {
    let calibration = try #require(Calibration(margins: [0, 1000, -1000]))
    #expect(calibration.bins.map(\.pairs) == [1, 2])
    #expect(calibration.bins.map(\.right) == [0, 0.5])
    #expect(calibration.bins[1].predicted == 1)
    #expect(Calibration(margins: []) == nil)
  }
}
