import LanguageModel

/// Policies as llama.cpp reads them with `--lora`: one GGUF file of type `adapter`.
///
/// llama.cpp multiplies B A by α / r, as we do. It refuses any tensor that is no factor of one of
/// the base model's, so that a reward head has no place here.
public enum GGUFAdapter {
  /// Writes an adapter to a file, which is there whole or not at all.
  ///
  /// - Throws: ``ExchangeError`` when the file cannot be written, or the format cannot say what the
  ///   adapter is.
  public static func write(_ adapter: LoRAAdapter, to path: String) throws(ExchangeError) {
    // llama.cpp takes an alpha of 0 for "do not scale", and would add B A as it is.
    guard adapter.alpha > 0 else {
      throw ExchangeError(
        "\(path) cannot be written: the adapter's alpha is \(adapter.alpha), and llama.cpp scales "
          + "by an alpha above 0 only; train with another --alpha"
      )
    }
    var file = GGUFWriter()
    file.add("general.architecture", adapter.configuration.architecture)
    file.add("general.type", "adapter")
    file.add("adapter.type", "lora")
    file.add("adapter.lora.alpha", adapter.alpha)
    for layer in adapter.layers {
      for linear in LinearLayer.allCases {
        let shape = adapter.configuration.shape(of: linear)
        let name = "blk.\(layer).\(linear.ggufName).weight"
        file.add(
          name + ".lora_a", dimensions: [shape.input, adapter.rank],
          rows(of: adapter, layer: layer, linear: linear, factor: .a))
        file.add(
          name + ".lora_b", dimensions: [adapter.rank, shape.output],
          rows(of: adapter, layer: layer, linear: linear, factor: .b))
      }
    }
    let output = try ExportFile(path: path)
    try output.append(file.encoded())
    try output.finish()
  }

  /// A factor's values; rows of B as in the base model's own file.
  private static func rows(
    of adapter: LoRAAdapter, layer: Int, linear: LinearLayer, factor: LoRAAdapter.Factor
  ) -> [Float] {
    if case .b = factor, !adapter.configuration.fileKeepsRotaryPairsTogether,
      let rows = rowsInHalves(ofB: linear, layer: layer, adapter)
    {
      return rows
    }
    return Array(adapter.parameters[adapter.range(layer: layer, linear: linear, factor: factor)])
  }
}
