import ArgumentParser
import Exchange
import Foundation
import LanguageModel
import Learning

/// Which adapter training starts from.
struct AdapterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Start from this adapter and keep its rank, alpha and layers; else from a new one.",
      valueName: "dir"))
  var adapter: String?

  @Option(help: "The rank of a new adapter (default: 16).")
  var rank: Int?

  @Option(help: "The alpha of a new adapter (default: twice the rank).")
  var alpha: Float?

  @Option(
    help: ArgumentHelp(
      "The layers of a new adapter, counted from 0, both ends included (default: all).",
      valueName: "from-to"))
  var layers: LayerRange?

  func validate() throws {
    guard rank.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--rank goes from 1 to 1024.")
    }
    guard alpha.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--alpha is above 0.")
    }
  }

  /// The adapter to train a policy from.
  func policy(model: LanguageModel, seed: UInt64) throws -> LoRAAdapter {
    if let adapter = try given(model)?.adapter { return adapter }
    return LoRAAdapter(
      configuration: model.configuration, rank: rank ?? 16, alpha: newAlpha,
      layers: try newLayers(model), seed: seed)
  }

  /// The reward model to train from; an adapter without heads gets new ones.
  func reward(model: LanguageModel, heads: Int?, seed: UInt64) throws -> RewardModel {
    let new = try RewardModel(
      configuration: model.configuration, rank: rank ?? 16, alpha: newAlpha,
      layers: try newLayers(model), heads: heads ?? 1, seed: seed)
    guard let given = try given(model) else { return new }
    if let known = given.heads, let heads, known.count != heads {
      Output.note("\(adapter!) has \(known.count) heads, which are kept; --heads is left aside.")
    }
    return try RewardModel(adapter: given.adapter, heads: given.heads ?? new.heads)
  }

  private var newAlpha: Float { alpha ?? Float(2 * (rank ?? 16)) }

  private func given(_ model: LanguageModel) throws -> (adapter: LoRAAdapter, heads: [[Float]]?)? {
    guard let adapter else { return nil }
    if rank != nil || alpha != nil || layers != nil {
      Output.note(
        "\(adapter) keeps its rank, alpha and layers; the options for new ones are left aside.")
    }
    return try PEFT.read(
      directory: URL(fileURLWithPath: adapter), configuration: model.configuration)
  }

  private func newLayers(_ model: LanguageModel) throws -> Range<Int>? {
    guard let layers = layers?.layers else { return nil }
    let count = model.configuration.layerCount
    guard layers.upperBound < count else {
      throw CommandError(
        "--layers \(layers.lowerBound)-\(layers.upperBound) goes beyond the model, whose layers are 0 to \(count - 1)."
      )
    }
    return Range(layers)
  }
}
