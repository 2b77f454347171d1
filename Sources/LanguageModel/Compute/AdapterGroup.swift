/// The linear layers of one transformer layer that share an input, as one product sees them: their
/// weights, and an adapter's factors A, stand one below the other.
enum AdapterGroup: Int, CaseIterable {
  case attentionInput, attentionOutput, feedForwardInput, feedForwardOutput

  var linears: [LinearLayer] {
    switch self {
    case .attentionInput: [.query, .key, .value]
    case .attentionOutput: [.output]
    case .feedForwardInput: [.gate, .up]
    case .feedForwardOutput: [.down]
    }
  }

  /// The raw values of its linear layers, which follow one another.
  var range: Range<Int> {
    linears[0].rawValue..<(linears[0].rawValue + linears.count)
  }
}

extension LoRAAdapter {
  /// The factors A of a group, `[members * rank, input]`, in `memory` laid out as ``parameters``.
  func stackedA(
    _ group: AdapterGroup, layer: Int, in memory: UnsafeMutableBufferPointer<Float>
  ) -> Matrix {
    let linears = group.linears
    let begin = range(layer: layer, linear: linears[0], factor: .a).lowerBound
    return Matrix(
      memory.baseAddress! + begin, linears.count * rank, configuration.shape(of: linears[0]).input)
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
    _ group: AdapterGroup, layer: Int, input: Matrix, reduced: Matrix, output: Matrix
  ) {
    multiply(
      input.plain, stackedA(group, layer: layer, in: parameters).transposed, into: reduced)
    var column = 0
    for (index, linear) in group.linears.enumerated() {
      let b = factorB(linear, layer: layer, in: parameters)
      multiply(
        reduced.columns(index * rank, rank).plain, b.transposed,
        into: output.columns(column, b.rows), scale: scale, adding: true)
      column += b.rows
    }
  }

  /// Adds the gradients of a group's factors to `gradient` and, if it is wanted, that of the input to
  /// `inputGradient`.
  ///
  /// With u = A x and s = scale: dB += s dyᵀ u, du = s dy B, dA += duᵀ x, dx += du A.
  ///
  /// - Parameter reducedGradient: room for du, as large as `reduced`.
  func addBackward(
    _ group: AdapterGroup, layer: Int, input: Matrix, reduced: Matrix, outputGradient: Matrix,
    reducedGradient: Matrix, inputGradient: Matrix?,
    gradient: UnsafeMutableBufferPointer<Float>
  ) {
    var column = 0
    for (index, linear) in group.linears.enumerated() {
      let b = factorB(linear, layer: layer, in: parameters)
      let dy = outputGradient.columns(column, b.rows)
      multiply(
        dy.transposed, reduced.columns(index * rank, rank).plain,
        into: factorB(linear, layer: layer, in: gradient), scale: scale, adding: true)
      multiply(
        dy.plain, b.plain, into: reducedGradient.columns(index * rank, rank), scale: scale)
      column += b.rows
    }
    multiply(
      reducedGradient.transposed, input.plain,
      into: stackedA(group, layer: layer, in: gradient), adding: true)
    if let inputGradient {
      multiply(
        reducedGradient.plain, stackedA(group, layer: layer, in: parameters).plain,
        into: inputGradient, adding: true)
    }
  }
}
