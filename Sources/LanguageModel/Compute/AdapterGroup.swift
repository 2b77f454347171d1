/// The linear layers of one transformer layer that share an input, as one product sees them: their
/// weights, and an adapter's factors A, stand one below the other.
enum AdapterGroup: Int, CaseIterable {
  case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput

  /// The raw values of its linear layers, which follow one another.
  var range: Range<Int> {
    switch self {
    case .attentionInput: LinearLayer.query.rawValue..<LinearLayer.output.rawValue
    case .attentionOutput: LinearLayer.output.rawValue..<LinearLayer.gate.rawValue
    case .feedForwardInput: LinearLayer.gate.rawValue..<LinearLayer.down.rawValue
    case .feedForwardOutput: LinearLayer.down.rawValue..<LinearLayer.allCases.count
    }
  }

  /// The first of its linear layers.
  var first: LinearLayer { LinearLayer(rawValue: range.lowerBound)! }
}

extension LoRAAdapter {
  /// The factors A of a group, `[members * rank, input]`, in `memory` laid out as ``parameters``.
  func stackedA(
    _ group: AdapterGroup, layer: Int, in memory: UnsafeMutableBufferPointer<Float>
  ) -> Matrix {
    let begin = range(layer: layer, linear: group.first, factor: .a).lowerBound
    return Matrix(
      memory.baseAddress! + begin, group.range.count * rank,
      configuration.shape(of: group.first).input)
  }

  /// The factor B of a linear layer, `[output, rank]`, in `memory` laid out as ``parameters``.
  func factorB(
    _ linear: LinearLayer, layer: Int, in memory: UnsafeMutableBufferPointer<Float>
  ) -> Matrix {
    let range = range(layer: layer, linear: linear, factor: .b)
    return Matrix(
      memory.baseAddress! + range.lowerBound, configuration.shape(of: linear).output, rank)
  }

  /// Adds scale · B (A x) to the outputs of a group and keeps u = A x, `[rows, members * rank]`.
  func addForward(
    _ group: AdapterGroup, layer: Int, input: Matrix, reduced: Matrix, output: Matrix,
    products: Products
  ) {
    multiply(
      input.plain, stackedA(group, layer: layer, in: parameters).transposed, into: reduced)
    forEachMember(group, layer: layer, in: parameters) { b, inner, outer in
      products.add(
        reduced.columns(inner, rank).plain, b.transposed, scale: scale,
        into: output.columns(outer, b.rows).plain, adding: true)
    }
    products.compute()
  }

  /// Adds the gradients of a group's factors to `gradient`, and computes that of the group's input if
  /// it is wanted.
  ///
  /// With u = A x and s = scale: dB += s dyᵀ u, du = s dy B, dA += duᵀ x, dx = dy W + du A.
  ///
  /// - Parameters:
  ///   - weights: W, the group's weights one below the other.
  ///   - reducedGradient: room for du, as large as `reduced`.
  func backward(
    _ group: AdapterGroup, layer: Int, weights: Matrix, input: Matrix, reduced: Matrix,
    outputGradient: Matrix, reducedGradient: Matrix, inputGradient: Matrix?,
    gradient: UnsafeMutableBufferPointer<Float>, products: Products
  ) {
    forEachMember(group, layer: layer, in: parameters) { b, inner, outer in
      products.add(
        outputGradient.columns(outer, b.rows).plain, b.plain, scale: scale,
        into: reducedGradient.columns(inner, rank).plain)
    }
    // Transposed, as the many outputs then fill the vectors.
    forEachMember(group, layer: layer, in: gradient) { b, inner, outer in
      products.add(
        reduced.columns(inner, rank).transposed, outputGradient.columns(outer, b.rows).plain,
        scale: scale, into: b.transposed, adding: true)
    }
    products.compute()
    products.add(
      reducedGradient.transposed, input.plain,
      into: stackedA(group, layer: layer, in: gradient).plain, adding: true)
    if let inputGradient {
      products.add(outputGradient.plain, weights.plain, into: inputGradient.plain)
      products.add(
        reducedGradient.plain, stackedA(group, layer: layer, in: parameters).plain)
    }
    products.compute()
  }

  /// Calls `body` for each linear layer of a group.
  ///
  /// - Parameter body: gets its B in `memory`, and the first of its columns in u and in the output.
  private func forEachMember(
    _ group: AdapterGroup, layer: Int, in memory: UnsafeMutableBufferPointer<Float>,
    _ body: (_ b: Matrix, _ inner: Int, _ outer: Int) -> Void
  ) {
    var (inner, outer) = (0, 0)
    for linear in group.range {
      let b = factorB(LinearLayer(rawValue: linear)!, layer: layer, in: memory)
      body(b, inner, outer)
      inner += rank
      outer += b.rows
    }
  }
}
