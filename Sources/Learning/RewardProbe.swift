import Feedback
import Foundation
import LanguageModel

/// A reward model that is linear in what the frozen base says of a completion
/// (``CompletionFeatures``): it learns a labeler's taste from ten rankings, in a moment.
///
/// Each block of features has its own Bradley-Terry model with a Gaussian prior; they are averaged with
/// weights by how well each predicts rankings of prompts that it has not seen (cross-validation), and the
/// whole is made several times, each on a bootstrap of the prompts.
public struct RewardProbe: Sendable {
  /// A ranked slate: the features of its completions, and its strict pairs.
  public struct Example: Sendable {
    /// One per completion, all blocks one after another.
    public var features: [[Float]]
    public var pairs: [Pair]
    /// The prompt's identity: what the bootstrap and the cross-validation go by.
    public var group: UInt64

    public init(features: [[Float]], pairs: [Pair], group: UInt64) {
      self.features = features
      self.pairs = pairs
      self.group = group
    }
  }

  /// Subtracted from a completion's features, and what they are then multiplied by.
  public private(set) var mean: [Float]
  public private(set) var scale: [Float]
  /// One per head, as long as the features.
  public private(set) var heads: [[Float]]
  /// How much each block counts; they add up to 1.
  public private(set) var blockWeights: [Double]
  /// How much it surely knows of rankings of prompts that it has not seen: 1 − loss / ln 2 by
  /// cross-validation, less two standard errors over prompts; 0 for a guess, 1 for certainty.
  public private(set) var information: Double
  /// Pairs of prompts that a fit had not seen, and how many it had right.
  public private(set) var foreseen: PairCount

  /// One that was fitted before.
  public init(
    mean: [Float], scale: [Float], heads: [[Float]], blockWeights: [Double],
    information: Double, foreseen: PairCount
  ) {
    precondition(scale.count == mean.count && heads.allSatisfy { $0.count == mean.count })
    self.mean = mean
    self.scale = scale
    self.heads = heads
    self.blockWeights = blockWeights
    self.information = information
    self.foreseen = foreseen
  }

  /// The weight of the prior against a pair.
  static let ridge = 0.1
  /// Parts that cross-validation cuts the prompts into.
  static let folds = 5

  /// Fits examples; nil without a strict pair.
  ///
  /// - Parameters:
  ///   - blocks: how many blocks of equal length the features are made of.
  ///   - heads: how many bootstraps.
  public init?(_ examples: [Example], blocks: Int, heads: Int, seed: UInt64 = 0) {
    let examples = examples.filter { !$0.pairs.isEmpty }
    guard let count = examples.first?.features.first?.count else { return nil }
    let width = count / blocks
    let (mean, scale) = Self.normalization(examples.flatMap(\.features), blocks: blocks)
    (self.mean, self.scale) = (mean, scale)
    var problems: [PairwiseRegression] = []
    for block in 0..<blocks {
      var problem = PairwiseRegression(width: width, ridge: Self.ridge)
      for example in examples {
        let rows = example.features.map { row in
          (block * width..<(block + 1) * width).map { (row[$0] - mean[$0]) * scale[$0] }
        }
        for pair in example.pairs {
          problem.add(rows[pair.preferred], over: rows[pair.rejected])
        }
      }
      problems.append(problem)
    }
    let groups = examples.flatMap { example in example.pairs.map { _ in example.group } }
    let prompts = Array(Set(groups)).sorted()
    let validations = problems.map { Self.validation($0, groups: groups, prompts: prompts) }
    let losses = validations.map(Self.loss)
    let best = losses.min()!
    let shares = losses.map { exp(-Double(prompts.count) * ($0 - best)) }
    let total = shares.reduce(0, +)
    let blockWeights = shares.map { $0 / total }
    self.blockWeights = blockWeights
    let combined = groups.indices.map { pair in
      zip(validations, blockWeights).reduce(0) { $0 + $1.0[pair] * $1.1 }
    }
    let slope = Self.calibration(combined)
    foreseen = PairCount(correct: combined.count { $0 > 0 }, total: combined.count)
    information = Self.information(combined.map { $0 * slope }, groups: groups)
    self.heads = (0..<heads).map { head -> [Float] in
      let weights = groups.map { group in
        heads == 1 ? 1 : Bootstrap.weight(head: head, group: group, seed: seed)
      }
      return problems.enumerated().flatMap { block, problem -> [Float] in
        blockWeights[block] < 0.01
          ? [Float](repeating: 0, count: width)
          : problem.solve(weights: weights).map { $0 * Float(blockWeights[block] * slope) }
      }
    }
  }

  /// Each head's score of a completion with these features.
  public func scores(of features: some Collection<Float>) -> [Float] {
    let normalized = zip(features, zip(mean, scale)).map { ($0 - $1.0) * $1.1 }
    return heads.map { dot($0, normalized[...]) }
  }

  /// How unlike each other completions with these features are in their words: the mean distance of two
  /// of them in the first block.
  public func spread(of features: [[Float]]) -> Double {
    let width = mean.count / max(1, blockWeights.count)
    return meanOverPairs(features.count) { a, b in
      var sum = 0.0
      for index in 0..<width {
        let difference = Double((features[a][index] - features[b][index]) * scale[index])
        sum += difference * difference
      }
      return sum.squareRoot()
    }
  }

  /// How much the heads disagree about which of two completions is better: the deviation over heads of
  /// the difference of their scores, averaged over pairs.
  ///
  /// - Parameter scores: one row per completion, one score per head.
  public static func disagreement(_ scores: [[Float]]) -> Double {
    meanOverPairs(scores.count) { a, b in
      PolicyGradient.deviation(zip(scores[a], scores[b]).map { Double($0 - $1) })
    }
  }

  /// Means, and one over deviation and the square root of a block's width, so that a completion's
  /// block has a length near 1; a feature that hardly varies is not blown up.
  private static func normalization(
    _ rows: [[Float]], blocks: Int
  ) -> (mean: [Float], scale: [Float]) {
    let count = rows[0].count
    let width = count / blocks
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
    for block in 0..<blocks {
      let range = block * width..<(block + 1) * width
      let median = deviations[range].sorted()[width / 2]
      for index in range {
        let deviation = max(deviations[index], 0.3 * median) + 1e-9
        scale[index] = Float(1 / (deviation * Double(width).squareRoot()))
      }
    }
    return (mean.map { Float($0) }, scale)
  }

  /// Each pair's margin by a fit without its prompt.
  private static func validation(
    _ problem: PairwiseRegression, groups: [UInt64], prompts: [UInt64]
  ) -> [Double] {
    var margins = [Double](repeating: 0, count: groups.count)
    guard prompts.count > 1 else { return margins }
    let fold = Dictionary(
      uniqueKeysWithValues: prompts.enumerated().map { ($1, $0 % folds) })
    for part in 0..<min(folds, prompts.count) {
      let held = groups.map { fold[$0] == part }
      let solution = problem.solve(weights: held.map { $0 ? 0 : 1 })
      for (index, isHeld) in held.enumerated() where isHeld {
        margins[index] = problem.margin(index, solution)
      }
    }
    return margins
  }

  /// The mean of −log σ(margin).
  private static func loss(_ margins: [Double]) -> Double {
    margins.reduce(0) { $0 + PairwiseLoss.softplus(-$1) } / Double(margins.count)
  }

  /// 1 − loss / ln 2, less two standard errors over prompts.
  static func information(_ margins: [Double], groups: [UInt64]) -> Double {
    var sums: [UInt64: Double] = [:]
    for (margin, group) in zip(margins, groups) {
      sums[group, default: 0] += 1 - PairwiseLoss.softplus(-margin) / log(2)
    }
    let count = Double(margins.count)
    let mean = sums.values.reduce(0, +) / count
    let pairs = Dictionary(groups.map { ($0, 1.0) }, uniquingKeysWith: +)
    // The variance of a ratio of sums over prompts (Cochran 1977, section 2.11).
    let variance = sums.reduce(0) { total, entry in
      let excess = entry.value - mean * pairs[entry.key]!
      return total + excess * excess
    }
    return max(0, mean - 2 * variance.squareRoot() / count)
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

/// The mean of a value over all pairs of so many things; 0 when there is no pair.
private func meanOverPairs(_ count: Int, _ value: (Int, Int) -> Double) -> Double {
  guard count > 1 else { return 0 }
  var sum = 0.0
  for a in 0..<count {
    for b in 0..<a { sum += value(a, b) }
  }
  return sum / Double(count * (count - 1) / 2)
}
