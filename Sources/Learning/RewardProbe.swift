import Feedback
import Foundation
import LanguageModel

/// A reward model that is linear in what the frozen base says of a completion
/// (``CompletionFeatures``) and in its form (``TextForm``): it learns a labeler's taste from ten rankings,
/// in a moment.
///
/// Each block of features has its own Bradley-Terry model with a Gaussian prior; they are averaged with
/// weights by their evidence, how likely each finds the rankings before it has seen them, and the
/// whole is made several times, each on a bootstrap of the prompts. What is liked of the form may depend on
/// what was asked: a block of form is every number of it by itself and times every feature of the prompt.
public struct RewardProbe: Sendable {
  public let layout: Layout
  /// Subtracted from a completion's features, and what they are then multiplied by.
  public private(set) var mean: [Float]
  public private(set) var scale: [Float]
  /// One per head, as long as the layout says; their mean is the fit of all examples.
  public internal(set) var heads: [[Float]]
  /// How much each block counts; they add up to 1.
  public private(set) var blockWeights: [Double]
  /// How much it likely knows of rankings of prompts that it has not seen: the share of their pairs, and of what
  /// was left on top of them beside the average form, that it has right less that which it has wrong, by
  /// cross-validation, at the lower end of its interval over prompts; 0 for a guess, 1 for certainty.
  public private(set) var skill: Double
  /// Pairs of prompts that a fit had not seen, and how many it had right.
  public private(set) var foreseen: PairCount
  /// What is subtracted from every head's score; 0 until the scores are centred.
  public internal(set) var center: Float = 0
  /// How the border between two sides of what prompts differ in was moved when it was fitted; nil when it was not.
  public internal(set) var balance: Balance?

  /// One that was fitted before.
  public init(
    layout: Layout, mean: [Float], scale: [Float], heads: [[Float]], blockWeights: [Double],
    skill: Double, foreseen: PairCount, center: Float = 0
  ) {
    precondition(mean.count == layout.count && scale.count == layout.count)
    precondition(heads.allSatisfy { $0.count == layout.expandedCount })
    self.layout = layout
    self.mean = mean
    self.scale = scale
    self.heads = heads
    self.blockWeights = blockWeights
    self.skill = skill
    self.foreseen = foreseen
    self.center = center
  }

  /// The weight of the prior against a pair.
  static let ridge = 0.05
  /// Parts that cross-validation cuts the prompts into.
  static let folds = 5

  /// What the log evidence counts in the blocks' weights: the pairs of a slate are not as many independent
  /// observations.
  static let evidenceShare = 0.5
  /// The newest pairs, so many, that it is of, and as many others that are known.
  static let evidencePairs = 300

  /// How much the form counts by itself beside what it counts for a typical prompt, as a factor of its
  /// features.
  static let unasked: Float = 0.5

  /// Fits examples; nil without a strict pair to foresee.
  ///
  /// - Parameters:
  ///   - heads: how many bootstraps.
  ///   - prompts: the features of prompts of all kinds, which say what is usual. Rankings that tell something
  ///     are often of one kind; what was learnt of them is not carried over to its opposite.
  ///   - contrast: what it counts, in strict pairs, that the form of what was left on top of a ranking, which
  ///     may be all of it, fits the prompt better than the average form; for the parts of the form that the
  ///     layout says. Where a prompt asks for one form plainly, all completions have it and are tied, and
  ///     only this tells it from the prompts that ask for another.
  ///   - failure: what it counts, in strict pairs, that a completion which fails in one of the layout's ways is worse
  ///     than one that does not. Rankings overrule it, but it need not be learnt of them.
  public init?(
    _ examples: [Example], layout: Layout, heads: Int, prompts: [[Float]] = [],
    contrast: Double = 0, failure: Double = 0, seed: UInt64 = 0
  ) {
    guard examples.contains(where: { $0.isForeseen && !$0.pairs.isEmpty }) else { return nil }
    let (mean, scale) = Self.usual(examples, prompts: prompts, layout: layout)
    let rows = examples.map { example in
      example.features.map { layout.expanded(Self.normalized($0, mean: mean, scale: scale)) }
    }
    let failings = layout.failings.map { failing in
      layout.expanded(zip(layout.difference(of: failing), scale).map { $0 * $1 })
    }
    let blocks = (0..<layout.models).map { model in
      Block(
        examples, rows: rows, range: layout.range(ofModel: model),
        contrast: layout.isContrasted(model) ? contrast : 0, failings: failings,
        failure: model < layout.blocks ? 0 : failure)
    }
    let best = blocks.map(\.evidence).max()!
    let shares = blocks.map { exp(Self.evidenceShare * ($0.evidence - best)) }
    let total = shares.reduce(0, +)
    let blockWeights = shares.map { $0 / total }
    let folds = Folds(examples)
    let validated = zip(blocks, blockWeights).map { block, weight in
      let solutions = block.solutions(folds)
      return (
        weight: weight, solutions: solutions, margins: block.margins(solutions, folds: folds)
      )
    }
    let owners = examples.flatMap { example in example.pairs.map { _ in example } }
    let foreseenPairs = owners.indices.filter { owners[$0].isForeseen }
    let combined = foreseenPairs.map { pair in
      validated.reduce(0) { $0 + $1.weight * $1.margins.pairs[pair] }
    }
    // The pairs of a ranking whose prompt was chosen for what it tells are the hardest; whether the form of
    // what was left on top fits can be foreseen of every prompt.
    let tops = blocks.map(\.topGroups).max { $0.count < $1.count }!
    let combinedTops = tops.indices.map { top in
      validated.reduce(0) { $0 + ($1.margins.tops.isEmpty ? 0 : $1.weight * $1.margins.tops[top]) }
    }
    let slope = Self.calibration(combined)
    self.layout = layout
    (self.mean, self.scale) = (mean, scale)
    self.blockWeights = blockWeights
    foreseen = PairCount(correct: combined.count { $0 > 0 }, total: combined.count)
    skill = Self.skill(
      combined + combinedTops, groups: foreseenPairs.map { owners[$0].group } + tops)
    self.heads = Self.centred(
      (0..<heads).map { head in
        zip(blocks, blockWeights).flatMap { block, weight -> [Float] in
          guard weight >= 0.01 else { return [Float](repeating: 0, count: block.solution.count) }
          let solution = block.solve { Bootstrap.weight(head: head, group: $0, seed: seed) }
          return solution.map { $0 * Float(weight * slope) }
        }
      },
      on: zip(blocks, blockWeights).flatMap { block, weight in
        block.solution.map { weight < 0.01 ? 0 : $0 * Float(weight * slope) }
      })
    balance(examples, prompts: prompts) { example in
      let part = folds.part(of: example.group)
      return validated.flatMap { block in
        block.solutions[part].map { $0 * Float(block.weight * slope) }
      }
    }
  }

  /// Moves heads together so that their mean is a given one: what each bootstrap leaves out says how sure
  /// the whole is, but of few rankings it also takes away what they tell.
  private static func centred(_ heads: [[Float]], on mean: [Float]) -> [[Float]] {
    let shift = mean.indices.map { index in
      mean[index] - heads.reduce(0) { $0 + $1[index] } / Float(heads.count)
    }
    return heads.map { zip($0, shift).map { $0 + $1 } }
  }

  /// What one block of features sees of the rankings: their strict pairs and, after them, what was left on
  /// top beside the average, what is tied, and what is known before any ranking.
  private struct Block {
    private var regression: PairwiseRegression
    /// One per observation, the pairs before the others; nil for what no prompt tells.
    private var groups: [UInt64?] = []
    private var weights: [Double] = []
    private var pairs = 0
    private var tops = 0
    let solution: [Float]
    /// How likely the newest pairs are before any is known.
    let evidence: Double

    /// - Parameters:
    ///   - rows: the completions of each example, as the models read them.
    ///   - range: the block's part of them.
    ///   - contrast: what the best of an example count beside the average; 0 leaves them out.
    ///   - failings: how rows that fail differ from others.
    ///   - failure: what each of them counts; 0 leaves them out.
    init(
      _ examples: [Example], rows: [[[Float]]], range: Range<Int>, contrast: Double,
      failings: [[Float]], failure: Double
    ) {
      regression = PairwiseRegression(width: range.count, ridge: RewardProbe.ridge)
      for (example, rows) in zip(examples, rows) {
        for pair in example.pairs {
          regression.add(rows[pair.preferred][range], over: rows[pair.rejected][range])
          groups.append(example.group)
          weights.append(example.weight)
        }
      }
      pairs = weights.count
      // Of normalised features the average is 0.
      let average = [Float](repeating: 0, count: range.count)
      for (example, rows) in zip(examples, rows) where contrast > 0 {
        let best = example.best.map { rows[$0][range] }
        if best.isEmpty { continue }
        let mean = average.indices.map { index in
          best.reduce(0) { $0 + $1[range.lowerBound + index] } / Float(best.count)
        }
        regression.add(mean[...], over: average[...])
        groups.append(example.group)
        weights.append(contrast)
        tops += 1
      }
      for (example, rows) in zip(examples, rows) {
        for (one, tied) in zip(rows, example.ties) where !tied.isEmpty {
          let mean = range.map { index in
            tied.reduce(0) { $0 + rows[$1][index] } / Float(tied.count)
          }
          regression.add(one[range], over: mean[...], isTie: true)
          groups.append(example.group)
          weights.append(example.tieWeight)
        }
      }
      for failing in failings where failure > 0 {
        regression.add(average[...], over: failing[range])
        groups.append(nil)
        weights.append(failure)
      }
      solution = regression.solve(weights: weights)
      let (pairs, all) = (pairs, weights.count)
      let recent = weights.enumerated().map { index, weight in
        let end = index < pairs ? pairs : all
        return index < end - RewardProbe.evidencePairs ? 0 : weight
      }
      // What is compared with other blocks is what it says of the pairs: once it knows the rest.
      let rest = recent.enumerated().map { $0 < pairs ? 0 : $1 }
      evidence =
        regression.evidence(weights: recent, from: solution) - regression.evidence(weights: rest)
    }

    /// The solution with each observation's weight times a factor that its prompt has.
    func solve(_ factor: (UInt64) -> Double) -> [Float] {
      regression.solve(
        weights: zip(weights, groups).map { $0 * ($1.map(factor) ?? 1) }, from: solution)
    }

    /// The prompts whose tops it learns from.
    var topGroups: [UInt64] { groups[pairs..<(pairs + tops)].compactMap { $0 } }

    /// The solution without each part of the prompts.
    func solutions(_ folds: Folds) -> [[Float]] {
      (0..<folds.count).map { part in solve { folds.part(of: $0) == part ? 0 : 1 } }
    }

    /// The margin of each pair, and of each top beside the average, by the solution without its prompt.
    func margins(_ solutions: [[Float]], folds: Folds) -> (pairs: [Double], tops: [Double]) {
      let margins = (0..<(pairs + tops)).map { index in
        folds.count > 1
          ? regression.margin(index, solutions[folds.part(of: groups[index]!)]) : 0
      }
      return (Array(margins[..<pairs]), Array(margins[pairs...]))
    }
  }

  /// The parts that cross-validation cuts the prompts into.
  private struct Folds {
    let count: Int
    private var parts: [UInt64: Int]

    init(_ examples: [Example]) {
      let prompts = Set(examples.map(\.group)).sorted()
      let count = min(RewardProbe.folds, prompts.count)
      self.count = count
      parts = Dictionary(
        uniqueKeysWithValues: prompts.enumerated().map { ($1, $0 % count) })
    }

    func part(of prompt: UInt64) -> Int { parts[prompt]! }
  }

  /// What is subtracted from features, and what they are then multiplied by.
  private static func usual(
    _ examples: [Example], prompts: [[Float]], layout: Layout
  ) -> (mean: [Float], scale: [Float]) {
    var (mean, scale) = normalization(examples.flatMap(\.features), parts: layout.parts)
    if layout.prompt > 0, prompts.count > 2 {
      let usual = normalization(prompts, parts: [0..<layout.prompt])
      mean.replaceSubrange(layout.promptPart, with: usual.mean)
      scale.replaceSubrange(layout.promptPart, with: usual.scale)
    }
    return (mean, scale)
  }

  /// Means, and one over deviation and the square root of a part's width, so that a completion's part
  /// has a length near 1; a feature that hardly varies is not blown up.
  private static func normalization(
    _ rows: [[Float]], parts: [Range<Int>]
  ) -> (mean: [Float], scale: [Float]) {
    let count = rows[0].count
    var mean = [Double](repeating: 0, count: count)
    var square = mean
    for row in rows {
      for (index, value) in row.enumerated() {
        mean[index] += Double(value)
        square[index] += Double(value) * Double(value)
      }
    }
    let n = Double(rows.count)
    var deviations = mean
    for index in 0..<count {
      mean[index] /= n
      deviations[index] = max(0, square[index] / n - mean[index] * mean[index]).squareRoot()
    }
    var scale = [Float](repeating: 0, count: count)
    for range in parts {
      let median = deviations[range].sorted()[range.count / 2]
      for index in range where deviations[index] > 0 || median > 0 {
        let deviation = max(deviations[index], 0.3 * median)
        scale[index] = Float(1 / (deviation * Double(range.count).squareRoot()))
      }
    }
    return (mean.map { Float($0) }, scale)
  }

  /// The mean of −log σ(margin).
  private static func loss(_ margins: [Double]) -> Double {
    margins.reduce(0) { $0 + PairwiseLoss.softplus(-$1) } / Double(margins.count)
  }

  /// Prompts of which as much is right as wrong that are added to those met (as in Agresti and Coull 1998, where
  /// it is four): the first prompts that tell something are often of one kind, and what holds for all of them
  /// is no knowledge of others.
  static let addedPrompts = 16

  /// The share of margins above 0 less that below, at the lower end of its one-sided 75 % interval over
  /// prompts; 0 at least.
  static func skill(_ margins: [Double], groups: [UInt64]) -> Double {
    var sums: [UInt64: (sum: Double, pairs: Double)] = [:]
    for (margin, group) in zip(margins, groups) {
      sums[group, default: (0, 0)].sum += margin > 0 ? 1 : margin < 0 ? -1 : 0
      sums[group]!.pairs += 1
    }
    let typical = Double(margins.count) / Double(sums.count)
    let met = sums.sorted { $0.key < $1.key }.map(\.value)
    let entries = met + (0..<addedPrompts).map { _ in (sum: 0, pairs: typical) }
    let count = entries.reduce(0) { $0 + $1.pairs }
    let mean = entries.reduce(0) { $0 + $1.sum } / count
    // The variance of a ratio of sums over prompts (Cochran 1977, section 2.11).
    let variance = entries.reduce(0) { total, entry in
      let excess = entry.sum - mean * entry.pairs
      return total + excess * excess
    }
    // Student's t for few prompts (Abramowitz and Stegun 1965, 26.7.5).
    let freedom = Double(entries.count - 1)
    let quantile = 0.674 + 0.245 / freedom + 0.080 / (freedom * freedom)
    return max(0, mean - quantile * variance.squareRoot() / count)
  }

  /// The factor, 0 to 2, that makes margins the best log-odds; a weak prior holds it near 1/2.
  private static func calibration(_ margins: [Double]) -> Double {
    (0...40).map { Double($0) / 20 }.min { a, b in
      func cost(_ slope: Double) -> Double {
        loss(margins.map { $0 * slope }) * Double(margins.count) + (slope - 0.5) * (slope - 0.5)
      }
      return cost(a) < cost(b)
    }!
  }
}
