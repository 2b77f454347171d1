import Feedback
import Foundation
import Testing

@testable import Learning

@Suite struct RewardProbeTests {
  /// Slates whose taste is one direction of the second of two blocks; the first is noise.
  private func examples(_ count: Int, width: Int = 8, random: Bool = false) -> [RewardProbe.Example]
  {
    var generator = SplitMix64(seed: 5)
    return (0..<count).map { group in
      let features = (0..<4).map { _ in
        (0..<(2 * width)).map { _ in Float(generator.uniform() * 2 - 1) }
      }
      let values =
        random ? (0..<4).map { _ in Float(generator.uniform()) } : features.map { $0[width + 2] }
      let order = values.indices.sorted { values[$0] > values[$1] }
      var tiers = [Int](repeating: 0, count: 4)
      for (tier, index) in order.enumerated() { tiers[index] = tier + 1 }
      return RewardProbe.Example(
        features: features, pairs: Pair.all(tiers: tiers), group: UInt64(group))
    }
  }

  private func accuracy(_ probe: RewardProbe, on examples: [RewardProbe.Example]) -> Double {
    var right = 0
    var all = 0
    for example in examples {
      let scores = example.features.map { probe.scores(of: $0).reduce(0, +) }
      for pair in example.pairs {
        all += 1
        if scores[pair.preferred] > scores[pair.rejected] { right += 1 }
      }
    }
    return Double(right) / Double(all)
  }

  @Test func findsATasteAndTheBlockThatShowsIt() throws {
    let all = examples(60)
    let probe = try #require(RewardProbe(Array(all[..<30]), blocks: 2, heads: 4))
    #expect(probe.heads.count == 4)
    #expect(Set(probe.heads).count == 4)
    #expect(accuracy(probe, on: Array(all[30...])) > 0.85)
    #expect(probe.blockWeights[1] > 0.9)
    #expect(abs(probe.blockWeights.reduce(0, +) - 1) < 1e-9)
    #expect(probe.information > 0.2)
    #expect(probe.foreseen.total == 30 * 6)
    #expect(Double(probe.foreseen.correct) > 0.8 * 180)
  }

  @Test func knowsThatItKnowsNothingOfRandomRankings() throws {
    let probe = try #require(RewardProbe(examples(40, random: true), blocks: 2, heads: 4))
    #expect(probe.information < 0.02)
    #expect(Double(probe.foreseen.correct) < 0.6 * Double(probe.foreseen.total))
  }

  @Test func informationCountsOnlyWhatIsSure() {
    func bits(_ margin: Double) -> Double { 1 - log(1 + exp(-margin)) / log(2) }
    // Two prompts that are alike: no error. A guess knows nothing.
    #expect(abs(RewardProbe.information([3, 3], groups: [1, 2]) - bits(3)) < 1e-12)
    #expect(RewardProbe.information([0, 0], groups: [1, 2]) == 0)
    // Two that are not: less two standard errors, √Σ(x − mean)² / 2 each.
    let mean = (bits(3) + bits(2)) / 2
    let error = (2 * (bits(3) - mean) * (bits(3) - mean)).squareRoot() / 2
    #expect(abs(RewardProbe.information([3, 2], groups: [1, 2]) - (mean - 2 * error)) < 1e-12)
    #expect(RewardProbe.information([3, -3], groups: [1, 2]) == 0)
  }

  @Test func aSlateOfUnlikeTextsPromisesMore() throws {
    let probe = try #require(RewardProbe(examples(10), blocks: 2, heads: 4))
    let one = examples(1)[0].features
    let alike = one.map { _ in one[0] }
    #expect(probe.spread(of: one) > 0.1)
    #expect(probe.spread(of: alike) == 0)
    #expect(probe.spread(of: []) == 0)
    // Only the first block, the words, is looked at.
    var other = one[0]
    other[12] += 5
    #expect(probe.spread(of: [one[0], other]) == 0)
  }

  @Test func headsDisagreeAboutDifferences() {
    #expect(RewardProbe.disagreement([[1, 2], [3, 4]]) < 1e-5)
    #expect(abs(RewardProbe.disagreement([[1, 2], [2, 1]]) - 1) < 1e-5)
    #expect(RewardProbe.disagreement([[1, 2]]) == 0)
  }

  @Test func tiesAloneTeachNothing() {
    let tied = examples(3).map {
      RewardProbe.Example(features: $0.features, pairs: [], group: $0.group)
    }
    #expect(RewardProbe(tied, blocks: 2, heads: 4) == nil)
  }

  @Test func theRegressionsGradientIsZeroAtItsSolution() {
    var generator = SplitMix64(seed: 9)
    let width = 5
    let weights = [1.0, 2, 0, 1, 3, 1, 1, 0.5]
    var regression = PairwiseRegression(width: width, ridge: 0.3)
    var rows: [(a: [Float], b: [Float])] = []
    for _ in weights {
      let a = (0..<width).map { _ in Float(generator.uniform() * 2 - 1) }
      let b = (0..<width).map { _ in Float(generator.uniform() * 2 - 1) }
      rows.append((a, b))
      regression.add(a, over: b)
    }
    let w = regression.solve(weights: weights)
    for unit in 0..<width {
      var gradient = 0.3 * Double(w[unit])
      for (row, weight) in zip(rows, weights) {
        let margin = (0..<width).reduce(0.0) { $0 + Double(w[$1] * (row.a[$1] - row.b[$1])) }
        gradient -= weight / (1 + exp(margin)) * Double(row.a[unit] - row.b[unit])
      }
      #expect(abs(gradient) < 1e-3)
    }
    #expect(w.contains { abs($0) > 0.1 })
  }
}
