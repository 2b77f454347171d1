import CKernels

/// A prompt's keys and values in every layer, and the logits after its last token: what all
/// completions of the prompt by one policy share.
final class PromptCache {
  let prompt: [TokenID]
  let adapter: AdapterIdentity?
  /// Room for positions in the rows of the keys.
  let capacity: Int
  let logits: [Float]
  private let memory: FloatMemory
  private let configuration: ModelConfiguration

  /// Computes the prompt.
  ///
  /// - Parameter codeAdapter: the adapter once more.
  init(
    prompt: [TokenID], adapter: LoRAAdapter?, codeAdapter: CodeAdapter?,
    with transformer: Transformer
  ) throws(LanguageModelError) {
    let model = transformer.model
    let c = model.configuration
    let rows = try PackedRows(
      [PackedSequence(prompt: prompt, completions: [])], configuration: c, withoutLast: false)
    let capacity = (prompt.count + 31) / 32 * 32
    let memory = try FloatMemory(count: c.layerCount * 2 * c.keyValueSize * capacity + 32)
    let residual = try transformer.forward(
      rows, adapter: adapter, codeAdapter: codeAdapter, arithmetic: .codes, keepForBackward: false
    ) { layer, activations in
      let keys = memory.base + layer * 2 * c.keyValueSize * capacity
      let values = keys + c.keyValueSize * capacity
      let from = activations.keysTransposed
      for row in 0..<c.keyValueSize {
        (keys + row * capacity).update(from: from.base + row * from.stride, count: prompt.count)
      }
      let qkv = activations.layers[layer].queryKeyValue
      for position in 0..<prompt.count {
        let row = qkv.base + position * qkv.stride + c.querySize + c.keyValueSize
        for head in 0..<c.keyValueHeadCount {
          (values + (head * capacity + position) * c.headSize).update(
            from: row + head * c.headSize, count: c.headSize)
        }
      }
    }
    var normed = [Float](repeating: 0, count: c.hiddenSize)
    apprentice_rms_norm(
      residual.base + (prompt.count - 1) * c.hiddenSize, model.weights.finalNorm, &normed, nil, 1,
      c.hiddenSize, c.normEpsilon)
    var logits = [Float](repeating: 0, count: c.vocabularySize)
    var head = try model.codes().head
    var scratch = [UInt8](repeating: 0, count: apprentice_code_scratch(1, c.hiddenSize, 0))
    apprentice_code_product(
      &head, 1, normed, c.hiddenSize, 1, &logits, c.vocabularySize, 0, nil, &scratch)

    self.prompt = prompt
    self.adapter = codeAdapter?.identity
    self.capacity = capacity
    self.logits = logits
    self.memory = memory
    configuration = c
  }

  /// `[keyValueHeads, headSize, capacity]`.
  func keys(layer: Int) -> UnsafePointer<Float> {
    UnsafePointer(memory.base + layer * 2 * configuration.keyValueSize * capacity)
  }

  /// `[keyValueHeads, capacity, headSize]`.
  func values(layer: Int) -> UnsafePointer<Float> {
    keys(layer: layer) + configuration.keyValueSize * capacity
  }
}

/// Tells whether an adapter is still the one that a prompt was computed with, even if its
/// parameters have been changed in place.
struct AdapterIdentity: Equatable {
  private let rank: Int
  private let alpha: Float
  private let layers: Range<Int>
  private let fingerprint: UInt64

  init(_ adapter: LoRAAdapter) {
    rank = adapter.rank
    alpha = adapter.alpha
    layers = adapter.layers
    fingerprint = apprentice_fingerprint(adapter.parameters.baseAddress, adapter.parameters.count)
  }
}
