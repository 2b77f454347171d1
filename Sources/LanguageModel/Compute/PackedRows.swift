import CKernels

/// Packed sequences laid out as rows: one row a position, each prompt followed by its completions.
struct PackedRows {
  /// Where one packed sequence's positions are.
  struct Sequence {
    var prompt: Range<Int>
    var completions: [Range<Int>]
  }

  private(set) var tokens: [TokenID] = []
  private(set) var positions: [Int32] = []
  private(set) var spans: [apprentice_span] = []
  private(set) var sequences: [Sequence] = []
  /// The most rows that any row attends to.
  private(set) var longestKeys = 0

  var count: Int { tokens.count }
  /// One more than the highest position.
  var positionCount: Int { Int(positions.max() ?? -1) + 1 }

  /// - Parameter withoutLast: leaves out each completion's last token, which predicts nothing that a
  ///   log-probability of the completion needs.
  /// - Throws: ``LanguageModelError`` when a prompt is empty, a sequence too long for the model, or a
  ///   token not in its vocabulary.
  init(
    _ batch: [PackedSequence], configuration: ModelConfiguration, withoutLast: Bool
  ) throws(LanguageModelError) {
    for (number, sequence) in batch.enumerated() {
      guard !sequence.prompt.isEmpty else {
        throw LanguageModelError("a prompt has no tokens; give it at least one")
      }
      let longest = sequence.completions.map(\.count).max() ?? 0
      try checkLength(sequence.prompt.count + longest, of: configuration)
      let prompt = append(sequence.prompt, from: 0, prefix: 0..<0, sequence: number)
      let completions = sequence.completions.map { tokens in
        append(
          withoutLast ? tokens.dropLast() : tokens[...], from: prompt.count, prefix: prompt,
          sequence: number)
      }
      sequences.append(Sequence(prompt: prompt, completions: completions))
      for token in [sequence.prompt] + sequence.completions {
        try checkTokens(token, of: configuration)
      }
    }
  }

  /// A packed sequence's rows, which follow one another.
  func range(of sequence: Int) -> Range<Int> {
    let place = sequences[sequence]
    return place.prompt.lowerBound..<(place.completions.last ?? place.prompt).upperBound
  }

  /// A packed sequence's tokens that have rows.
  func computedTokens(of sequence: Int) -> PackedSequence {
    let place = sequences[sequence]
    return PackedSequence(
      prompt: Array(tokens[place.prompt]), completions: place.completions.map { Array(tokens[$0]) })
  }

  private mutating func append(
    _ run: some Collection<TokenID>, from position: Int, prefix: Range<Int>, sequence: Int
  ) -> Range<Int> {
    let begin = tokens.count
    tokens += run
    positions += (0..<run.count).map { Int32(position + $0) }
    let range = begin..<tokens.count
    if !range.isEmpty {
      spans.append(
        apprentice_span(
          prefix_begin: Int32(prefix.lowerBound), prefix_end: Int32(prefix.upperBound),
          begin: Int32(range.lowerBound), end: Int32(range.upperBound), sequence: Int32(sequence)))
      longestKeys = max(longestKeys, prefix.count + range.count)
    }
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
