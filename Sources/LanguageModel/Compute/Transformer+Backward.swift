import CKernels

extension Transformer {
  /// Carries the gradient of the residual stream, which the caller has put into
  /// `activations.backward.residual`, down to the lowest adapted layer and adds the adapter's
  /// gradients to `gradient`, laid out as its parameters.
  func backward(gradient: UnsafeMutableBufferPointer<Float>) {
    guard let keeping, let adapter else { return }
    for layer in (keeping.lowest..<configuration.layerCount).reversed() {
      if layer < keeping.firstWhole { forwardLayer(layer, output: nil) }
      backwardLayer(
        layer, adapter: adapter.layers.contains(layer) ? adapter : nil,
        isLowest: layer == keeping.lowest, gradient: gradient)
    }
  }

  private func backwardLayer(
    _ layer: Int, adapter: LoRAAdapter?, isLowest: Bool,
    gradient: UnsafeMutableBufferPointer<Float>
  ) {
    guard let activations, let rows, let d = activations.backward else { return }
    let c = configuration
    let weights = model.weights.layers[layer]
    let a = activations.layers[layer]

    /// The backward pass of the linear layers of a group, adapter included.
    func linears(
      _ group: AdapterGroup, _ weights: Matrix, input: Matrix, outputGradient: Matrix,
      inputGradient: Matrix?
    ) {
      if let adapter {
        let reduced = a.reduced[group.rawValue]
        adapter.backward(
          group, layer: layer, weights: weights, input: input, reduced: reduced,
          outputGradient: outputGradient,
          reducedGradient: Matrix(d.reduced.base, rows.count, reduced.columns),
          inputGradient: inputGradient, gradient: gradient, products: products)
      } else if let inputGradient {
        multiply(outputGradient.plain, weights.plain, into: inputGradient)
      }
    }

    // Feed-forward.
    if adapter != nil {
      apprentice_swiglu(a.gateUp.base, activations.activated.base, rows.count, c.feedForwardSize)
    }
    linears(
      .feedForwardOutput, weights.down, input: activations.activated, outputGradient: d.residual,
      inputGradient: d.activated)
    apprentice_swiglu_backward(
      a.gateUp.base, d.activated.base, d.gateUp.base, rows.count, c.feedForwardSize)
    if adapter != nil {
      apprentice_rms_norm(
        a.middle.base, weights.feedForwardNorm, activations.normed.base, nil, rows.count,
        c.hiddenSize, c.normEpsilon)
    }
    linears(
      .feedForwardInput, weights.gateUp, input: activations.normed, outputGradient: d.gateUp,
      inputGradient: d.normed)
    apprentice_rms_norm_backward(
      a.middle.base, weights.feedForwardNorm, a.middleInverseRMS, d.normed.base, d.residual.base,
      rows.count, c.hiddenSize)

    // Attention.
    linears(
      .attentionOutput, weights.output, input: a.attended, outputGradient: d.residual,
      inputGradient: d.attended)
    withAttention(layer) { apprentice_attention_backward($0) }
    apprentice_rope_backward(
      d.queryKeyValue.base, c.attentionInputSize, rows.count, c.headCount + c.keyValueHeadCount,
      c.headSize, rows.positions, rotary.cosines, rotary.sines)
    normalizeHeadsBackward(weights, a, gradient: d.queryKeyValue)
    if adapter != nil {
      apprentice_rms_norm(
        a.input.base, weights.attentionNorm, activations.normed.base, nil, rows.count,
        c.hiddenSize, c.normEpsilon)
    }
    linears(
      .attentionInput, weights.queryKeyValue, input: activations.normed,
      outputGradient: d.queryKeyValue, inputGradient: isLowest ? nil : d.normed)
    if !isLowest {
      apprentice_rms_norm_backward(
        a.input.base, weights.attentionNorm, a.inputInverseRMS, d.normed.base, d.residual.base,
        rows.count, c.hiddenSize)
    }
  }
}
