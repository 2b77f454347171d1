import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Learning

@Suite struct PolicyGradientTests {
  @Test func eachIsComparedWithTheOthers() {
    #expect(PolicyGradient.advantages([1, 2, 6]) == [-3, -1.5, 4.5])
    #expect(PolicyGradient.advantages([3, 3]) == [0, 0])
    #expect(PolicyGradient.advantages([5]) == [0])
  }

  @Test func anAdvantageIsHowLikelyTheHeadsFindItPreferred() {
    // One head.
    let one = PolicyGradient.preferenceAdvantages([[0.1], [0]])
    #expect(abs(one[0] - 0.1) < 1e-3 && abs(one[1] + one[0]) < 1e-9)
    // Two that contradict each other.
    #expect(PolicyGradient.preferenceAdvantages([[1, -1], [0, 0]]).allSatisfy { abs($0) < 1e-9 })
    // Two that agree more or less: the mean of σ(1) and σ(3), less a half.
    let two = PolicyGradient.preferenceAdvantages([[1, 3], [0, 0]])
    let mean = (1 / (1 + exp(-1.0)) + 1 / (1 + exp(-3.0))) / 2 - 0.5
    #expect(abs(two[0] - 4 * mean) < 1e-4)
    // Bounded, and the mean over the others.
    let three = PolicyGradient.preferenceAdvantages([[99], [0], [0]])
    #expect(abs(three[0] - 2) < 1e-4 && abs(three[1] + 1) < 1e-4)
    #expect(PolicyGradient.preferenceAdvantages([[5, 5]]) == [0])
  }

  @Test func theMostDifferentAreTheHighestAndTheLowest() {
    #expect(PolicyGradient.extremes(4, of: [3, 1, 9, 5, 7, 2]) == [1, 2, 4, 5])
    #expect(PolicyGradient.extremes(3, of: [3, 1, 9, 5]) == [1, 2, 3])
    #expect(PolicyGradient.extremes(9, of: [3, 1]) == [0, 1])
    #expect(PolicyGradient.extremes(2, of: [4, 4, 4]) == [0, 2])
  }

  @Test func whatHasComeFarEnoughIsNotMovedOn() {
    func factor(_ ratio: Double, _ advantage: Double) -> Double {
      PolicyGradient.clippedRatio(ratio, advantage: advantage, clip: 0.2)
    }
    #expect(factor(1.1, 1) == 1.1)
    #expect(factor(1.3, 1) == 0)
    #expect(factor(1.3, -1) == 1.3)
    #expect(factor(0.7, -1) == 0)
    #expect(factor(0.7, 1) == 0.7)
  }
}

/// What the learner adds for its own draws and for preferences, against the supervised gradient, which
/// the goldens hold to PyTorch's.
@Suite struct SparedEndTests {
  let model: LanguageModel
  let prompt: [TokenID] = [5, 9, 17]
  let end: TokenID = 2
  let ended: [TokenID] = [30, 31, 32, 2]
  let cut: [TokenID] = [40, 41, 42, 43]

  init() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appendingPathComponent("tiny.gguf").path
    try TinyModel.write(to: path)
    model = try LanguageModel.load(path: path)
  }

  /// The parameters after one step on what `add` adds, and the gradient's norm.
  private func step(
    _ add: (PolicyLearner) throws -> Void
  ) throws -> (parameters: [Float], norm: Double) {
    let learner = PolicyLearner(
      adapter: LoRAAdapter(configuration: model.configuration, rank: 2, alpha: 4, seed: 1),
      pass: TrainingPass(model: model))
    try add(learner)
    let norm = try learner.step(learningRate: 1e-3, clip: 0)
    return (Array(learner.adapter.parameters), norm)
  }

  private func expectEqual(
    _ one: (PolicyLearner) throws -> Void, _ other: (PolicyLearner) throws -> Void
  ) throws {
    let (a, b) = (try step(one), try step(other))
    #expect(a.norm > 0)
    #expect(abs(a.norm - b.norm) < 1e-4 * a.norm)
    let apart = zip(a.parameters, b.parameters).count { abs($0 - $1) > 1e-4 }
    #expect(apart <= a.parameters.count / 100)
  }

  /// Adds the policy gradient of draws that have come `log(ratio)` per token since they were drawn.
  private func addDraws(
    _ completions: [[TokenID]], _ advantages: [Double], ratios: [Double]? = nil,
    weight: Double = 1, sparing end: TokenID? = nil, to learner: PolicyLearner
  ) throws {
    let sampled = RankedExample(prompt: prompt, completions: completions, pairs: [])
    let now = try PolicyLearner.sums(
      [sampled], adapter: nil, pass: TrainingPass(model: model))[0]
    let drawn = completions.indices.map {
      now[$0] - log(ratios?[$0] ?? 1) * Double(completions[$0].count)
    }
    let ofTokens = zip(completions, advantages).map { completion, advantage in
      completion.map { _ in advantage }
    }
    _ = try learner.addPolicyGradient(
      sampled, drawn: drawn, advantages: ofTokens, ratioClip: 0.2, weight: weight, sparing: end)
  }

  @Test func theGradientOfDrawsIsThatOfTheirWeightedLikelihood() throws {
    try expectEqual {
      try addDraws([ended, cut], [2, -1], weight: 3, to: $0)
    } _: {
      // Four of eight tokens each.
      _ = try $0.addSupervised(
        [SupervisedExample(prompt: prompt, completion: ended)], weight: 3 * 2 / 2)
      _ = try $0.addSupervised(
        [SupervisedExample(prompt: prompt, completion: cut)], weight: 3 * -1 / 2)
    }
  }

  @Test func drawsOfSomeoneElseCountAsDrawnNow() throws {
    let sampled = RankedExample(prompt: prompt, completions: [ended, cut], pairs: [])
    let pass = TrainingPass(model: model)
    let now = try PolicyLearner.sums([sampled], adapter: nil, pass: pass)[0]
    try expectEqual { learner in
      _ = try learner.addPolicyGradient(
        sampled, drawn: [nil, now[1]], advantages: [ended.map { _ in 2 }, cut.map { _ in -1 }],
        ratioClip: 0.2)
      // A new adapter changes nothing.
      #expect(zip(learner.completionSums, now).allSatisfy { abs($0 - $1) < 1e-3 })
    } _: {
      try addDraws([ended, cut], [2, -1], to: $0)
    }
  }

  @Test func aPreferenceAmongDrawsIsAddedToTheirGradient() throws {
    let pairs = [Pair(preferred: 0, rejected: 1)]
    let sampled = RankedExample(prompt: prompt, completions: [ended, cut], pairs: pairs)
    let reference = [-9.0, -3.0]
    let advantages = [ended.map { _ in 2.0 }, cut.map { _ in -1.0 }]
    try expectEqual { learner in
      let part = try learner.addPolicyGradient(
        sampled, drawn: [nil, nil], advantages: advantages, ratioClip: 0.2, weight: 0.5,
        preference: PolicyLearner.DrawnPreference(
          reference: reference, beta: 0.1, anchor: 0.3, weight: 2), sparing: end)
      #expect(part.loss > 0)
    } _: { learner in
      _ = try learner.addPolicyGradient(
        sampled, drawn: [nil, nil], advantages: advantages, ratioClip: 0.2, weight: 0.5,
        sparing: end)
      _ = try learner.addPreference(
        [sampled], reference: [reference], beta: 0.1, anchor: 0.3, weight: 2, sparing: end)
    }
  }

  @Test func eachTokenHasItsOwnAdvantage() throws {
    try expectEqual { learner in
      let sampled = RankedExample(prompt: prompt, completions: [ended], pairs: [])
      let drawn = try PolicyLearner.sums(
        [sampled], adapter: nil, pass: TrainingPass(model: model))[0]
      _ = try learner.addPolicyGradient(
        sampled, drawn: drawn, advantages: [[2, 2, 0, 0]], ratioClip: 0.2)
    } _: {
      // The mean over two of four tokens.
      _ = try $0.addSupervised(
        [
          SupervisedExample(
            prompt: prompt, completion: ended, trained: [true, true, false, false])
        ], weight: 2.0 * 2 / 4)
    }
  }

  @Test func oldDrawsCountByTheirRatioAndNotWhenTheyHaveComeFar() throws {
    try expectEqual {
      try addDraws([ended, cut], [2, -1], ratios: [1.1, 0.7], to: $0)
    } _: {
      _ = try $0.addSupervised(
        [SupervisedExample(prompt: prompt, completion: ended)], weight: 1.1 * 2 / 2)
    }
  }

  @Test func aWorseDrawsEndIsSpared() throws {
    try expectEqual {
      try addDraws([ended], [-1], sparing: end, to: $0)
    } _: {
      _ = try $0.addSupervised(
        [
          SupervisedExample(
            prompt: prompt, completion: ended, trained: [true, true, true, false])
        ], weight: -3.0 / 4)
    }
    // A better one's is made more likely.
    try expectEqual {
      try addDraws([ended], [1], sparing: end, to: $0)
    } _: {
      _ = try $0.addSupervised([SupervisedExample(prompt: prompt, completion: ended)])
    }
  }

  @Test func aRejectedEndIsSparedAndACutAnswerIsNoExample() throws {
    let ranked = RankedExample(
      prompt: prompt, completions: [cut, ended], pairs: Pair.all(tiers: [1, 2]))
    let reference = try PolicyLearner.sums(
      [ranked], adapter: nil, pass: TrainingPass(model: model))
    // At the reference the slope of −log σ is 1/2; the mean loss of four tokens is a quarter each.
    try expectEqual {
      _ = try $0.addPreference(
        [ranked], reference: reference, beta: 0.1, anchor: 5, sparing: end)
    } _: {
      _ = try $0.addSupervised(
        [SupervisedExample(prompt: prompt, completion: cut)], weight: 0.05 * 4)
      _ = try $0.addSupervised(
        [
          SupervisedExample(
            prompt: prompt, completion: ended, trained: [true, true, true, false])
        ], weight: -0.05 * 3)
    }
  }
}
