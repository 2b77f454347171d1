/// One forward pass, and one backward pass, over a batch of packed sequences.
///
/// Memory is kept from pass to pass. A pass is used by one thread only, the one that computes with
/// the model; see ``LanguageModel``.
public final class TrainingPass {
  /// What a caller wants from the forward pass.
  public enum Need: Sendable {
    case logprobs, endHidden
  }

  /// What the forward pass found.
  public struct Output: Sendable {
    /// `[sequence][completion][token]`: natural logarithms; empty unless needed. 0 where the token's
    /// gradient was given as 0: nothing is computed there.
    public var logprobs: [[[Float]]]
    /// `[sequence][completion]`: the final-norm hidden state at the completion's last token, as long
    /// as the model's hidden size; empty unless needed.
    public var endHidden: [[[Float]]]
    /// The number of positions computed.
    public var tokens: Int
  }

  private let model: LanguageModel
  private let transformer: Transformer
  private let head: OutputHead
  private let frozenLayers: FrozenLayers

  /// What the last forward pass left for a backward pass.
  private struct Kept {
    var batch: [PackedSequence]
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
  ///   - tokenGradients: d(loss)/d(logprob), `[sequence][completion][token]`, if it is known by now:
  ///     the head's gradient is then computed along with its logits, and nothing is where it is 0.
  /// - Throws: ``LanguageModelError`` when a sequence is longer than the model's context, a prompt
  ///   empty, or a token unknown.
  public func forward(
    _ batch: [PackedSequence], adapter: LoRAAdapter?, arithmetic: Arithmetic = .float32,
    needs: Set<Need>, keepForBackward: Bool, tokenGradients: [[[Float]]]? = nil
  ) throws(LanguageModelError) -> Output {
    kept = nil
    let needsLogprobs = needs.contains(.logprobs)
    let needsHidden = needs.contains(.endHidden)
    let rows = try PackedRows(
      batch, configuration: model.configuration, withoutLast: !needsHidden)
    if let tokenGradients { try checkShape(tokenGradients, of: batch) }
    guard rows.count > 0 else {
      return Output(logprobs: [], endHidden: [], tokens: 0)
    }
    // Only what is trained on comes again, so only that is kept.
    var stream: ResidualStream?
    if let adapter {
      stream = try frozenLayers.output(
        rows, below: adapter, arithmetic: arithmetic, keep: keepForBackward)
    }
    let residual = try transformer.forward(
      rows, adapter: adapter, arithmetic: arithmetic, keepForBackward: keepForBackward,
      from: stream)

    var targets: [OutputHead.Target] = []
    var coefficients: [Float] = []
    var hiddenRows: [Int] = []
    for (s, sequence) in rows.sequences.enumerated() {
      for (k, range) in sequence.completions.enumerated() {
        let tokens = batch[s].completions[k]
        let rowBefore = sequence.prompt.upperBound - 1
        if needsLogprobs {
          for (t, token) in tokens.enumerated() {
            let coefficient = tokenGradients?[s][k][t]
            if coefficient == 0 { continue }
            targets.append(
              .init(row: t == 0 ? rowBefore : range.lowerBound + t - 1, token: token))
            coefficients.append(coefficient ?? 0)
          }
        }
        if needsHidden { hiddenRows.append(range.isEmpty ? rowBefore : range.upperBound - 1) }
      }
    }
    let (logprobs, hidden) = try head.forward(
      residual: residual, arithmetic: arithmetic, targets: targets, hiddenRows: hiddenRows,
      coefficients: tokenGradients != nil && keepForBackward ? coefficients : nil)
    if keepForBackward {
      kept = Kept(
        batch: batch, knewGradients: tokenGradients != nil, hasLogprobs: needsLogprobs,
        hasEndHidden: needsHidden)
    }
    var output = Output(logprobs: [], endHidden: [], tokens: rows.count)
    if needsLogprobs {
      output.logprobs = unflattened(logprobs, of: batch, tokenGradients: tokenGradients)
    }
    if needsHidden {
      var next = 0
      output.endHidden = batch.map { sequence in
        sequence.completions.map { _ in
          defer { next += 1 }
          return Array(
            UnsafeBufferPointer(
              start: hidden.base + next * hidden.stride, count: hidden.columns))
        }
      }
    }
    return output
  }

  /// Adds the adapter's gradient to `gradient`, for the batch that was computed last and kept.
  ///
  /// - Parameters:
  ///   - tokenGradients: d(loss)/d(logprob), unless the forward pass has been given it.
  ///   - endHiddenGradients: `[sequence][completion]`: d(loss)/d(end hidden state).
  ///   - gradient: laid out as the adapter's parameters.
  /// - Throws: ``LanguageModelError`` when nothing was kept or a shape is not the batch's.
  public func backward(
    tokenGradients: [[[Float]]]? = nil, endHiddenGradients: [[[Float]]]? = nil,
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
      try checkShape(tokenGradients, of: kept.batch)
      guard kept.hasLogprobs, !kept.knewGradients else {
        throw LanguageModelError(
          "token gradients belong to one forward pass that computed log-probabilities; give them once"
        )
      }
    }
    let hiddenGradients = endHiddenGradients.map { Array($0.joined()) } ?? []
    if endHiddenGradients != nil {
      guard kept.hasEndHidden,
        endHiddenGradients?.map(\.count) == kept.batch.map(\.completions.count),
        hiddenGradients.allSatisfy({ $0.count == model.configuration.hiddenSize })
      else {
        throw LanguageModelError(
          "the gradients of the end states do not have the shape of the batch")
      }
    }
    self.kept = nil
    if let tokenGradients {
      head.targetsBackward(coefficients: tokenGradients.flatMap { $0.flatMap { $0 } })
    }
    residualGradient.base.update(
      repeating: 0, count: residualGradient.rows * residualGradient.columns)
    head.backward(
      withTargets: kept.knewGradients || tokenGradients != nil, hiddenGradients: hiddenGradients,
      residualGradient: residualGradient)
    transformer.backward(gradient: gradient)
  }

  private func checkShape(
    _ values: [[[Float]]], of batch: [PackedSequence]
  ) throws(LanguageModelError) {
    guard values.map({ $0.map(\.count) }) == batch.map({ $0.completions.map(\.count) }) else {
      throw LanguageModelError("the gradients of the tokens do not have the shape of the batch")
    }
  }

  private func unflattened(
    _ logprobs: [Float], of batch: [PackedSequence], tokenGradients: [[[Float]]]?
  ) -> [[[Float]]] {
    var next = 0
    return batch.enumerated().map { s, sequence in
      sequence.completions.enumerated().map { k, tokens in
        tokens.indices.map { t in
          if tokenGradients?[s][k][t] == 0 { return 0 }
          defer { next += 1 }
          return logprobs[next]
        }
      }
    }
  }
}
