import Foundation
import Synchronization

/// One transformer layer's weights, matrices as `[outputs, inputs]`.
struct LayerWeights {
  var attentionNorm: UnsafeMutablePointer<Float>
  /// Query, key and value rows, one below the other.
  var queryKeyValue: Matrix
  /// What is added to queries, keys and values; nil in models without biases.
  var queryKeyValueBias: UnsafeMutablePointer<Float>?
  /// The norms of each query head and each key head, `[headSize]`; nil in models without.
  var headNorms: (query: UnsafeMutablePointer<Float>, key: UnsafeMutablePointer<Float>)?
  var output: Matrix
  var feedForwardNorm: UnsafeMutablePointer<Float>
  /// Gate rows, then up rows.
  var gateUp: Matrix
  var down: Matrix
}

/// All weights in float32, in one allocation, never written after loading.
final class ModelWeights: @unchecked Sendable {
  let embedding: Matrix
  let layers: [LayerWeights]
  let finalNorm: UnsafeMutablePointer<Float>
  /// The output head; the embedding itself when the file has none of its own.
  let head: Matrix
  private let memory: FloatMemory

  /// Turns a file's tensors into float32, on all cores.
  init(file: GGUFFile, configuration c: ModelConfiguration) throws(LanguageModelError) {
    var parts: [Part] = []
    var end = 0
    func place(_ rows: Int, _ columns: Int, _ names: [(name: String, rows: Int)]) -> Int {
      let begin = end
      for (name, rows) in names {
        parts.append(Part(name: name, rows: rows, columns: columns, offset: end))
        end += rows * columns
      }
      return begin
    }
    let embedding = place(
      c.vocabularySize, c.hiddenSize, [("token_embd.weight", c.vocabularySize)])
    var head = embedding
    if file.tensors["output.weight"] != nil {
      head = place(c.vocabularySize, c.hiddenSize, [("output.weight", c.vocabularySize)])
    }
    let finalNorm = place(1, c.hiddenSize, [("output_norm.weight", 1)])
    let layers = (0..<c.layerCount).map { layer in
      let block = "blk.\(layer)."
      return (
        place(1, c.hiddenSize, [(block + "attn_norm.weight", 1)]),
        place(
          c.attentionInputSize, c.hiddenSize,
          [
            (block + "attn_q.weight", c.querySize), (block + "attn_k.weight", c.keyValueSize),
            (block + "attn_v.weight", c.keyValueSize),
          ]),
        place(c.hiddenSize, c.querySize, [(block + "attn_output.weight", c.hiddenSize)]),
        place(1, c.hiddenSize, [(block + "ffn_norm.weight", 1)]),
        place(
          2 * c.feedForwardSize, c.hiddenSize,
          [
            (block + "ffn_gate.weight", c.feedForwardSize),
            (block + "ffn_up.weight", c.feedForwardSize),
          ]),
        place(c.hiddenSize, c.feedForwardSize, [(block + "ffn_down.weight", c.hiddenSize)])
      )
    }
    var biases: [Int] = []
    var headNorms: [(query: Int, key: Int)] = []
    for block in (0..<c.layerCount).map({ "blk.\($0)." }) {
      if c.hasAttentionBiases {
        biases.append(place(1, c.querySize, [(block + "attn_q.bias", 1)]))
        _ = place(1, c.keyValueSize, [(block + "attn_k.bias", 1)])
        _ = place(1, c.keyValueSize, [(block + "attn_v.bias", 1)])
      }
      if c.hasHeadNorms {
        headNorms.append(
          (
            place(1, c.headSize, [(block + "attn_q_norm.weight", 1)]),
            place(1, c.headSize, [(block + "attn_k_norm.weight", 1)])
          ))
      }
    }

    memory = try FloatMemory(count: end + 16)
    let base = memory.base
    try dequantize(parts, of: file, to: memory)
    self.embedding = Matrix(base + embedding, c.vocabularySize, c.hiddenSize)
    self.head = Matrix(base + head, c.vocabularySize, c.hiddenSize)
    self.finalNorm = base + finalNorm
    self.layers = layers.enumerated().map { index, places in
      let (norm, attention, output, secondNorm, gateUp, down) = places
      return LayerWeights(
        attentionNorm: base + norm,
        queryKeyValue: Matrix(base + attention, c.attentionInputSize, c.hiddenSize),
        queryKeyValueBias: biases.isEmpty ? nil : base + biases[index],
        headNorms: headNorms.isEmpty
          ? nil : (base + headNorms[index].query, base + headNorms[index].key),
        output: Matrix(base + output, c.hiddenSize, c.querySize),
        feedForwardNorm: base + secondNorm,
        gateUp: Matrix(base + gateUp, 2 * c.feedForwardSize, c.hiddenSize),
        down: Matrix(base + down, c.hiddenSize, c.feedForwardSize))
    }
    if !c.fileKeepsRotaryPairsTogether {
      for layer in self.layers { layer.pairRotaryRows(c) }
    }
  }
}

/// A tensor's place among the weights.
private struct Part: Sendable {
  var name: String
  var rows: Int
  var columns: Int
  var offset: Int
}

/// Writes every part's floats, runs of rows at a time so that all cores stay busy to the end.
private func dequantize(
  _ parts: [Part], of file: GGUFFile, to memory: FloatMemory
) throws(LanguageModelError) {
  let runs: [(part: Part, rows: Range<Int>)] = parts.flatMap { part in
    let rowsPerRun = max(1, (1 << 20) / part.columns)
    return stride(from: 0, to: part.rows, by: rowsPerRun).map { begin in
      (part, begin..<min(begin + rowsPerRun, part.rows))
    }
  }
  let failure = Mutex<LanguageModelError?>(nil)
  DispatchQueue.concurrentPerform(iterations: runs.count) { index in
    let (part, rows) = runs[index]
    do throws(LanguageModelError) {
      try file.dequantized(
        part.name, rows: rows,
        into: UnsafeMutableBufferPointer(
          start: memory.base + part.offset + rows.lowerBound * part.columns,
          count: rows.count * part.columns))
    } catch {
      failure.withLock { $0 = error }
    }
  }
  if let error = failure.withLock({ $0 }) { throw error }
}
