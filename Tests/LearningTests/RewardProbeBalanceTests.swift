import Feedback
import Testing

@testable import Learning

/// Prompts of sixty features, a few of which want the opposite of most: the first feature tells which.
@Suite struct RewardProbeBalanceTests {
  private static let prompt = 60
  private let layout = RewardProbe.Layout(
    blocks: 1, width: 1, prompt: prompt, form: 1,
    formParts: [.init([0], isContrasted: true), .init([0], dependsOnPrompt: false)])

  private func prompts(_ count: Int, rare: (Int) -> Bool, seed: UInt64) -> [[Float]] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { index in
      var row = (0..<Self.prompt).map { _ in Float(random.uniform() * 2 - 1) }
      row[0] = rare(index) ? 4 : -0.5
      return row
    }
  }

  private func example(_ prompt: [Float], group: Int, likesForm: Bool) -> RewardProbe.Example {
    RewardProbe.Example(
      features: [1, 0].map { [0] + prompt + [$0] },
      pairs: Pair.all(tiers: likesForm ? [1, 2] : [2, 1]), group: UInt64(group))
  }

  private func preference(_ probe: RewardProbe, _ prompt: [Float]) -> Double {
    probe.score(of: [0] + prompt + [1]) - probe.score(of: [0] + prompt + [0])
  }

  private func isRare(_ index: Int) -> Bool { index % 8 == 0 }

  @Test func whatFewWantIsFoundAtOtherPrompts() throws {
    let known = prompts(40, rare: isRare, seed: 1)
    let examples = known.enumerated().map {
      example($1, group: $0, likesForm: isRare($0))
    }
    let pool = prompts(64, rare: isRare, seed: 2)
    let probe = try #require(
      RewardProbe(examples, layout: layout, heads: 2, prompts: pool, contrast: 1))
    let balance = try #require(probe.balance)
    #expect(balance.sides.sorted() == [5, 35])
    #expect(balance.leans[0] > balance.leans[1])
    let unseen = prompts(400, rare: isRare, seed: 3)
    let rare = unseen.indices.filter(isRare)
    let right = rare.count { preference(probe, unseen[$0]) > 0 }
    let others = unseen.indices.count { !isRare($0) && preference(probe, unseen[$0]) < 0 }
    #expect(Double(right) > 0.8 * Double(rare.count))
    #expect(Double(others) > 0.95 * Double(unseen.count - rare.count))
    // Every head is moved, so that they disagree as before.
    let differences = [0, 1].map { head in
      Double(
        probe.scores(of: [0] + unseen[0] + [1])[head]
          - probe.scores(of: [0] + unseen[0] + [0])[head])
    }
    #expect(differences.allSatisfy { $0 > 0 })
  }

  @Test func theBorderIsInTheMiddleAsFarAsThatIsSure() {
    // Far apart beside what is chance: the middle, less what two more of the fewer would leave.
    let apart = [[3.0, 3.1, 2.9, 3], [-5, -5.1, -4.9, -5, -5, -5]]
    #expect(abs(RewardProbe.border(apart) - -1 * 4.0 / 6) < 0.01)
    // The difference is 1, its variance by chance 1 (for both kinds) times 1/2 + 1/2.
    #expect(abs(RewardProbe.border([[4, 6], [3, 5]])) < 1e-9)
    let less = RewardProbe.border([[4.5, 5.5], [3.5, 4.5]])
    #expect(abs(less - 4.5 * 0.5 * 0.5) < 1e-9)
    // The other way round there is nothing that is foreseen.
    #expect(RewardProbe.border([[-1, -1.1], [2, 2.1]]) == 0)
    #expect(RewardProbe.border([[3], [-5, -5.1]]) == 0)
    #expect(RewardProbe.border([[], [-5, -5.1]]) == 0)
  }

  @Test func rankingsReversedByChanceMoveLittle() throws {
    // All want the same, and a fifth of the rankings are wrong: there are no two kinds of prompts.
    var right = 0
    var rightUnmoved = 0
    for seed: UInt64 in 0..<8 {
      let known = prompts(60, rare: isRare, seed: 4 + 100 * seed)
      var random = SplitMix64(seed: seed)
      let examples = known.enumerated().map {
        example($1, group: $0, likesForm: random.uniform() > 0.2)
      }
      let pool = prompts(64, rare: isRare, seed: 5 + 100 * seed)
      func rightOfUnseen(prompts pool: [[Float]]) throws -> Int {
        let probe = try #require(
          RewardProbe(examples, layout: layout, heads: 2, prompts: pool, contrast: 1))
        return prompts(100, rare: isRare, seed: 6 + 100 * seed).count { preference(probe, $0) > 0 }
      }
      right += try rightOfUnseen(prompts: pool)
      // With a single prompt there are no sides.
      rightUnmoved += try rightOfUnseen(prompts: [])
    }
    #expect(right > rightUnmoved - 16, "\(right) and \(rightUnmoved) of 800")
  }

  @Test func aNumberOfTheFormHasAPlaceByItself() throws {
    let layout = RewardProbe.Layout(
      blocks: 2, width: 3, prompt: 4, form: 3,
      formParts: [.init([0, 1], dependsOnPrompt: false), .init([1, 2])])
    #expect(layout.formPart == 10..<13)
    #expect(layout.place(ofNumber: 0) == nil)
    let place = try #require(layout.place(ofNumber: 2))
    var row = [Float](repeating: 0, count: layout.count)
    row[12] = 1
    let expanded = layout.expanded(row)
    #expect(expanded[place.index] == place.factor)
    #expect(expanded.filter { $0 != 0 }.count == 1)
  }
}
