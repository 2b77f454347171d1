/// What the layers of the model say of each completion of a batch, as fixed-length vectors: the words
/// it is made of, what it is about, how it ends, and what was asked. Linear models of these learn from few
/// examples.
public final class CompletionFeatures {
  /// A vector as long as the model's hidden size.
  public struct Block: Sendable, Equatable {
    /// How the completion's rows become one.
    public enum Pooling: Sendable {
      /// The mean over all its tokens.
      case mean
      /// The row of its last token.
      case end
      /// The row of its prompt's last token, the same for all of a prompt.
      case prompt
    }

    public var pooling: Pooling
    /// The residual stream at this layer's input; the number of layers stands for the final norm.
    public var layer: Int
  }

  /// The vectors of a completion: the mean of its embeddings, the middle of the model as a mean and at
  /// the end, four fifths up at the end, the final norm at the end, and two thirds up at the
  /// end of the prompt, where the form of the answer shows.
  public static func blocks(of configuration: ModelConfiguration) -> [Block] {
    let layers = configuration.layerCount
    return [
      Block(pooling: .mean, layer: 0), Block(pooling: .mean, layer: (layers + 1) / 2),
      Block(pooling: .end, layer: (layers + 1) / 2), Block(pooling: .end, layer: layers * 4 / 5),
      Block(pooling: .end, layer: layers), Block(pooling: .prompt, layer: layers * 2 / 3),
    ]
  }

  /// The block that is the final norm at the end.
  private let normBlock = 4
  private var width = 0
  private var blocks: [Block] = []
  private var ranges: [Range<Int>] = []
  /// The last row of each completion's prompt.
  private var promptEnds: [Int] = []
  /// `[completion, block, hidden]`.
  private var memory: [Float] = []

  init() {}

  func begin(rows: PackedRows, model: LanguageModel) {
    let c = model.configuration
    width = c.hiddenSize
    blocks = Self.blocks(of: c)
    ranges = rows.completions
    promptEnds = rows.sequences.flatMap { sequence in
      sequence.completions.map { _ in sequence.prompt.upperBound - 1 }
    }
    memory.removeAll(keepingCapacity: true)
    memory.append(contentsOf: repeatElement(0, count: ranges.count * blocks.count * width))
    let embedding = model.weights.embedding
    for (block, description) in blocks.enumerated() where description.layer == 0 {
      pool(block) { UnsafePointer(embedding.base + Int(rows.tokens[$0]) * width) }
    }
  }

  func read(layer: Int, residual: Matrix) {
    for (block, description) in blocks.enumerated()
    where description.layer == layer && layer > 0 && block != normBlock {
      pool(block) { UnsafePointer(residual.base + $0 * residual.stride) }
    }
  }

  func values(of completion: Int, end: ArraySlice<Float>) -> ArraySlice<Float> {
    let begin = completion * blocks.count * width
    let last = begin + normBlock * width
    for (index, value) in zip(last..<(last + width), end) { memory[index] = value }
    return memory[begin..<(begin + blocks.count * width)]
  }

  private func pool(_ block: Int, _ row: (Int) -> UnsafePointer<Float>) {
    for (completion, range) in ranges.enumerated() where !range.isEmpty {
      let begin = (completion * blocks.count + block) * width
      let pooled =
        switch blocks[block].pooling {
        case .mean: range
        case .end: (range.upperBound - 1)..<range.upperBound
        case .prompt: promptEnds[completion]..<(promptEnds[completion] + 1)
        }
      let share = 1 / Float(pooled.count)
      for index in pooled {
        let values = row(index)
        for unit in 0..<width { memory[begin + unit] += share * values[unit] }
      }
    }
  }
}
