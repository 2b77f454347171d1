/// The residual stream at a layer's input, `[rows, hidden]`.
struct ResidualStream {
  var layer: Int
  var values: Matrix
}

/// The layers below an adapter's lowest one, which no training changes: computed once for each packed
/// sequence, as long as the result can be kept.
///
/// Each sequence is computed by itself. What is kept of it then cannot depend on the batch that it was
/// first in, and a pass gives the same bits whether or not it finds anything here.
final class FrozenLayers {
  private let transformer: Transformer
  private let cache: ResidualCache
  private let arena = Arena()
  private let alone = PackedRows()

  /// - Parameters:
  ///   - transformer: computes what is not kept; whatever it holds of an earlier pass is lost.
  init(transformer: Transformer, cache: ResidualCache) {
    self.transformer = transformer
    self.cache = cache
  }

  /// The stream at the input of the adapter's lowest layer; nil when that is the first layer of all.
  /// It is valid until the next call.
  ///
  /// - Parameters:
  ///   - rows: the batch, laid out.
  ///   - withoutLast: whether that leaves out the last tokens.
  ///   - keep: whether to keep what is computed.
  func output(
    _ batch: [PackedSequence], rows: PackedRows, withoutLast: Bool, below adapter: LoRAAdapter,
    arithmetic: Arithmetic, keep: Bool
  ) throws(LanguageModelError) -> ResidualStream? {
    let layer = transformer.lowestLayer(of: adapter)
    guard layer > 0 else { return nil }
    let configuration = transformer.configuration
    let values = try arena.divide { take in
      Matrix(take(rows.count * configuration.hiddenSize), rows.count, configuration.hiddenSize)
    }
    for (index, sequence) in batch.enumerated() {
      let key = ResidualCache.Key(
        sequence: sequence, withoutLast: withoutLast, layer: layer, arithmetic: arithmetic)
      let stream = values.rows(rows.range(of: index))
      if cache.read(key, into: stream) { continue }
      try alone.lay([sequence], configuration: configuration, withoutLast: withoutLast)
      let computed = try transformer.forward(
        alone, adapter: nil, arithmetic: arithmetic, keepForBackward: false, below: layer)
      stream.base.update(from: computed.base, count: stream.rows * stream.columns)
      if keep { try cache.keep(stream, for: key) }
    }
    return ResidualStream(layer: layer, values: values)
  }
}
