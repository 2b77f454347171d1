/// The shape of a model, from its file's metadata.
public struct ModelConfiguration: Sendable, Equatable {
  /// GGUF's name of the architecture, one of ``supportedArchitectures``.
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
  /// The width of one head; all heads together may be narrower or wider than the residual stream.
  public var headSize: Int
  /// The base of the rotary embedding's frequencies.
  public var ropeBase: Float
  /// What the rotary frequency of each pair of dimensions is divided by, `[headSize / 2]`, as Llama
  /// 3.1 stretches its context; empty where nothing is.
  public var ropeFactors: [Float]
  /// What RMS normalisation adds to the mean square.
  public var normEpsilon: Float
  /// The longest sequence the model was trained on, in tokens.
  public var contextLength: Int

  public init(
    architecture: String, vocabularySize: Int, hiddenSize: Int, feedForwardSize: Int,
    layerCount: Int, headCount: Int, keyValueHeadCount: Int, headSize: Int, ropeBase: Float,
    ropeFactors: [Float] = [], normEpsilon: Float, contextLength: Int
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
    self.ropeFactors = ropeFactors
    self.normEpsilon = normEpsilon
    self.contextLength = contextLength
  }

  /// The architectures whose forward pass is implemented, by their names in GGUF.
  public static let supportedArchitectures = ["llama", "qwen2", "qwen3"]

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
      guard !gguf.contains(key) || gguf.integer(key) != nil else {
        throw LanguageModelError(
          "\(path): has a '\(key)' that is not one number; supported are models whose layers are "
            + "all of one shape"
        )
      }
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
    ropeFactors = []

    try checkAttention(of: gguf)
    try checkExtras(of: gguf)
    try checkTensors(of: gguf)
    ropeFactors = try readRopeFactors(of: gguf)
  }
}
