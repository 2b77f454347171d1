/// What one transformer layer computes for all rows, as far as the backward pass reads it.
struct LayerActivations {
  /// The residual stream at the layer's input, `[rows, hidden]`.
  var input: Matrix
  var inputInverseRMS: UnsafeMutablePointer<Float>
  /// Queries, keys (both rotated) and values, `[rows, attention input]`.
  var queryKeyValue: Matrix
  /// Queries and keys before their heads are normalised, `[rows, query and key size]`; no columns in
  /// models without.
  var rawQueryKey: Matrix
  /// `[rows, heads * headSize]`.
  var attended: Matrix
  /// `[rows, heads]`: the logarithms of the softmax's denominators.
  var logSums: UnsafeMutablePointer<Float>
  /// The residual stream between attention and feed-forward, `[rows, hidden]`.
  var middle: Matrix
  var middleInverseRMS: UnsafeMutablePointer<Float>
  /// `[rows, 2 * feedForward]`.
  var gateUp: Matrix
  /// The adapter's A x of each group, `[rows, members * rank]`; no columns without an adapter.
  var reduced: InlineArray<4, Matrix>
}

/// Everything that one pass over rows writes, divided out of the arena.
struct Activations {
  /// One for each layer. Layers whose activations are not kept share theirs.
  let layers: UnsafeMutableBufferPointer<LayerActivations>
  /// The residual stream after the last layer, `[rows, hidden]`.
  var output: Matrix

  // Overwritten by every layer.
  var normed: Matrix
  var activated: Matrix
  var keysTransposed: Matrix
  var attentionScratch: UnsafeMutablePointer<Float>
  var codeScratch: UnsafeMutablePointer<Float>

  /// What only the backward pass needs.
  var backward: BackwardActivations?

  /// The residual stream after a layer, `[rows, hidden]`, valid while the layer has just been computed.
  func residual(after layer: Int) -> Matrix {
    layer + 1 < layers.count ? layers[layer + 1].input : output
  }
}

/// Room for gradients, overwritten by every layer but for ``residual``.
struct BackwardActivations {
  /// The gradient of the residual stream, `[rows, hidden]`.
  var residual: Matrix
  var normed: Matrix
  var activated: Matrix
  var gateUp: Matrix
  var attended: Matrix
  var queryKeyValue: Matrix
  var keyShares: Matrix
  var valueShares: Matrix
  var valuesTransposed: Matrix
  var reduced: Matrix
}

/// How much of a forward pass is kept for the backward pass.
struct Keeping {
  /// The lowest layer that the backward pass reaches.
  var lowest: Int
  /// From this layer on everything is kept; below it the residual stream only, and the backward pass
  /// computes each layer again.
  var firstWhole: Int
}

extension Activations {
  /// The floats that one layer keeps for a row.
  static func floatsPerRow(_ c: ModelConfiguration, rank: Int) -> Int {
    2 * c.hiddenSize + c.attentionInputSize + rawQueryKeySize(c) + c.querySize
      + 2 * c.feedForwardSize + c.headCount + 7 * rank + 2
  }

  private static func rawQueryKeySize(_ c: ModelConfiguration) -> Int {
    c.hasHeadNorms ? c.querySize + c.keyValueSize : 0
  }

  /// Divides memory for `rows` rows.
  ///
  /// - Parameter layers: room for the description of each layer.
  init(
    _ c: ModelConfiguration, rows: Int, attentionScratch: Int, rank: Int, keeping: Keeping?,
    layers: UnsafeMutableBufferPointer<LayerActivations>,
    take: (Int) -> UnsafeMutablePointer<Float>
  ) {
    func matrix(_ columns: Int) -> Matrix { Matrix(take(rows * columns), rows, columns) }
    func layer(input: Matrix) -> LayerActivations {
      LayerActivations(
        input: input, inputInverseRMS: take(rows),
        queryKeyValue: matrix(c.attentionInputSize),
        rawQueryKey: matrix(Activations.rawQueryKeySize(c)), attended: matrix(c.querySize),
        logSums: take(rows * c.headCount), middle: matrix(c.hiddenSize),
        middleInverseRMS: take(rows), gateUp: matrix(2 * c.feedForwardSize),
        reduced: InlineArray { matrix(AdapterGroup(rawValue: $0)!.range.count * rank) })
    }
    let shared = layer(input: matrix(c.hiddenSize))
    self.layers = layers
    for index in 0..<c.layerCount {
      // A kept layer needs an input of its own unless it is the lowest, whose input is the shared
      // stream that nothing overwrites any more.
      var input = shared.input
      if let keeping, index > keeping.lowest { input = matrix(c.hiddenSize) }
      if let keeping, index >= keeping.firstWhole {
        layers.initializeElement(at: index, to: layer(input: input))
      } else {
        layers.initializeElement(at: index, to: shared)
        layers[index].input = input
      }
    }
    output = keeping == nil ? shared.input : matrix(c.hiddenSize)
    normed = matrix(c.hiddenSize)
    activated = matrix(c.feedForwardSize)
    let columns = (rows + 31) / 16 * 16
    keysTransposed = Matrix(take(c.keyValueSize * columns + 16), c.keyValueSize, columns)
    self.attentionScratch = take(attentionScratch)
    codeScratch = take(c.codeScratch(rows: rows, rank: rank))
    backward =
      keeping == nil
      ? nil
      : BackwardActivations(
        residual: matrix(c.hiddenSize), normed: matrix(c.hiddenSize),
        activated: matrix(c.feedForwardSize), gateUp: matrix(2 * c.feedForwardSize),
        attended: matrix(c.querySize), queryKeyValue: matrix(c.attentionInputSize),
        keyShares: matrix(c.querySize), valueShares: matrix(c.querySize),
        valuesTransposed: Matrix(take(c.keyValueSize * columns + 16), c.keyValueSize, columns),
        reduced: matrix(3 * max(rank, 1)))
  }
}
