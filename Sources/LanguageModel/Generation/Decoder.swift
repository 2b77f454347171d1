import CKernels

/// The lock-step decoding of several completions of one prompt: one token each a step.
final class Decoder {
  private let model: LanguageModel
  private let cache: PromptCache
  private let rotary: RotaryTable
  private let codes: CodeWeights
  private let adapter: CodeAdapter?
  /// The number of completions there is room for.
  private let slots: Int
  /// The number of tokens there is room for in each.
  private let capacity: Int
  private let buffers: Buffers
  private var layers: [apprentice_decode_layer] = []
  /// Tokens that every completion has in its keys and values.
  private var length = 0

  /// What a step writes.
  private struct Buffers {
    var x, qkv, attended, activated, logits, keysAndValues: UnsafeMutablePointer<Float>
    var scratch: UnsafeMutablePointer<UInt8>
  }

  /// - Parameter arena: the decoder's memory until the arena is divided again.
  init(
    model: LanguageModel, cache: PromptCache, adapter: CodeAdapter?, rotary: RotaryTable,
    slots: Int, maxTokens: Int, arena: Arena
  ) throws(LanguageModelError) {
    let c = model.configuration
    self.model = model
    codes = try model.codes()
    self.cache = cache
    self.rotary = rotary
    self.adapter = adapter
    self.slots = slots
    capacity = (maxTokens + 31) / 32 * 32
    rotary.extend(to: cache.prompt.count + maxTokens)

    var shape = apprentice_decode()
    shape.hidden = c.hiddenSize
    shape.ff = c.feedForwardSize
    shape.heads = c.headCount
    shape.head_size = c.headSize
    shape.kv_heads = c.keyValueHeadCount
    shape.prompt_capacity = cache.capacity
    shape.capacity = capacity
    shape.rank = adapter?.rank ?? 0
    shape.count = slots
    let scratch = apprentice_decode_scratch(&shape) / MemoryLayout<Float>.stride
    let capacity = capacity
    buffers = try arena.divide { take in
      Buffers(
        x: take(slots * c.hiddenSize), qkv: take(slots * c.attentionInputSize),
        attended: take(slots * c.querySize), activated: take(slots * c.feedForwardSize),
        logits: take(slots * c.vocabularySize),
        keysAndValues: take(c.layerCount * 2 * slots * c.keyValueSize * capacity + 16),
        scratch: UnsafeMutableRawPointer(take(scratch)).assumingMemoryBound(to: UInt8.self))
    }
    layers = (0..<c.layerCount).map(describe)
  }

  /// Appends a token to each of some completions.
  ///
  /// - Parameters:
  ///   - slotNumbers: the slots that go on; all have had a token in every step so far.
  ///   - tokens: the token that each appends.
  /// - Returns: the logits of each, `[completions, vocabulary]`, until the next step.
  func step(_ slotNumbers: [Int32], tokens: [TokenID]) -> Matrix {
    let c = model.configuration
    let weights = model.weights
    for (row, token) in tokens.enumerated() {
      (buffers.x + row * c.hiddenSize).update(
        from: weights.embedding.base + Int(token) * c.hiddenSize, count: c.hiddenSize)
    }
    layers.withUnsafeBufferPointer { layers in
      slotNumbers.withUnsafeBufferPointer { slotNumbers in
        rotary.cosines.withUnsafeBufferPointer { cosines in
          rotary.sines.withUnsafeBufferPointer { sines in
            var decode = apprentice_decode(
              layers: layers.baseAddress, layer_count: layers.count, hidden: c.hiddenSize,
              ff: c.feedForwardSize, heads: c.headCount, kv_heads: c.keyValueHeadCount,
              head_size: c.headSize, vocabulary: c.vocabularySize, epsilon: c.normEpsilon,
              final_norm: weights.finalNorm, head: codes.head, rank: adapter?.rank ?? 0,
              cosines: cosines.baseAddress,
              sines: sines.baseAddress, prompt_length: cache.prompt.count,
              prompt_capacity: cache.capacity, capacity: capacity, count: tokens.count,
              slots: slotNumbers.baseAddress, length: length, x: buffers.x, qkv: buffers.qkv,
              attended: buffers.attended, activated: buffers.activated, logits: buffers.logits,
              scratch: buffers.scratch)
            apprentice_decode_step(&decode)
          }
        }
      }
    }
    length += 1
    return Matrix(buffers.logits, tokens.count, c.vocabularySize)
  }

  private func describe(_ index: Int) -> apprentice_decode_layer {
    let c = model.configuration
    let layer = model.weights.layers[index]
    let own = buffers.keysAndValues + index * 2 * slots * c.keyValueSize * capacity
    let codes = codes.layers[index]
    func factors(_ group: AdapterGroup) -> apprentice_code_adapter {
      adapter?.factors(group, layer: index) ?? apprentice_code_adapter()
    }
    return apprentice_decode_layer(
      attention_norm: layer.attentionNorm, qkv_bias: layer.queryKeyValueBias,
      query_norm: layer.headNorms?.query, key_norm: layer.headNorms?.key,
      mlp_norm: layer.feedForwardNorm, query: codes[.query], key: codes[.key],
      value: codes[.value], output: codes[.output], gate: codes[.gate], up: codes[.up],
      down: codes[.down], qkv_adapter: factors(.attentionInput),
      output_adapter: factors(.attentionOutput), gate_up_adapter: factors(.feedForwardInput),
      down_adapter: factors(.feedForwardOutput), prompt_keys: cache.keys(layer: index),
      prompt_values: cache.values(layer: index), keys: own,
      values: own + slots * c.keyValueSize * capacity)
  }
}
