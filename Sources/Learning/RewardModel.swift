import Feedback
import Foundation
import LanguageModel

/// Base model, its own adapter and an ensemble of scalar heads: it scores (prompt, completion) at the
/// end token.
public final class RewardModel: @unchecked Sendable {
  public let adapter: LoRAAdapter
  /// Each has one weight per unit of the final-norm hidden state; no bias.
  public internal(set) var heads: [[Float]]

  public init(adapter: LoRAAdapter, heads: [[Float]]) throws(LearningError) {
    for head in heads where head.count != adapter.configuration.hiddenSize {
      throw .headMismatch(weights: head.count, expected: adapter.configuration.hiddenSize)
    }
    self.adapter = adapter
    self.heads = heads
  }

  /// A reward model that has learnt nothing: a fresh adapter and heads drawn with standard deviation
  /// 1/√(d+1) (Stiennon et al. 2020, appendix B.1).
  public convenience init(
    configuration: ModelConfiguration, rank: Int, alpha: Float, layers: Range<Int>? = nil,
    heads: Int, seed: UInt64
  ) throws(LearningError) {
    let adapter = LoRAAdapter(
      configuration: configuration, rank: rank, alpha: alpha, layers: layers, seed: seed)
    var random = SplitMix64(seed: seed ^ 0x5EED_4EAD)
    let deviation = 1 / Double(configuration.hiddenSize + 1).squareRoot()
    let weights = (0..<heads).map { _ in
      (0..<configuration.hiddenSize).map { _ in Float(random.gaussian() * deviation) }
    }
    try self.init(adapter: adapter, heads: weights)
  }

  /// A copy that training may change.
  public func copy() -> RewardModel {
    // The heads were checked when this reward model was made.
    try! RewardModel(adapter: adapter.copy(), heads: heads)
  }

  /// Each head's score of a hidden state.
  func scores(of hidden: ArraySlice<Float>) -> [Float] {
    heads.map { dot($0, hidden) }
  }

  /// The scores of completions of one prompt, every head's, in one pass over one copy of the prompt.
  ///
  /// - Returns: one row per completion, one score per head.
  public func score(
    prompt: [TokenID], completions: [[TokenID]], with pass: TrainingPass
  ) throws -> [[Float]] {
    let output = try pass.forward(
      [PackedSequence(prompt: prompt, completions: completions)], adapter: adapter,
      needs: [.endHidden], keepForBackward: false)
    return completions.indices.map { scores(of: output.endHidden[$0]) }
  }
}

extension SplitMix64 {
  /// A standard normal number, by Box and Muller's transform (1958).
  mutating func gaussian() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
