import CKernels

/// Packed sequences laid out as rows: one row a position, each prompt followed by its completions.
///
/// Its memory is kept from one batch to the next.
final class PackedRows {
  /// Where one packed sequence's positions are.
  struct Sequence {
    var prompt: Range<Int>
    /// Its completions among those of the batch.
    var completions: Range<Int>
  }

  private(set) var tokens: [TokenID] = []
  private(set) var positions: [Int32] = []
  private(set) var spans: [apprentice_span] = []
  private(set) var sequences: [Sequence] = []
  /// Where the positions of each completion of the batch are.
  private(set) var completions: [Range<Int>] = []
  /// The most rows that any row attends to.
  private(set) var longestKeys = 0
  /// One more than the highest position.
  private(set) var positionCount = 0

  var count: Int { tokens.count }

  init() {}

  /// Lays out a batch; see ``lay(_:configuration:withoutLast:)``.
  convenience init(
    _ batch: [PackedSequence], configuration: ModelConfiguration, withoutLast: Bool
  ) throws(LanguageModelError) {
    self.init()
    try lay(batch, configuration: configuration, withoutLast: withoutLast)
  }

  /// Lays out a batch in the place of the one before.
  ///
  /// - Parameter withoutLast: leaves out each completion's last token, which predicts nothing that a
  ///   log-probability of the completion needs.
  /// - Throws: ``LanguageModelError`` when a prompt is empty, a sequence too long for the model, or a
  ///   token not in its vocabulary.
  func lay(
    _ batch: [PackedSequence], configuration: ModelConfiguration, withoutLast: Bool
  ) throws(LanguageModelError) {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    sequences.removeAll(keepingCapacity: true)
    completions.removeAll(keepingCapacity: true)
    longestKeys = 0
    positionCount = 0
    for (number, sequence) in batch.enumerated() {
      guard !sequence.prompt.isEmpty else {
        throw LanguageModelError("a prompt has no tokens; give it at least one")
      }
      let longest = sequence.completions.reduce(0) { max($0, $1.count) }
      try checkLength(sequence.prompt.count + longest, of: configuration)
      try checkTokens(sequence.prompt, of: configuration)
      let prompt = append(sequence.prompt[...], from: 0, prefix: 0..<0, sequence: number)
      let first = completions.count
      for completion in sequence.completions {
        try checkTokens(completion, of: configuration)
        let computed = withoutLast ? completion.dropLast() : completion[...]
        completions.append(
          append(computed, from: prompt.count, prefix: prompt, sequence: number))
      }
      sequences.append(Sequence(prompt: prompt, completions: first..<completions.count))
    }
  }

  /// A packed sequence's rows, which follow one another.
  func range(of sequence: Int) -> Range<Int> {
    let place = sequences[sequence]
    let end =
      place.completions.isEmpty
      ? place.prompt.upperBound : completions[place.completions.upperBound - 1].upperBound
    return place.prompt.lowerBound..<end
  }

  private func append(
    _ run: ArraySlice<TokenID>, from position: Int, prefix: Range<Int>, sequence: Int
  ) -> Range<Int> {
    let range = tokens.count..<(tokens.count + run.count)
    guard !range.isEmpty else { return range }
    tokens.append(contentsOf: run)
    for offset in 0..<run.count { positions.append(Int32(position + offset)) }
    positionCount = max(positionCount, position + run.count)
    spans.append(
      apprentice_span(
        prefix_begin: Int32(prefix.lowerBound), prefix_end: Int32(prefix.upperBound),
        begin: Int32(range.lowerBound), end: Int32(range.upperBound), sequence: Int32(sequence)))
    longestKeys = max(longestKeys, prefix.count + range.count)
    return range
  }
}

/// - Throws: ``LanguageModelError`` when so many tokens do not fit into the model's context.
func checkLength(
  _ count: Int, of configuration: ModelConfiguration
) throws(LanguageModelError) {
  guard count <= configuration.contextLength else {
    throw LanguageModelError(
      "a prompt with its completion is \(count) tokens long, and the model takes \(configuration.contextLength) at most; shorten one of them"
    )
  }
}

/// - Throws: ``LanguageModelError`` when one of the tokens is not in the model's vocabulary.
func checkTokens(
  _ tokens: [TokenID], of configuration: ModelConfiguration
) throws(LanguageModelError) {
  for token in tokens where token < 0 || token >= configuration.vocabularySize {
    throw LanguageModelError(
      "token \(token) is not in the model's vocabulary of \(configuration.vocabularySize); the tokens belong to another model"
    )
  }
}
