/// One forward pass, and one backward pass, over a batch of packed sequences.
///
/// Memory is kept from pass to pass. A pass is used by one thread only, the one that computes with
/// the model; see ``LanguageModel``.
public final class TrainingPass {
  /// What a caller wants from the forward pass.
  public struct Needs: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let logprobs = Needs(rawValue: 1)
    public static let endHidden = Needs(rawValue: 2)
    public static let features = Needs(rawValue: 4)
  }

  /// What the forward pass found.
  public struct Output: Sendable {
    /// The natural logarithms of each completion's tokens' probabilities; no rows unless needed. 0
    /// where the token's gradient was given as 0: nothing is computed there.
    public var logprobs = RaggedRows()
    /// The final-norm hidden state at each completion's last token, as long as the model's hidden size;
    /// no rows unless needed.
    public var endHidden = RaggedRows()
    /// What the layers say of each completion, ``CompletionFeatures/blocks(of:)`` one after another; no
    /// rows unless needed.
    public var features = RaggedRows()
    /// The number of positions computed.
    public var tokens = 0
  }

  private let model: LanguageModel
  private let transformer: Transformer
  private let head: OutputHead
  private let frozenLayers: FrozenLayers

  private let rows = PackedRows()
  private let features = CompletionFeatures()
  /// What the last forward pass found; its memory is used again once nobody else holds it.
  private var output = Output()

  /// What the last forward pass left for a backward pass.
  private struct Kept {
    /// Whether the forward pass knew the tokens' gradients.
    var knewGradients: Bool
    /// Whether there are rows for log-probabilities, and for hidden states.
    var hasLogprobs: Bool
    var hasEndHidden: Bool
  }
  private var kept: Kept?

  /// - Parameter residualBytes: the most that is kept of the layers below an adapter's lowest one, for
  ///   sequences that are trained on again.
  public convenience init(model: LanguageModel, residualBytes: Int = 96 << 20) {
    self.init(
      model: model,
      residuals: ResidualCache(width: model.configuration.hiddenSize, bytes: residualBytes))
  }

  init(model: LanguageModel, residuals: ResidualCache) {
    self.model = model
    transformer = Transformer(model: model)
    head = OutputHead(model: model)
    frozenLayers = FrozenLayers(transformer: transformer, cache: residuals)
  }

  /// How much a forward pass may keep for the backward pass, in bytes; of a batch that needs more the
  /// lowest layers are computed twice.
  var keptBytes: Int {
    get { transformer.keptFloats * MemoryLayout<Float>.stride }
    set { transformer.keptFloats = newValue / MemoryLayout<Float>.stride }
  }

  /// Computes a batch.
  ///
  /// - Parameters:
  ///   - adapter: nil computes the base model.
  ///   - arithmetic: how the weights are multiplied with.
  ///   - keepForBackward: whether ``backward(tokenGradients:endHiddenGradients:gradient:)`` follows.
  ///   - tokenGradients: d(loss)/d(logprob) of each completion's tokens, if it is known by now: the
  ///     head's gradient is then computed along with its logits, and nothing is where it is 0.
  /// - Throws: ``LanguageModelError`` when a sequence is longer than the model's context, a prompt
  ///   empty, or a token unknown.
  public func forward(
    _ batch: [PackedSequence], adapter: LoRAAdapter?, arithmetic: Arithmetic = .float32,
    needs: Needs, keepForBackward: Bool, tokenGradients: RaggedRows? = nil
  ) throws(LanguageModelError) -> Output {
    kept = nil
    output.logprobs.removeAll()
    output.endHidden.removeAll()
    output.features.removeAll()
    output.tokens = 0
    let needsLogprobs = needs.contains(.logprobs)
    let needsFeatures = needs.contains(.features)
    let needsHidden = needs.contains(.endHidden) || needsFeatures
    try rows.lay(batch, configuration: model.configuration, withoutLast: !needsHidden)
    if let tokenGradients { try checkShape(tokenGradients, of: batch) }
    guard rows.count > 0 else { return output }
    // Only what is trained on comes again, so only that is kept.
    var stream: ResidualStream?
    if let adapter {
      stream = try frozenLayers.output(
        batch, rows: rows, withoutLast: !needsHidden, below: adapter, arithmetic: arithmetic,
        keep: keepForBackward)
    }
    if needsFeatures { features.begin(rows: rows, model: model) }
    let features = needsFeatures ? features : nil
    let residual = try transformer.forward(
      rows, adapter: adapter, arithmetic: arithmetic, keepForBackward: keepForBackward,
      from: stream,
      afterLayer: features.map { features in
        { features.read(layer: $0 + 1, residual: $1.residual(after: $0)) }
      })

    chooseRows(
      batch, needsLogprobs: needsLogprobs, needsHidden: needsHidden, coefficients: tokenGradients)
    let hidden = try head.forward(
      residual: residual, arithmetic: arithmetic,
      withGradient: tokenGradients != nil && keepForBackward)
    if keepForBackward {
      kept = Kept(
        knewGradients: tokenGradients != nil, hasLogprobs: needsLogprobs,
        hasEndHidden: needsHidden)
    }
    output.tokens = rows.count
    if needsLogprobs { collectLogprobs(batch, coefficients: tokenGradients) }
    if needsHidden {
      for row in 0..<hidden.rows {
        output.endHidden.append(
          UnsafeBufferPointer(start: hidden.base + row * hidden.stride, count: hidden.columns))
      }
    }
    if let features {
      for completion in rows.completions.indices {
        output.features.append(features.values(of: completion, end: output.endHidden[completion]))
      }
    }
    return output
  }

  /// Adds the adapter's gradient to `gradient`, for the batch that was computed last and kept.
  ///
  /// - Parameters:
  ///   - tokenGradients: d(loss)/d(logprob) of each completion's tokens, unless the forward pass has
  ///     been given it.
  ///   - endHiddenGradients: d(loss)/d(end hidden state) of each completion.
  ///   - gradient: laid out as the adapter's parameters.
  /// - Throws: ``LanguageModelError`` when nothing was kept or a shape is not the batch's.
  public func backward(
    tokenGradients: RaggedRows? = nil, endHiddenGradients: RaggedRows? = nil,
    gradient: UnsafeMutableBufferPointer<Float>
  ) throws(LanguageModelError) {
    guard let kept, let adapter = transformer.adapter,
      let residualGradient = transformer.activations?.backward?.residual
    else {
      throw LanguageModelError(
        "a backward pass needs a forward pass with an adapter that was kept for it, once each")
    }
    guard gradient.count == adapter.parameters.count else {
      throw LanguageModelError(
        "the gradient has \(gradient.count) numbers where the adapter has \(adapter.parameters.count)"
      )
    }
    if let tokenGradients {
      guard kept.hasLogprobs, !kept.knewGradients else {
        throw LanguageModelError(
          "token gradients belong to one forward pass that computed log-probabilities; give them once"
        )
      }
      guard tokenGradients.hasShape(of: output.logprobs) else { throw Self.otherTokenShape }
    }
    if let endHiddenGradients {
      guard kept.hasEndHidden, endHiddenGradients.hasShape(of: output.endHidden) else {
        throw LanguageModelError(
          "the gradients of the end states do not have the shape of the batch")
      }
    }
    self.kept = nil
    if let tokenGradients { head.targetsBackward(coefficients: tokenGradients.values) }
    residualGradient.base.update(
      repeating: 0, count: residualGradient.rows * residualGradient.columns)
    head.backward(
      withTargets: kept.knewGradients || tokenGradients != nil,
      hiddenGradients: endHiddenGradients, residualGradient: residualGradient)
    transformer.backward(gradient: gradient)
  }

  private static let otherTokenShape = LanguageModelError(
    "the gradients of the tokens do not have the shape of the batch")

  private func checkShape(
    _ values: RaggedRows, of batch: [PackedSequence]
  ) throws(LanguageModelError) {
    var next = 0
    for sequence in batch {
      for completion in sequence.completions {
        guard next < values.count, values.range(of: next).count == completion.count else {
          throw Self.otherTokenShape
        }
        next += 1
      }
    }
    guard next == values.count else { throw Self.otherTokenShape }
  }

  /// Tells the head which rows predict the completions' tokens, and which are their ends.
  private func chooseRows(
    _ batch: [PackedSequence], needsLogprobs: Bool, needsHidden: Bool, coefficients: RaggedRows?
  ) {
    head.removeRows()
    var next = 0
    for (sequence, place) in zip(batch, rows.sequences) {
      let rowBefore = place.prompt.upperBound - 1
      for (completion, index) in zip(sequence.completions, place.completions) {
        let range = rows.completions[index]
        for (position, token) in completion.enumerated() where needsLogprobs {
          let coefficient = coefficients?.values[next]
          next += 1
          if coefficient == 0 { continue }
          head.addTarget(
            row: position == 0 ? rowBefore : range.lowerBound + position - 1, token: token,
            coefficient: coefficient)
        }
        if needsHidden {
          head.addHidden(row: range.isEmpty ? rowBefore : range.upperBound - 1)
        }
      }
    }
  }

  /// The head's log-probabilities, with 0 for the tokens that it was not told of.
  private func collectLogprobs(_ batch: [PackedSequence], coefficients: RaggedRows?) {
    var token = 0
    var target = 0
    for sequence in batch {
      for completion in sequence.completions {
        for _ in completion.indices {
          if coefficients?.values[token] == 0 {
            output.logprobs.append(0)
          } else {
            output.logprobs.append(head.logprobs[target])
            target += 1
          }
          token += 1
        }
        output.logprobs.endRow()
      }
    }
  }
}
