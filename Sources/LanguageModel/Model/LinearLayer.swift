/// The linear layers of a transformer layer that can carry an adapter, in PEFT's order.
public enum LinearLayer: Int, CaseIterable, Sendable {
  case query, key, value, output, gate, up, down
}

extension ModelConfiguration {
  /// The width of all query heads together.
  var querySize: Int { headCount * headSize }
  /// The width of all key heads, and of all value heads, together.
  var keyValueSize: Int { keyValueHeadCount * headSize }
  /// The width of queries, keys and values side by side.
  var attentionInputSize: Int { querySize + 2 * keyValueSize }

  /// Whether queries, keys and values have biases.
  var hasAttentionBiases: Bool { architecture == "qwen2" }
  /// Whether each query and key head is normalised before it is rotated.
  var hasHeadNorms: Bool { architecture == "qwen3" }

  /// The number of inputs and outputs of a linear layer.
  public func shape(of linear: LinearLayer) -> (input: Int, output: Int) {
    switch linear {
    case .query: (hiddenSize, querySize)
    case .key, .value: (hiddenSize, keyValueSize)
    case .output: (querySize, hiddenSize)
    case .gate, .up: (hiddenSize, feedForwardSize)
    case .down: (feedForwardSize, hiddenSize)
    }
  }
}
