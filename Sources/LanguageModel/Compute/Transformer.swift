import CKernels

/// The transformer layers over packed rows, forward and backward, with the memory they use.
///
/// The embedding and the layers are here; what is done with the residual stream after the last one
/// is the caller's. Not thread-safe, and to be used from one thread only, as ``LanguageModel`` says.
final class Transformer {
  let model: LanguageModel
  private let arena = Arena()
  let products = Products()
  let rotary: RotaryTable
  /// How many floats a forward pass may keep of its layers for the backward pass, which computes the
  /// lowest layers again when there are more.
  var keptFloats = 56 << 20
  private var codes: CodeWeights?
  private let layerActivations: UnsafeMutableBufferPointer<LayerActivations>

  private(set) var rows: PackedRows?
  private(set) var activations: Activations?
  private(set) var adapter: LoRAAdapter?
  private var codeAdapter: CodeAdapter?
  private(set) var keeping: Keeping?

  var configuration: ModelConfiguration { model.configuration }

  init(model: LanguageModel) {
    self.model = model
    rotary = RotaryTable(configuration: model.configuration)
    layerActivations = .allocate(capacity: model.configuration.layerCount)
  }

  deinit { layerActivations.deallocate() }

  /// The lowest layer that an adapter changes; 0 without one.
  func lowestLayer(of adapter: LoRAAdapter?) -> Int {
    min(adapter?.layers.lowerBound ?? 0, configuration.layerCount - 1)
  }

  /// Computes all layers, or some of them.
  ///
  /// - Parameters:
  ///   - arithmetic: how the weights are multiplied with.
  ///   - codeAdapter: the adapter once more, for products with codes of which nothing is kept.
  ///   - keepForBackward: whether ``backward(gradient:)`` follows.
  ///   - stream: where to start; nil starts at the embedding. The backward pass must not go lower.
  ///   - end: computes the layers below this one only.
  ///   - afterLayer: called with each layer's activations while they are there.
  /// - Returns: the residual stream after the last of the layers, `[rows, hidden]`.
  @discardableResult
  func forward(
    _ rows: PackedRows, adapter: LoRAAdapter?, codeAdapter: CodeAdapter? = nil,
    arithmetic: Arithmetic, keepForBackward: Bool, from stream: ResidualStream? = nil,
    below end: Int? = nil,
    afterLayer: ((_ layer: Int, _ activations: Activations) -> Void)? = nil
  ) throws(LanguageModelError) -> Matrix {
    let c = configuration
    let rank = adapter?.rank ?? 0
    codes = arithmetic == .codes ? try model.codes() : nil
    keeping = nil
    if keepForBackward {
      let perLayer = rows.count * Activations.floatsPerRow(c, rank: rank)
      let lowest = lowestLayer(of: adapter)
      keeping = Keeping(
        lowest: lowest, firstWhole: max(lowest, c.layerCount - keptFloats / perLayer))
    }
    let keeping = keeping
    let scratch = apprentice_attention_scratch(rows.longestKeys)
    let layers = layerActivations
    let activations = try arena.divide { take in
      Activations(
        c, rows: rows.count, attentionScratch: scratch, rank: rank, keeping: keeping,
        layers: layers, take: take)
    }
    self.rows = rows
    self.adapter = adapter
    self.codeAdapter = keepForBackward ? nil : codeAdapter
    self.activations = activations
    rotary.extend(to: rows.positionCount)

    let first = stream?.layer ?? 0
    let input = activations.layers[first].input
    if let stream {
      input.base.update(from: stream.values.base, count: rows.count * c.hiddenSize)
    } else {
      let embedding = model.weights.embedding
      for (row, token) in rows.tokens.enumerated() {
        (input.base + row * c.hiddenSize).update(
          from: embedding.base + Int(token) * c.hiddenSize, count: c.hiddenSize)
      }
    }
    for layer in first..<(end ?? c.layerCount) {
      let next = layer + 1 < c.layerCount ? activations.layers[layer + 1].input : activations.output
      forwardLayer(layer, output: next)
      afterLayer?(layer, activations)
    }
    return activations.output
  }

  /// Computes one layer; with no `output` only what its backward pass reads.
  func forwardLayer(_ layer: Int, output: Matrix?) {
    guard let activations, let rows else { return }
    let c = configuration
    let weights = model.weights.layers[layer]
    let a = activations.layers[layer]
    // Attention: middle = input + Wo · attention(Wqkv · norm(input)), where Qwen2 adds biases and
    // Qwen3 normalises the heads of query and key.
    apprentice_rms_norm(
      a.input.base, weights.attentionNorm, activations.normed.base, a.inputInverseRMS, rows.count,
      c.hiddenSize, c.normEpsilon)
    if let bias = weights.queryKeyValueBias { a.queryKeyValue.fillRows(with: bias) }
    forwardLinears(
      .attentionInput, layer: layer, weights.queryKeyValue, input: activations.normed,
      into: a.queryKeyValue, adding: weights.queryKeyValueBias != nil)
    normalizeHeads(weights, a)
    apprentice_rope(
      a.queryKeyValue.base, c.attentionInputSize, rows.count, c.headCount + c.keyValueHeadCount,
      c.headSize, rows.positions, rotary.cosines, rotary.sines)
    withAttention(layer) { apprentice_attention($0) }
    a.middle.base.update(from: a.input.base, count: rows.count * c.hiddenSize)
    forwardLinears(
      .attentionOutput, layer: layer, weights.output, input: a.attended, into: a.middle,
      adding: true)

    // Feed-forward: output = middle + Wd · (silu(gate) * up).
    apprentice_rms_norm(
      a.middle.base, weights.feedForwardNorm, activations.normed.base, a.middleInverseRMS,
      rows.count, c.hiddenSize, c.normEpsilon)
    forwardLinears(
      .feedForwardInput, layer: layer, weights.gateUp, input: activations.normed, into: a.gateUp)
    guard let output else {
      if let adapter, adapter.layers.contains(layer) {
        // u of the down projection, which its gradient needs.
        apprentice_swiglu(a.gateUp.base, activations.activated.base, rows.count, c.feedForwardSize)
        let factor = adapter.stackedA(.feedForwardOutput, layer: layer, in: adapter.parameters)
        multiply(activations.activated.plain, factor.transposed, into: a.reduced[3])
      }
      return
    }
    apprentice_swiglu(a.gateUp.base, activations.activated.base, rows.count, c.feedForwardSize)
    output.base.update(from: a.middle.base, count: rows.count * c.hiddenSize)
    forwardLinears(
      .feedForwardOutput, layer: layer, weights.down, input: activations.activated, into: output,
      adding: true)
  }

  /// The linear layers of a group, adapter included; keeps the adapter's u unless it is ``codeAdapter``
  /// that is computed with.
  private func forwardLinears(
    _ group: AdapterGroup, layer: Int, _ weights: Matrix, input: Matrix, into output: Matrix,
    adding: Bool = false
  ) {
    guard let activations else { return }
    let codes = codes?.layers[layer].linears[group.range] ?? []
    let codeAdapter = codes.areExact ? codeAdapter : nil
    multiply(
      input, codes: codes, weights: weights, into: output, adding: adding,
      adapter: codeAdapter?.factors(group, layer: layer), scratch: activations.codeScratch)
    guard codeAdapter == nil, let adapter, adapter.layers.contains(layer) else { return }
    adapter.addForward(
      group, layer: layer, input: input, reduced: activations.layers[layer].reduced[group.rawValue],
      output: output, products: products)
  }

  /// Calls `body` with the description of a layer's attention that the kernels read.
  func withAttention(
    _ layer: Int, _ body: (UnsafePointer<apprentice_attention>) -> Void
  ) {
    guard let activations, let rows else { return }
    let c = configuration
    let a = activations.layers[layer]
    let backward = activations.backward
    rows.spans.withUnsafeBufferPointer { spans in
      var attention = apprentice_attention(
        qkv: a.queryKeyValue.base, stride: c.attentionInputSize, rows: rows.count,
        heads: c.headCount, kv_heads: c.keyValueHeadCount, head_size: c.headSize,
        spans: spans.baseAddress, span_count: spans.count, sequence_count: rows.sequences.count,
        longest_keys: rows.longestKeys, keys_transposed: activations.keysTransposed.base,
        values_transposed: backward?.valuesTransposed.base,
        transposed_stride: activations.keysTransposed.stride,
        scratch: activations.attentionScratch, out: a.attended.base, log_sums: a.logSums,
        dout: backward.map { UnsafePointer($0.attended.base) },
        dqkv: backward?.queryKeyValue.base, dkeys: backward?.keyShares.base,
        dvalues: backward?.valueShares.base)
      body(&attention)
    }
  }
}
