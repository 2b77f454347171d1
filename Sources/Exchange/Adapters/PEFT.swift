import Foundation
import LanguageModel

/// Adapters as Hugging Face's PEFT keeps them: a folder with `adapter_config.json` and
/// `adapter_model.safetensors`; a reward model's heads lie beside them in `heads.safetensors`.
public enum PEFT {
  static let configurationFile = "adapter_config.json"
  static let weightsFile = "adapter_model.safetensors"
  static let headsFile = "heads.safetensors"
  package static let scoreKey = "base_model.model.score.weight"

  /// Writes an adapter; a folder that is not there is made, files of these names are replaced.
  ///
  /// - Parameters:
  ///   - heads: a reward model's, each of the model's width; nil for a policy. PEFT's `score` is
  ///     their mean.
  ///   - baseModelName: the name under which PEFT finds the base model.
  public static func write(
    adapter: LoRAAdapter, heads: [[Float]]? = nil, baseModelName: String, to directory: URL
  ) throws(ExchangeError) {
    let width = adapter.configuration.hiddenSize
    if let heads {
      precondition(
        !heads.isEmpty && heads.allSatisfy { $0.count == width }, "a head has the model's width")
    }
    try FileBytes.makeFolder(directory.path)
    func file(_ name: String) -> URL { directory.appendingPathComponent(name) }

    var tensors = weights(of: adapter)
    // A folder may hold the heads of a reward model that stood there before.
    try? FileManager.default.removeItem(at: file(headsFile))
    if let heads {
      let score = (0..<width).map { index in
        heads.reduce(Float(0)) { $0 + $1[index] } / Float(heads.count)
      }
      tensors.append((scoreKey, [1, width], score))
      try Safetensors.write(
        [("heads", [heads.count, width], Array(heads.joined()))], to: file(headsFile))
    }
    try Safetensors.write(tensors, to: file(weightsFile))
    let configuration = PEFTConfiguration(
      adapter: adapter, isReward: heads != nil, baseModelName: baseModelName)
    try FileBytes.write(try configuration.encoded(), to: file(configurationFile).path)
  }

  private static func weights(of adapter: LoRAAdapter) -> [Safetensors.NewTensor] {
    var tensors: [Safetensors.NewTensor] = []
    for layer in adapter.layers {
      for linear in LinearLayer.allCases {
        let shape = LoRAAdapter.shape(of: linear, configuration: adapter.configuration)
        let a = adapter.range(layer: layer, linear: linear, factor: .a)
        tensors.append(
          (
            key(layer: layer, linear: linear, factor: .a), [adapter.rank, shape.input],
            Array(adapter.parameters[a])
          ))
        let b = adapter.range(layer: layer, linear: linear, factor: .b)
        let values =
          rowsInHalves(ofB: linear, layer: layer, adapter) ?? Array(adapter.parameters[b])
        tensors.append(
          (key(layer: layer, linear: linear, factor: .b), [shape.output, adapter.rank], values))
      }
    }
    return tensors
  }

  /// The tensor's name in PEFT's file.
  static func key(layer: Int, linear: LinearLayer, factor: LoRAAdapter.Factor) -> String {
    let block =
      switch linear {
      case .query, .key, .value, .output: "self_attn"
      case .gate, .up, .down: "mlp"
      }
    let letter =
      switch factor {
      case .a: "A"
      case .b: "B"
      }
    return
      "base_model.model.model.layers.\(layer).\(block).\(moduleName(linear)).lora_\(letter).weight"
  }

  /// The layer's name in transformers.
  static func moduleName(_ linear: LinearLayer) -> String {
    switch linear {
    case .query: "q_proj"
    case .key: "k_proj"
    case .value: "v_proj"
    case .output: "o_proj"
    case .gate: "gate_proj"
    case .up: "up_proj"
    case .down: "down_proj"
    }
  }
}
