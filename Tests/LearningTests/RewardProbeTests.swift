import Feedback
import Foundation
import Testing

@testable import Learning

@Suite struct RewardProbeTests {
  private let twoBlocks = RewardProbe.Layout(blocks: 2, width: 8)

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
    let probe = try #require(RewardProbe(Array(all[..<30]), layout: twoBlocks, heads: 4))
    #expect(probe.heads.count == 4)
    #expect(Set(probe.heads).count == 4)
    #expect(accuracy(probe, on: Array(all[30...])) > 0.85)
    #expect(probe.blockWeights[1] > 0.9)
    #expect(abs(probe.blockWeights.reduce(0, +) - 1) < 1e-9)
    #expect(probe.skill > 0.2)
    #expect(probe.foreseen.total == 30 * 6)
    #expect(Double(probe.foreseen.correct) > 0.8 * 180)
  }

  @Test func theHeadsMeanIsTheFitOfAllExamples() throws {
    // Of three prompts a bootstrap often leaves one out.
    let few = Array(examples(60)[..<3])
    let one = try #require(RewardProbe(few, layout: twoBlocks, heads: 1))
    let four = try #require(RewardProbe(few, layout: twoBlocks, heads: 4))
    for example in examples(5) {
      for row in example.features {
        let scores = four.scores(of: row)
        #expect(abs(scores.reduce(0, +) / 4 - one.scores(of: row)[0]) < 1e-4)
        #expect(Set(scores).count == 4)
      }
    }
  }

  @Test func centeredScoresAreKnownForWhatTheyAreWorth() throws {
    let all = examples(30)
    let probe = try #require(RewardProbe(all, layout: twoBlocks, heads: 4))
    let rows = Array(all[0].features + all[1].features)
    let centered = probe.centered(on: rows)
    #expect(abs(rows.reduce(0) { $0 + centered.score(of: $1) }) < 1e-4)
    #expect(abs(rows.reduce(0) { $0 + probe.score(of: $1) }) > 0.1)
    for row in all[2].features {
      // By the same for all heads, and again for one that is centred already.
      let shifts = zip(probe.scores(of: row), centered.scores(of: row)).map { $0 - $1 }
      #expect(shifts.allSatisfy { abs($0 - centered.center) < 1e-5 })
      #expect(abs(centered.stretched(by: 2).score(of: row) - 2 * centered.score(of: row)) < 1e-4)
      #expect(abs(probe.centered(on: []).score(of: row) - probe.score(of: row)) < 1e-9)
      #expect(abs(centered.centered(on: [row]).score(of: row)) < 1e-4)
    }
  }

  @Test func knowsThatItKnowsNothingOfRandomRankings() throws {
    let probe = try #require(RewardProbe(examples(40, random: true), layout: twoBlocks, heads: 4))
    #expect(probe.skill < 0.02)
    #expect(Double(probe.foreseen.correct) < 0.6 * Double(probe.foreseen.total))
  }

  @Test func skillCountsOnlyWhatIsLikely() {
    func skill(_ margins: [Double]) -> Double {
      RewardProbe.skill(margins, groups: margins.indices.map { UInt64($0) })
    }
    // A guess has none, and two prompts that are alike little.
    #expect(skill([0, 0, 0, 0, 0, 0, 0, 0]) == 0)
    #expect(skill([1, 2]) < 0.1)
    #expect(skill([1, -2, 3, -4, 1, -2]) == 0)
    // Sixteen, and as many that are added: mean 1/2, variance 1/4, so 0.5 / √32 for the error, and 0.682 of
    // them. How large the margins are does not matter.
    let all = skill((1...16).map { Double($0) })
    #expect(abs(all - (0.5 - 0.682 * 0.5 / 32.0.squareRoot())) < 1e-3)
    #expect(skill((1...15).map { Double($0) } + [-900]) < all)
    // The pairs of a prompt are one observation.
    let two = RewardProbe.skill(
      [Double](repeating: 4, count: 12), groups: (0..<12).map { $0 / 6 })
    #expect(abs(two - skill([1, 2])) < 1e-9)
  }

  /// Slates whose taste is the first number of the form where the prompt's first feature is above 0, and
  /// its opposite elsewhere.
  private func formExamples(_ count: Int) -> [RewardProbe.Example] {
    var generator = SplitMix64(seed: 8)
    return (0..<count).map { group in
      let prompt = (0..<3).map { _ in Float(generator.uniform() * 2 - 1) }
      let rows = (0..<4).map { _ in
        (0..<4).map { _ in Float(generator.uniform() * 2 - 1) } + prompt
          + (0..<2).map { _ in Float(generator.uniform() * 2 - 1) }
      }
      let order = rows.indices.sorted { a, b in
        prompt[0] > 0 ? rows[a][7] > rows[b][7] : rows[a][7] < rows[b][7]
      }
      var tiers = [Int](repeating: 0, count: 4)
      for (tier, index) in order.enumerated() { tiers[index] = tier + 1 }
      return RewardProbe.Example(
        features: rows, pairs: Pair.all(tiers: tiers), group: UInt64(group))
    }
  }

  @Test func aTasteInFormMayDependOnThePrompt() throws {
    let all = formExamples(60)
    let layout = RewardProbe.Layout(blocks: 1, width: 4, prompt: 3, form: 2)
    let probe = try #require(RewardProbe(Array(all[..<40]), layout: layout, heads: 4))
    #expect(probe.heads.allSatisfy { $0.count == 4 + 2 * (1 + 3) })
    #expect(accuracy(probe, on: Array(all[40...])) > 0.85)
    #expect(probe.blockWeights[1] > 0.9)
    // Without the prompt there is nothing to be known.
    let blind = RewardProbe.Layout(blocks: 1, width: 4, form: 2)
    let blindExamples = all[..<40].map { example in
      RewardProbe.Example(
        features: example.features.map { Array($0[..<4] + $0[7...]) }, pairs: example.pairs,
        group: example.group)
    }
    let other = try #require(RewardProbe(blindExamples, layout: blind, heads: 4))
    #expect(other.skill == 0)
  }

  @Test func aPartOfTheFormIsAModelOfItsOwn() throws {
    // The second number of the form has nothing to say; the part without it wins.
    let all = formExamples(60)
    let layout = RewardProbe.Layout(
      blocks: 1, width: 4, prompt: 3, form: 2, formParts: [.init([1]), .init([0])])
    #expect(layout.models == 3)
    #expect(layout.range(ofModel: 2) == 8..<12)
    let probe = try #require(RewardProbe(Array(all[..<40]), layout: layout, heads: 4))
    #expect(probe.heads.allSatisfy { $0.count == 4 + 4 + 4 })
    #expect(probe.blockWeights[2] > 0.95)
    #expect(accuracy(probe, on: Array(all[40...])) > 0.85)
  }

  @Test func evidenceIsTheIntegralOverThePrior() {
    // Of one weight it can be summed up: the prior times the likelihood of three pairs.
    let ridge = 4.0
    let differences: [Float] = [1.5, 0.4, -0.7]
    let weights = [1, 0.3, 1]
    var regression = PairwiseRegression(width: 1, ridge: ridge)
    for difference in differences { regression.add([difference], over: [0]) }
    var integral = 0.0
    for step in -20_000...20_000 {
      let w = Double(step) / 1000
      var likelihood = exp(-ridge / 2 * w * w) * (ridge / (2 * .pi)).squareRoot()
      for (difference, weight) in zip(differences, weights) {
        likelihood *= pow(1 / (1 + exp(-w * Double(difference))), weight)
      }
      integral += likelihood / 1000
    }
    #expect(abs(regression.evidence(weights: weights) - log(integral)) < 0.01)
    // What has no weight does not count.
    #expect(regression.evidence(weights: [0, 0, 0]) == 0)
  }

  @Test func whatIsUsualOfPromptsComesFromAllOfThem() throws {
    // All rankings are of prompts whose feature is 1: the first of the form is liked there. Of their
    // opposite, −1, the same is not said where both are known to be there.
    var generator = SplitMix64(seed: 4)
    let examples = (0..<12).map { group in
      let rows = (0..<2).map { [Float(generator.uniform()), 1, Float($0)] }
      return RewardProbe.Example(
        features: rows, pairs: Pair.all(tiers: [2, 1]), group: UInt64(group))
    }
    let layout = RewardProbe.Layout(blocks: 1, width: 1, prompt: 1, form: 1)
    func margin(_ probe: RewardProbe, prompt: Float) -> Float {
      probe.scores(of: [0, prompt, 1])[0] - probe.scores(of: [0, prompt, 0])[0]
    }
    let blind = try #require(RewardProbe(examples, layout: layout, heads: 1))
    let knowing = try #require(
      RewardProbe(examples, layout: layout, heads: 1, prompts: [[1], [-1], [1], [-1]]))
    #expect(margin(blind, prompt: 1) > 1)
    #expect(margin(knowing, prompt: 1) > 1)
    #expect(margin(blind, prompt: -1) > 0.9 * margin(blind, prompt: 1))
    #expect(margin(knowing, prompt: -1) < 0)
  }

  @Test func whatIsLeftOnTopTellsWhatAPromptAsksFor() throws {
    // Two kinds of prompts have rankings with pairs, and like opposite forms. At two more kinds, each half
    // like the one and half like the other, all completions have one form and are tied.
    let kinds: [(prompt: [Float], forms: [Float], tiers: [Int])] = [
      ([1, 1], [1, 0], [1, 2]), ([-1, -1], [1, 0], [2, 1]), ([1, -1], [0, 0], [1, 1]),
      ([-1, 1], [1, 1], [1, 1]),
    ]
    let examples = (0..<24).map { group in
      let kind = kinds[group % 4]
      return RewardProbe.Example(
        features: kind.forms.map { [0] + kind.prompt + [$0] }, pairs: Pair.all(tiers: kind.tiers),
        group: UInt64(group))
    }
    var skills: [Double] = []
    func margins(isContrasted: Bool, contrast: Double) throws -> [Float] {
      let layout = RewardProbe.Layout(
        blocks: 1, width: 1, prompt: 2, form: 1,
        formParts: [.init([0], isContrasted: isContrasted)])
      let probe = try #require(
        RewardProbe(examples, layout: layout, heads: 1, contrast: contrast))
      #expect(probe.foreseen.total == 12)
      skills.append(probe.skill)
      return kinds.map {
        probe.scores(of: [0] + $0.prompt + [1])[0] - probe.scores(of: [0] + $0.prompt + [0])[0]
      }
    }
    let without = try margins(isContrasted: true, contrast: 0)
    #expect(abs(without[2]) < 0.1 * without[0] && abs(without[3]) < 0.1 * without[0])
    let with = try margins(isContrasted: true, contrast: 1)
    #expect(with[0] > 1 && with[1] < -1)
    #expect(with[2] < -0.3 * with[0] && with[3] > 0.3 * with[0])
    #expect(try margins(isContrasted: false, contrast: 1) == without)
    // That it foresees what is left on top of others counts as knowledge.
    #expect(skills[1] > skills[0] + 0.05 && skills[2] == skills[0])
  }

  @Test func anAnswerAloneTellsWhatItsPromptAsksFor() throws {
    let layout = RewardProbe.Layout(
      blocks: 1, width: 1, prompt: 2, form: 1, formParts: [.init([0], isContrasted: true)])
    let ranked = (0..<6).map { group in
      RewardProbe.Example(
        features: [[0, 1, 0, 1], [0, 1, 0, 0]], pairs: Pair.all(tiers: [1, 2]),
        group: UInt64(group))
    }
    let shown = (6..<12).map { group in
      RewardProbe.Example(
        features: [[0, 0, 1, 0]], pairs: [], group: UInt64(group), isForeseen: false)
    }
    func margin(_ probe: RewardProbe) -> Float {
      probe.scores(of: [0, 0, 1, 1])[0] - probe.scores(of: [0, 0, 1, 0])[0]
    }
    let prompts: [[Float]] = [[1, 0], [0, 1], [1, 0], [0, 1]]
    let without = try #require(
      RewardProbe(ranked, layout: layout, heads: 1, prompts: prompts, contrast: 1))
    let with = try #require(
      RewardProbe(ranked + shown, layout: layout, heads: 1, prompts: prompts, contrast: 1))
    #expect(margin(with) < 0 && margin(with) < margin(without))
    #expect(with.scores(of: [0, 1, 0, 1])[0] > with.scores(of: [0, 1, 0, 0])[0])
  }

  @Test func whatFailsIsWorseUnlessRankingsSayOtherwise() throws {
    // The first number of the form is what rankings are about; the second is high where a text fails.
    let layout = RewardProbe.Layout(
      blocks: 1, width: 1, prompt: 1, form: 2, formParts: [.init([0, 1])],
      failings: [TextForm.Failing(number: 1, difference: 1)])
    func margin(failure: Double, failingsPreferred: Int) throws -> Float {
      let examples = (0..<12).map { group in
        let fails = Float(group % 4 == 0 ? 1 : 0)
        let isPreferred = group < failingsPreferred
        return RewardProbe.Example(
          features: isPreferred
            ? [[0, 0, 0.5, 1], [0, 0, 0.5, 0]] : [[0, 0, 1, fails], [0, 0, 0, fails]],
          pairs: Pair.all(tiers: [1, 2]), group: UInt64(group))
      }
      let probe = try #require(
        RewardProbe(examples, layout: layout, heads: 2, failure: failure))
      #expect(probe.foreseen.total == 12)
      return probe.scores(of: [0, 0, 0, 0])[0] - probe.scores(of: [0, 0, 0, 1])[0]
    }
    #expect(abs(try margin(failure: 0, failingsPreferred: 0)) < 0.1)
    #expect(try margin(failure: 2, failingsPreferred: 0) > 0.5)
    #expect(try margin(failure: 2, failingsPreferred: 10) < 0)
  }

  @Test func whatIsOnlyLearntFromIsNotForeseen() throws {
    let all = examples(60)
    let few = Array(all[..<6])
    let evidence = all[6..<30].map { example in
      RewardProbe.Example(
        features: example.features, pairs: example.pairs, group: example.group, weight: 0.5,
        isForeseen: false)
    }
    let without = try #require(RewardProbe(few, layout: twoBlocks, heads: 4))
    let with = try #require(RewardProbe(few + evidence, layout: twoBlocks, heads: 4))
    #expect(with.foreseen.total == without.foreseen.total)
    #expect(with.foreseen.correct >= without.foreseen.correct)
    let unseen = Array(all[30...])
    #expect(accuracy(with, on: unseen) > max(0.8, accuracy(without, on: unseen)))
    #expect(RewardProbe(evidence, layout: twoBlocks, heads: 4) == nil)
    // Of weight 0 it changes nothing but what is usual.
    let none = evidence.map { example in
      var example = example
      example.weight = 0
      return example
    }
    let same = try #require(RewardProbe(few + none, layout: twoBlocks, heads: 4))
    #expect(same.foreseen.total == without.foreseen.total)
  }

  @Test func headsDisagreeAboutDifferences() {
    #expect(RewardProbe.disagreement([[1, 2], [3, 4]]) < 1e-5)
    #expect(abs(RewardProbe.disagreement([[1, 2], [2, 1]]) - 1) < 1e-5)
    #expect(RewardProbe.disagreement([[1, 2]]) == 0)
  }

  @Test func tiesSayWhereWhatIsLikedEnds() throws {
    // The shorter is preferred down to 3; what is shorter still is tied. The second number tells them apart.
    func row(_ length: Float) -> [Float] { [0, 0, length, max(0, 3 - length)] }
    let layout = RewardProbe.Layout(
      blocks: 1, width: 2, form: 2, formParts: [.init([0, 1], dependsOnPrompt: false)])
    func examples(tieWeight: Double) -> [RewardProbe.Example] {
      (0..<20).map { group in
        let isTied = group.isMultiple(of: 2)
        let lengths: [Float] = isTied ? [1, 2, 3] : [3, 4, 6]
        return RewardProbe.Example(
          features: lengths.map(row), pairs: isTied ? [] : Pair.all(tiers: [1, 2, 3]),
          group: UInt64(group), tieWeight: tieWeight)
      }
    }
    func margins(tieWeight: Double) throws -> (tied: Float, ranked: Float) {
      let probe = try #require(
        RewardProbe(examples(tieWeight: tieWeight), layout: layout, heads: 1))
      func score(_ length: Float) -> Float { probe.scores(of: row(length))[0] }
      return (score(1) - score(3), score(3) - score(6))
    }
    let without = try margins(tieWeight: 0)
    let with = try margins(tieWeight: 0.5)
    #expect(without.tied > 0.3 * without.ranked)
    #expect(with.ranked > 1)
    #expect(abs(with.tied) < 0.15 * with.ranked)
  }

  @Test func whatIsTiedIsWhatNoPairTellsApart() {
    func ties(_ tiers: [Int], weight: Double = 1) -> [[Int]] {
      RewardProbe.Example(
        features: tiers.map { _ in [] }, pairs: Pair.all(tiers: tiers), group: 1,
        tieWeight: weight
      ).ties
    }
    #expect(ties([1, 1, 2, 3]) == [[0, 1], [0, 1], [], []])
    #expect(ties([1, 1]) == [[0, 1], [0, 1]])
    #expect(ties([1, 2]) == [[], []])
    #expect(ties([1, 1], weight: 0).isEmpty)
  }

  @Test func tiesAloneTeachNothing() {
    let tied = examples(3).map {
      RewardProbe.Example(features: $0.features, pairs: [], group: $0.group, tieWeight: 1)
    }
    #expect(RewardProbe(tied, layout: twoBlocks, heads: 4) == nil)
    let form = RewardProbe.Layout(
      blocks: 1, width: 8, form: 8, formParts: [.init(Array(0..<8), isContrasted: true)])
    #expect(RewardProbe(tied, layout: form, heads: 4, contrast: 1) == nil)
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
      regression.add(a[...], over: b[...], isTie: rows.count % 3 == 1)
      rows.append((a, b))
    }
    let w = regression.solve(weights: weights)
    for unit in 0..<width {
      var gradient = 0.3 * Double(w[unit])
      for (index, (row, weight)) in zip(rows, weights).enumerated() {
        let margin = (0..<width).reduce(0.0) { $0 + Double(w[$1] * (row.a[$1] - row.b[$1])) }
        // A tie is half a win for each.
        let error = (index % 3 == 1 ? 0.5 : 1) - 1 / (1 + exp(-margin))
        gradient -= weight * error * Double(row.a[unit] - row.b[unit])
      }
      #expect(abs(gradient) < 1e-3)
    }
    #expect(w.contains { abs($0) > 0.1 })
    // It does not matter where it starts.
    let again = regression.solve(weights: weights, from: w.map { 3 - $0 })
    for (a, b) in zip(w, again) { #expect(abs(a - b) < 3e-3) }
  }
}
