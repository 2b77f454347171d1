import Feedback
import Testing

@testable import Trainer

@Suite struct GateTests {
  private func pairs(_ new: [Double], _ current: [Double]) -> [Gate.Evidence.Pair] {
    zip(new, current).map { Gate.Evidence.Pair(new: $0, current: $1) }
  }

  private func figures(
    words: Double = 40, repetition: Double = 0.01, distinct: Double = 0.9, fluency: Double = -1.5
  ) -> DrawFigures {
    var figures = DrawFigures(MeasuredAnswers())
    figures.words = words
    figures.repetition = repetition
    figures.distinct = distinct
    figures.fluency = fluency
    return figures
  }

  @Test func withoutEvidenceAPolicyMayBeUsed() {
    #expect(Gate.objection(Gate.Evidence()) == nil)
  }

  @Test func worseBeyondNoiseIsNotUsed() throws {
    var evidence = Gate.Evidence()
    evidence.accuracies = pairs([0.5, 0.6, 0.4, 0.5], [0.8, 0.8, 0.8, 0.9])
    #expect(try #require(Gate.objection(evidence)).contains("held-out rankings"))
    // The same mean difference, but once better: noise.
    evidence.accuracies = pairs([0.5, 0, 1, 0.5], [0.8, 0.8, 0.8, 0.9])
    #expect(Gate.objection(evidence) == nil)
    evidence.accuracies = pairs([0.5, 0.5], [1, 1])
    #expect(Gate.objection(evidence) == nil)
    evidence.likelihoods = pairs([-3, -2.5, -2.8], [-2, -2, -2])
    #expect(try #require(Gate.objection(evidence)).contains("demonstrations"))
  }

  @Test func aPolicyThatLeavesTheLanguageIsNotUsed() throws {
    var evidence = Gate.Evidence()
    evidence.draws = (figures(), figures())
    #expect(Gate.objection(evidence) == nil)
    for (policy, word) in [
      (figures(words: 1), "words long"), (figures(fluency: -2.6), "less likely"),
      (figures(repetition: 0.3), "repeat"), (figures(distinct: 0.4), "alike"),
    ] {
      evidence.draws = (policy, figures())
      #expect(try #require(Gate.objection(evidence)).contains(word))
    }
  }

  @Test func halfOfWhatWentTooFarIsTried() {
    var evidence = Gate.Evidence()
    #expect(!Gate.isTooFar(evidence, budget: 0.2))
    var far = figures()
    far.divergence = 0.35
    evidence.draws = (far, figures())
    #expect(Gate.isTooFar(evidence, budget: 0.2))
    #expect(!Gate.isTooFar(evidence, budget: 0.3))
    // The language is about to be left: not yet an objection.
    evidence.draws = (figures(fluency: -2.1), figures())
    #expect(Gate.isTooFar(evidence, budget: 1) && Gate.objection(evidence) == nil)
    evidence.draws = (figures(distinct: 0.4), figures())
    #expect(Gate.isTooFar(evidence, budget: 1))
    evidence.draws = (figures(fluency: -1.8), figures())
    #expect(!Gate.isTooFar(evidence, budget: 1))
  }

  @Test func whatIsNoFartherThanThePolicyInUseIsNotHalved() {
    var evidence = Gate.Evidence()
    var far = figures()
    far.divergence = 0.35
    evidence.draws = (far, figures())
    evidence.current = far
    #expect(!Gate.isTooFar(evidence, budget: 0.2))
    evidence.current?.divergence = 0.3
    #expect(Gate.isTooFar(evidence, budget: 0.2))
    evidence.draws = (figures(fluency: -2.1), figures())
    evidence.current = figures(fluency: -2.1)
    #expect(!Gate.isTooFar(evidence, budget: 1))
    evidence.current = figures(fluency: -1.9)
    #expect(Gate.isTooFar(evidence, budget: 1))
    evidence.draws = (figures(distinct: 0.4), figures())
    evidence.current = figures(distinct: 0.4)
    #expect(!Gate.isTooFar(evidence, budget: 1))
  }

  @Test func rankingsThatCannotBeForeseenAreNotLearnt() throws {
    var evidence = Gate.Evidence()
    evidence.foreseen = PairCount(correct: 104, total: 200)
    #expect(try #require(Gate.objection(evidence)).contains("104 right"))
    // More may be known than was right, of so few.
    evidence.foreseen = PairCount(correct: 40, total: 76)
    #expect(Gate.objection(evidence) == nil)
    evidence.foreseen = PairCount(correct: 140, total: 200)
    #expect(Gate.objection(evidence) == nil)
    evidence.foreseen = PairCount(correct: 0, total: 30)
    #expect(Gate.objection(evidence) == nil)
  }

  @Test func whatIsMadeAnewStaysFartherFromTheLimits() {
    var base = figures()
    base.ended = 0.4
    func isNear(_ change: (inout DrawFigures) -> Void) -> Bool {
      var policy = base
      change(&policy)
      return Gate.isNearLimits(policy, base: base)
    }
    #expect(!isNear { _ in })
    #expect(!isNear { ($0.distinct, $0.fluency, $0.ended) = (0.8, -1.85, 0.9) })
    #expect(isNear { $0.distinct = 0.75 })
    #expect(isNear { $0.fluency = -1.95 })
    #expect(isNear { $0.ended = 0.35 })
    #expect(isNear { $0.repetition = 0.06 })
  }

  @Test func figuresOfAnswers() {
    let figures = DrawFigures(
      MeasuredAnswers(
        texts: ["one two three four one two three four", "One two."], logprobs: [-10, -2],
        reference: [-14, -4], tokens: 12, ended: 1))
    #expect(MeasuredAnswers().figures == nil)
    #expect(figures.ended == 0.5)
    #expect(figures.words == 5)
    // Of five groups of four words one is there twice.
    #expect(abs(figures.repetition - 0.1) < 1e-12)
    // Eight pairs, of which one-two stands three times, two-three and three-four twice.
    #expect(figures.distinct == 0.5)
    #expect(figures.fluency == -1.5)
    #expect(figures.divergence == 0.5)
  }
}
