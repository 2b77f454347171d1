extension ModelConfiguration {
  private static let ropeFactorsName = "rope_freqs.weight"

  func checkAttention(of gguf: GGUFFile) throws(LanguageModelError) {
    let path = gguf.path
    guard headCount % keyValueHeadCount == 0, headSize % 2 == 0 else {
      throw LanguageModelError(
        "\(path): has \(headCount) heads of \(headSize), \(keyValueHeadCount) for keys and values; "
          + "supported are heads of an even size, in whole groups"
      )
    }
    let valueSize = gguf.integer("\(architecture).attention.value_length") ?? headSize
    let rotated = gguf.integer("\(architecture).rope.dimension_count") ?? headSize
    guard valueSize == headSize, rotated == headSize else {
      throw LanguageModelError(
        "\(path): has heads of \(headSize) with values of \(valueSize) and \(rotated) rotated "
          + "dimensions; supported are models where the three are equal"
      )
    }
    guard ropeBase.isFinite, ropeBase > 1, normEpsilon.isFinite, normEpsilon > 0 else {
      throw LanguageModelError(
        "\(path): has an impossible RoPE base (\(ropeBase)) or norm epsilon (\(normEpsilon))")
    }
  }

  /// Refuses what the metadata asks for and the forward pass would leave out.
  func checkExtras(of gguf: GGUFFile) throws(LanguageModelError) {
    func refuse(_ found: String, _ supported: String) -> LanguageModelError {
      LanguageModelError("\(gguf.path): \(found); supported are models \(supported)")
    }
    let scaling = gguf.string("\(architecture).rope.scaling.type") ?? "none"
    guard scaling == "none" else {
      throw refuse(
        "scales its rotary embedding ('\(scaling)')",
        "without RoPE scaling, or with Llama 3.1's table of frequencies")
    }
    if let factor = gguf.float("\(architecture).rope.scale_linear"), factor != 1 {
      throw refuse("scales its rotary embedding (linearly, by \(factor))", "without RoPE scaling")
    }
    if let experts = gguf.integer("\(architecture).expert_count"), experts > 0 {
      throw refuse("is a mixture of \(experts) experts", "without experts")
    }
    if let window = gguf.integer("\(architecture).attention.sliding_window"), window > 0,
      window < contextLength
    {
      throw refuse(
        "attends to a sliding window of \(window) tokens in a context of \(contextLength)",
        "that attend to the whole context")
    }
    if gguf.bool("\(architecture).attention.causal") == false {
      throw refuse("attends in both directions, as embedding models do", "that write text")
    }
  }

  /// Checks that every tensor of the forward pass is there with its shape, and none that it would
  /// leave out.
  func checkTensors(of gguf: GGUFFile) throws(LanguageModelError) {
    guard layerCount <= gguf.tensors.count else {
      throw LanguageModelError(
        "\(gguf.path): claims \(layerCount) layers but has \(gguf.tensors.count) tensors; it is not a "
          + "complete model"
      )
    }
    var unknown = Set(gguf.tensors.keys)
    for (name, dimensions) in tensorShapes(of: gguf) {
      unknown.remove(name)
      guard let tensor = gguf.tensors[name] else {
        throw LanguageModelError(
          "\(gguf.path): lacks the tensor '\(name)'; it is not a complete \(architecture) model")
      }
      guard tensor.dimensions == dimensions else {
        throw LanguageModelError(
          "\(gguf.path): tensor '\(name)' is \(tensor.dimensions) where the metadata asks for "
            + "\(dimensions); the file is damaged, fetch it again"
        )
      }
    }
    if let name = unknown.min() {
      throw LanguageModelError(
        "\(gguf.path): has the tensor '\(name)', which a plain \(architecture) model of "
          + "\(layerCount) layers does not have; models with other biases, norms or experts are not "
          + "supported"
      )
    }
  }

  /// The tensors of the forward pass with their dimensions in GGUF's order. An output head of its own
  /// and a table of frequencies are there if the file has them.
  private func tensorShapes(of gguf: GGUFFile) -> [(name: String, dimensions: [Int])] {
    var shapes = [
      ("token_embd.weight", [hiddenSize, vocabularySize]), ("output_norm.weight", [hiddenSize]),
    ]
    let optional = [
      ("output.weight", [hiddenSize, vocabularySize]),
      (ModelConfiguration.ropeFactorsName, [headSize / 2]),
    ]
    shapes += optional.filter { gguf.tensors[$0.0] != nil }
    for layer in 0..<layerCount {
      let block = "blk.\(layer)."
      shapes += [
        (block + "attn_norm.weight", [hiddenSize]),
        (block + "attn_q.weight", [hiddenSize, querySize]),
        (block + "attn_k.weight", [hiddenSize, keyValueSize]),
        (block + "attn_v.weight", [hiddenSize, keyValueSize]),
        (block + "attn_output.weight", [querySize, hiddenSize]),
        (block + "ffn_norm.weight", [hiddenSize]),
        (block + "ffn_gate.weight", [hiddenSize, feedForwardSize]),
        (block + "ffn_up.weight", [hiddenSize, feedForwardSize]),
        (block + "ffn_down.weight", [feedForwardSize, hiddenSize]),
      ]
      if hasAttentionBiases {
        shapes += [
          (block + "attn_q.bias", [querySize]), (block + "attn_k.bias", [keyValueSize]),
          (block + "attn_v.bias", [keyValueSize]),
        ]
      }
      if hasHeadNorms {
        shapes += [
          (block + "attn_q_norm.weight", [headSize]), (block + "attn_k_norm.weight", [headSize]),
        ]
      }
    }
    return shapes
  }

  func readRopeFactors(of gguf: GGUFFile) throws(LanguageModelError) -> [Float] {
    let name = ModelConfiguration.ropeFactorsName
    guard let tensor = gguf.tensors[name] else { return [] }
    let factors = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.count)
    defer { factors.deallocate() }
    factors.initialize(repeating: 0)
    try gguf.dequantized(name, into: factors)
    guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw LanguageModelError(
        "\(gguf.path): has an impossible factor in '\(name)'; the file is damaged, fetch it again")
    }
    return Array(factors)
  }
}
