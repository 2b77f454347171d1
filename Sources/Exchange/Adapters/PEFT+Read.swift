import Foundation
import LanguageModel

extension PEFT {
  /// Reads an adapter of a model.
  ///
  /// A linear layer that the adapter leaves out has both factors zero, so that it adds nothing.
  ///
  /// - Returns: the adapter, and a reward model's heads: those of `heads.safetensors`, else `score`
  ///   alone; nil for a policy.
  /// - Throws: ``ExchangeError`` when the folder holds no adapter, or one that is damaged, of
  ///   another kind or of another model.
  public static func read(
    directory: URL, configuration: ModelConfiguration
  ) throws(ExchangeError) -> (adapter: LoRAAdapter, heads: [[Float]]?) {
    let settings = try PEFTConfiguration(
      path: directory.appendingPathComponent(configurationFile).path)
    let file = try Safetensors(file: directory.appendingPathComponent(weightsFile))
    let adapter = try adapter(
      in: file, rank: settings.rank, alpha: Float(settings.alpha), configuration: configuration)
    return (adapter, try heads(in: directory, weights: file, width: configuration.hiddenSize))
  }

  /// The adapter whose factors are the tensors of a file.
  package static func adapter(
    in file: Safetensors, rank: Int, alpha: Float, configuration: ModelConfiguration
  ) throws(ExchangeError) -> LoRAAdapter {
    let places = try places(in: file, rank: rank, configuration: configuration)
    guard let first = places.map(\.layer).min(), let last = places.map(\.layer).max() else {
      throw ExchangeError("\(file.name): holds no LoRA tensors of this kind of model")
    }
    let adapter = LoRAAdapter(
      configuration: configuration, rank: rank, alpha: alpha, layers: first..<last + 1, seed: 0)
    adapter.parameters.update(repeating: 0)
    for place in places {
      let range = adapter.range(layer: place.layer, linear: place.linear, factor: place.factor)
      let target = UnsafeMutableBufferPointer(rebasing: adapter.parameters[range])
      file.read(place.tensor, into: target)
      if case .b = place.factor, let heads = rotatedHeads(place.linear, configuration) {
        permute(target, rank: adapter.rank, heads: heads)
      }
    }
    guard adapter.parameters.allSatisfy(\.isFinite) else {
      throw ExchangeError("\(file.name): holds numbers that are not finite; it cannot be used")
    }
    return adapter
  }

  /// A tensor of the file and what it is in the adapter.
  private struct Place {
    var layer: Int
    var linear: LinearLayer
    var factor: LoRAAdapter.Factor
    var tensor: Safetensors.Tensor
  }

  /// Finds every tensor's place; each factor A has its B, and all have the model's shapes.
  private static func places(
    in file: Safetensors, rank: Int, configuration: ModelConfiguration
  ) throws(ExchangeError) -> [Place] {
    var unknown = Set(file.tensors.keys).subtracting([scoreKey])
    var places: [Place] = []
    for layer in 0..<configuration.layerCount {
      for linear in LinearLayer.allCases {
        let shape = LoRAAdapter.shape(of: linear, configuration: configuration)
        let pair: [(LoRAAdapter.Factor, [Int])] = [
          (.a, [rank, shape.input]), (.b, [shape.output, rank]),
        ]
        var found = 0
        for (factor, expected) in pair {
          let name = key(layer: layer, linear: linear, factor: factor)
          guard let tensor = file.tensors[name] else { continue }
          guard tensor.shape == expected else {
            throw ExchangeError(
              "\(file.name): “\(name)” is \(tensor.shape) where this model and rank \(rank) need "
                + "\(expected); it is an adapter of another model"
            )
          }
          places.append(Place(layer: layer, linear: linear, factor: factor, tensor: tensor))
          unknown.remove(name)
          found += 1
        }
        if found == 1 {
          throw ExchangeError(
            "\(file.name): layer \(layer) has only one of the two factors of "
              + "\(moduleName(linear)); it is damaged"
          )
        }
      }
    }
    if let name = unknown.min() {
      throw ExchangeError(
        "\(file.name): “\(printable(name, limit: 100))” has no place in this model of "
          + "\(configuration.layerCount) layers; "
          + "it is an adapter of another model"
      )
    }
    return places
  }

  /// Puts rows that stand in transformers' order into memory's.
  private static func permute(_ rows: UnsafeMutableBufferPointer<Float>, rank: Int, heads: Int) {
    let source = Array(rows)
    let count = rows.count / rank
    for row in 0..<count {
      let target = rowOfRotaryPairs(row, headSize: count / heads)
      for column in 0..<rank { rows[target * rank + column] = source[row * rank + column] }
    }
  }

  private static func heads(
    in directory: URL, weights: Safetensors, width: Int
  ) throws(ExchangeError) -> [[Float]]? {
    let headsFile = directory.appendingPathComponent(headsFile)
    if FileManager.default.fileExists(atPath: headsFile.path) {
      return try heads("heads", in: Safetensors(file: headsFile), width: width)
    }
    guard weights.tensors[scoreKey] != nil else { return nil }
    return try heads(scoreKey, in: weights, width: width)
  }

  /// The heads that are the rows of a tensor.
  package static func heads(
    _ name: String, in file: Safetensors, width: Int
  ) throws(ExchangeError) -> [[Float]] {
    let values = try file.floats(name)
    let shape = file.tensors[name]?.shape ?? []
    guard shape.count == 2, shape[0] >= 1, shape[1] == width else {
      throw ExchangeError(
        "\(file.name): “\(name)” is \(shape) where this model needs heads of \(width); it is a "
          + "reward model of another model"
      )
    }
    guard values.allSatisfy(\.isFinite) else {
      throw ExchangeError("\(file.name): holds numbers that are not finite; it cannot be used")
    }
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }
}
