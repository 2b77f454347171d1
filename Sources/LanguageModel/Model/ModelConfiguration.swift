/// The shape and constants of a Llama-family model.
public struct ModelConfiguration: Sendable, Equatable {
  /// GGUF's name of the architecture, such as `llama`.
  public var architecture: String
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var feedForwardSize: Int
  public var layerCount: Int
  public var headCount: Int
  /// Query heads share keys and values in groups of `headCount / keyValueHeadCount`.
  public var keyValueHeadCount: Int
  public var headSize: Int
  public var ropeBase: Float
  public var normEpsilon: Float
  /// The longest sequence, in tokens.
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

  /// The width of all query heads together.
  public var querySize: Int { headCount * headSize }
  /// The width of all key heads, and of all value heads, together.
  public var keyValueSize: Int { keyValueHeadCount * headSize }
}
