import CKernels
import Foundation

/// One transformer layer's matrices as integer codes.
struct LayerCodes {
  /// Indexed by ``LinearLayer``'s raw value.
  var linears: [apprentice_codes]

  subscript(linear: LinearLayer) -> apprentice_codes { linears[linear.rawValue] }
}

/// The matrices that decoding reads, as integer codes in one allocation.
///
/// Matrices that the file holds as such codes lose nothing; others are rounded to 15 bits, with a
/// scale for each 32 weights.
final class CodeWeights: @unchecked Sendable {
  let layers: [LayerCodes]
  /// The output head; the embedding when the file has no head of its own.
  let head: apprentice_codes
  private let memory: FloatMemory

  /// Packs a model's matrices on all cores.
  ///
  /// - Parameters:
  ///   - file: the file that `weights` were read from.
  ///   - weights: the same in float32.
  /// - Throws: ``LanguageModelError`` when a width is no multiple of 32, or memory is short.
  init(
    file: GGUFFile, weights: ModelWeights, configuration c: ModelConfiguration
  ) throws(LanguageModelError) {
    var sources: [Source] = []
    for layer in 0..<c.layerCount {
      for linear in LinearLayer.allCases {
        sources.append(
          Source(
            tensor: file.tensors["blk.\(layer).\(linear.ggufName).weight"],
            floats: weights.layers[layer].matrix(linear, configuration: c),
            unpairedHeadSize: c.fileKeepsRotaryPairsTogether || ![.query, .key].contains(linear)
              ? nil : c.headSize))
      }
    }
    sources.append(
      Source(
        tensor: file.tensors["output.weight"] ?? file.tensors["token_embd.weight"],
        floats: weights.head))

    let block = Int(APPRENTICE_CODE_BLOCK)
    if let odd = sources.first(where: { $0.inputs % block != 0 }) {
      throw LanguageModelError(
        "\(file.path): has a linear layer of \(odd.inputs) inputs, and completions can only be "
          + "drawn from models whose widths are multiples of \(block); choose another model")
    }
    let sizes = sources.map(\.size)
    memory = try FloatMemory(count: sizes.reduce(0) { $0 + ($1 + 63) / 64 * 16 } + 1024)
    var next = UnsafeMutableRawPointer(memory.base).assumingMemoryBound(to: UInt8.self)
    var targets: [Target] = []
    for (source, size) in zip(sources, sizes) {
      targets.append(Target(source: source, panels: next))
      next += (size + 63) / 64 * 64
    }
    let runs = targets.flatMap { target in
      stride(from: 0, to: target.panelCount, by: 64).map { begin in
        (target, begin..<min(begin + 64, target.panelCount))
      }
    }
    nonisolated(unsafe) let work = runs
    DispatchQueue.concurrentPerform(iterations: work.count) { index in
      work[index].0.pack(work[index].1)
    }
    let matrices = targets.map(\.codes)
    let count = LinearLayer.allCases.count
    layers = (0..<c.layerCount).map { layer in
      LayerCodes(linears: Array(matrices[(layer * count)..<((layer + 1) * count)]))
    }
    head = matrices[matrices.count - 1]
  }
}

/// Where a matrix's codes come from.
private struct Source {
  var format: WeightFormat
  /// The stored rows of a format whose blocks are codes, else those in float32.
  var rows: UnsafeRawPointer
  var bytesPerRow: Int
  var outputs: Int
  var inputs: Int
  /// The head size of rows that the file has in another order than memory.
  var unpairedHeadSize: Int?

  init(tensor: GGUFTensor?, floats: Matrix, unpairedHeadSize: Int? = nil) {
    outputs = floats.rows
    inputs = floats.columns
    if let tensor, let base = tensor.data.baseAddress,
      apprentice_code_kind_of(tensor.format.rawValue) != APPRENTICE_CODES_16
    {
      format = tensor.format
      rows = base
      bytesPerRow = inputs / format.valuesPerBlock * format.bytesPerBlock
      self.unpairedHeadSize = unpairedHeadSize
    } else {
      format = .f32
      rows = UnsafeRawPointer(floats.base)
      bytesPerRow = floats.stride * MemoryLayout<Float>.stride
    }
  }

  var kind: apprentice_code_kind { apprentice_code_kind_of(format.rawValue) }
  var size: Int { apprentice_codes_size(outputs, inputs, kind) }
}

/// A matrix and the place of its codes.
private struct Target {
  var source: Source
  var panels: UnsafeMutablePointer<UInt8>

  var panelCount: Int {
    (source.outputs + Int(APPRENTICE_CODE_PANEL) - 1) / Int(APPRENTICE_CODE_PANEL)
  }

  var codes: apprentice_codes {
    apprentice_codes(
      panels: panels, outputs: source.outputs, inputs: source.inputs, kind: source.kind)
  }

  func pack(_ range: Range<Int>) {
    var rows = [UnsafeRawPointer?](repeating: nil, count: source.outputs)
    for row in 0..<source.outputs {
      let place = source.unpairedHeadSize.map { rowOfRotaryPairs(row, headSize: $0) } ?? row
      rows[place] = source.rows + row * source.bytesPerRow
    }
    rows.withUnsafeBufferPointer { rows in
      apprentice_pack_codes(
        panels, rows.baseAddress, source.outputs, source.inputs, source.format.rawValue,
        range.lowerBound, range.upperBound)
    }
  }
}

extension LinearLayer {
  /// The part of a GGUF tensor's name that says which layer it is.
  public var ggufName: String {
    switch self {
    case .query: "attn_q"
    case .key: "attn_k"
    case .value: "attn_v"
    case .output: "attn_output"
    case .gate: "ffn_gate"
    case .up: "ffn_up"
    case .down: "ffn_down"
    }
  }
}

extension LayerWeights {
  /// A linear layer's matrix, `[outputs, inputs]`.
  func matrix(_ linear: LinearLayer, configuration c: ModelConfiguration) -> Matrix {
    switch linear {
    case .query: queryKeyValue.rows(0..<c.querySize)
    case .key: queryKeyValue.rows(c.querySize..<(c.querySize + c.keyValueSize))
    case .value: queryKeyValue.rows((c.querySize + c.keyValueSize)..<c.attentionInputSize)
    case .output: output
    case .gate: gateUp.rows(0..<c.feedForwardSize)
    case .up: gateUp.rows(c.feedForwardSize..<(2 * c.feedForwardSize))
    case .down: down
    }
  }
}
