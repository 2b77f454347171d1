/// The linear layers of a transformer layer that can carry an adapter, in PEFT's order.
public enum LinearLayer: Int, CaseIterable, Sendable {
  case query, key, value, output, gate, up, down
}

extension ModelConfiguration {
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
