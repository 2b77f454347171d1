/// The shape of a model, from its file's metadata.
public struct ModelConfiguration: Sendable, Equatable {
  /// GGUF's name of the architecture: `llama`.
  public var architecture: String
  public var vocabularySize: Int
  /// The width of the residual stream.
  public var hiddenSize: Int
  public var feedForwardSize: Int
  public var layerCount: Int
  public var headCount: Int
  /// The number of heads that keys and values have; each serves `headCount / keyValueHeadCount`
  /// query heads.
  public var keyValueHeadCount: Int
  /// The width of one head.
  public var headSize: Int
  /// The base of the rotary embedding's frequencies.
  public var ropeBase: Float
  /// What RMS normalisation adds to the mean square.
  public var normEpsilon: Float
  /// The longest sequence the model was trained on, in tokens.
  public var contextLength: Int

  public init(
    architecture: String, vocabularySize: Int, hiddenSize: Int, feedForwardSize: Int,
    layerCount: Int, headCount: Int, keyValueHeadCount: Int, headSize: Int, ropeBase: Float,
    normEpsilon: Float, contextLength: Int
  ) {
    self.architecture = architecture
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.feedForwardSize = feedForwardSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headSize = headSize
    self.ropeBase = ropeBase
    self.normEpsilon = normEpsilon
    self.contextLength = contextLength
  }

  /// The architectures whose forward pass is implemented, by their names in GGUF.
  public static let supportedArchitectures = ["llama"]

  /// Reads the shape and checks it against the tensors.
  ///
  /// - Throws: ``LanguageModelError`` that names what was found and what is supported.
  public init(gguf: GGUFFile) throws(LanguageModelError) {
    let path = gguf.path
    guard let architecture = gguf.string("general.architecture") else {
      throw LanguageModelError(
        "\(path): does not say its architecture (no general.architecture); it is not a model file")
    }
    guard ModelConfiguration.supportedArchitectures.contains(architecture) else {
      let supported = ModelConfiguration.supportedArchitectures.joined(separator: ", ")
      throw LanguageModelError(
        "\(path): is a model of architecture '\(architecture)'; supported: \(supported)")
    }
    if let type = gguf.string("general.type"), type != "model" {
      throw LanguageModelError(
        "\(path): holds a GGUF of type '\(type)', not a model; name the base model's file")
    }
    func size(_ name: String, default fallback: Int? = nil) throws(LanguageModelError) -> Int {
      let key = "\(architecture).\(name)"
      guard let value = gguf.integer(key) ?? fallback else {
        throw LanguageModelError("\(path): lacks '\(key)'; it is not a complete model")
      }
      guard (1...1 << 24).contains(value) else {
        throw LanguageModelError("\(path): has an impossible '\(key)' of \(value)")
      }
      return value
    }
    self.architecture = architecture
    hiddenSize = try size("embedding_length")
    feedForwardSize = try size("feed_forward_length")
    layerCount = try size("block_count")
    headCount = try size("attention.head_count")
    keyValueHeadCount = try size("attention.head_count_kv", default: headCount)
    headSize = try size("attention.key_length", default: max(1, hiddenSize / headCount))
    contextLength = try size("context_length")
    ropeBase = Float(gguf.float("\(architecture).rope.freq_base") ?? 10_000)
    normEpsilon = Float(gguf.float("\(architecture).attention.layer_norm_rms_epsilon") ?? 1e-5)
    vocabularySize = gguf.tensors["token_embd.weight"].map(\.rows) ?? 0

    try checkAttention(of: gguf)
    try checkTensors(of: gguf)
  }

  private func checkAttention(of gguf: GGUFFile) throws(LanguageModelError) {
    let path = gguf.path
    guard headCount % keyValueHeadCount == 0, headSize % 2 == 0,
      headCount * headSize == hiddenSize
    else {
      throw LanguageModelError(
        "\(path): has \(headCount) heads of \(headSize), \(keyValueHeadCount) for keys and values, "
          + "in a width of \(hiddenSize); supported are heads that fill the width, in whole groups"
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
    let scaling = gguf.string("\(architecture).rope.scaling.type") ?? "none"
    guard scaling == "none", gguf.tensors["rope_freqs.weight"] == nil else {
      throw LanguageModelError(
        "\(path): scales its rotary embedding (\(scaling == "none" ? "rope_freqs" : scaling)); "
          + "supported are models without RoPE scaling"
      )
    }
  }

  /// Checks that every tensor of the forward pass is there with its shape, and no bias or expert
  /// that the forward pass would leave out.
  private func checkTensors(of gguf: GGUFFile) throws(LanguageModelError) {
    let keyValueSize = keyValueHeadCount * headSize
    func check(_ name: String, _ dimensions: [Int]) throws(LanguageModelError) {
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
    try check("token_embd.weight", [hiddenSize, vocabularySize])
    try check("output_norm.weight", [hiddenSize])
    if gguf.tensors["output.weight"] != nil {
      try check("output.weight", [hiddenSize, vocabularySize])
    }
    for layer in 0..<layerCount {
      let block = "blk.\(layer)."
      try check(block + "attn_norm.weight", [hiddenSize])
      try check(block + "attn_q.weight", [hiddenSize, hiddenSize])
      try check(block + "attn_k.weight", [hiddenSize, keyValueSize])
      try check(block + "attn_v.weight", [hiddenSize, keyValueSize])
      try check(block + "attn_output.weight", [hiddenSize, hiddenSize])
      try check(block + "ffn_norm.weight", [hiddenSize])
      try check(block + "ffn_gate.weight", [hiddenSize, feedForwardSize])
      try check(block + "ffn_up.weight", [hiddenSize, feedForwardSize])
      try check(block + "ffn_down.weight", [feedForwardSize, hiddenSize])
    }
    let expected = 2 + (gguf.tensors["output.weight"] == nil ? 0 : 1) + 9 * layerCount
    guard gguf.tensors.count == expected else {
      throw LanguageModelError(
        "\(gguf.path): has \(gguf.tensors.count) tensors where a plain \(architecture) model of "
          + "\(layerCount) layers has \(expected); models with biases or experts are not supported"
      )
    }
  }
}
