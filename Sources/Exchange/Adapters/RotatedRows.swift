import LanguageModel

/// The number of heads whose rows stand in another order in memory; nil for other layers.
func rotatedHeads(_ linear: LinearLayer, _ configuration: ModelConfiguration) -> Int? {
  switch linear {
  case .query: configuration.headCount
  case .key: configuration.keyValueHeadCount
  default: nil
  }
}

/// The factor B of query or key with its rows in the order in which the halves of a head are rotated
/// with each other; nil for a linear layer that RoPE does not touch.
func rowsInHalves(ofB linear: LinearLayer, layer: Int, _ adapter: LoRAAdapter) -> [Float]? {
  guard let heads = rotatedHeads(linear, adapter.configuration) else { return nil }
  let stored = Array(adapter.parameters[adapter.range(layer: layer, linear: linear, factor: .b)])
  var values = stored
  let outputs = LoRAAdapter.shape(of: linear, configuration: adapter.configuration).output
  for row in 0..<outputs {
    let source = rowOfRotaryPairs(row, headSize: outputs / heads)
    for column in 0..<adapter.rank {
      values[row * adapter.rank + column] = stored[source * adapter.rank + column]
    }
  }
  return values
}
