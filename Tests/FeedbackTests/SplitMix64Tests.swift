import Feedback
import Testing

@Suite struct SplitMix64Tests {
  /// The first outputs for seed 1234567 as published with the reference implementation.
  @Test func reproducesTheReference() {
    var random = SplitMix64(seed: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
    #expect(random.next() == 9_817_491_932_198_370_423)
  }

  @Test func uniformStaysBelowOne() {
    var random = SplitMix64(seed: 5)
    let numbers = (0..<1000).map { _ in random.uniform() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(numbers.reduce(0, +) / 1000 - 0.5) < 0.05)
  }

  @Test func placesAreDrawnByTheirWeights() {
    var random = SplitMix64(seed: 3)
    var counts = [0, 0, 0]
    for _ in 0..<4000 { counts[random.index(weights: [1, 0, 3])!] += 1 }
    #expect(counts[1] == 0)
    // A binomial's four deviations.
    #expect(abs(counts[0] - 1000) < 110)
    #expect(random.index(weights: [0, 0]) == nil)
    #expect(random.index(weights: []) == nil)
  }
}
