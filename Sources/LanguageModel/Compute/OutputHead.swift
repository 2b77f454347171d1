import CKernels

/// The final norm and the output head over chosen rows of the residual stream, forward and backward.
///
/// Logits exist for one chunk of rows at a time; no `[rows, vocabulary]` matrix outlives its chunk.
final class OutputHead {
  private let model: LanguageModel
  private let arena = Arena()
  private let chunkRows = 128
  /// The head's codes, where it is multiplied with by codes.
  private var codes: [apprentice_codes] = []

  /// Rows of the residual stream, each with the token that it is to predict.
  private var targetRows: [Int] = []
  private var tokens: [TokenID] = []
  /// d(loss)/d(logprob) of each target, where it is known.
  private var coefficients: [Float] = []
  /// Rows of the residual stream whose hidden state is wanted.
  private var hiddenRows: [Int] = []
  private var memory: Memory?

  /// The natural logarithms of the targets' probabilities.
  private(set) var logprobs: [Float] = []

  /// What is kept of the chosen rows: those of the targets, then ``hiddenRows``.
  private struct Memory {
    var gathered: Matrix
    var inverseRMS: UnsafeMutablePointer<Float>
    var normed: Matrix
    var normedGradient: Matrix
    var gatheredGradient: Matrix
    var logits: Matrix
    var codeScratch: UnsafeMutablePointer<Float>
  }

  init(model: LanguageModel) {
    self.model = model
  }

  /// Forgets which rows were chosen.
  func removeRows() {
    targetRows.removeAll(keepingCapacity: true)
    tokens.removeAll(keepingCapacity: true)
    coefficients.removeAll(keepingCapacity: true)
    hiddenRows.removeAll(keepingCapacity: true)
  }

  /// Chooses a row whose logits a loss looks at.
  ///
  /// - Parameter coefficient: d(loss)/d(logprob), if it is known by now.
  func addTarget(row: Int, token: TokenID, coefficient: Float?) {
    targetRows.append(row)
    tokens.append(token)
    if let coefficient { coefficients.append(coefficient) }
  }

  /// Chooses a row whose hidden state after the final norm is wanted.
  func addHidden(row: Int) {
    hiddenRows.append(row)
  }

  /// Computes ``logprobs`` of the targets and the hidden states.
  ///
  /// - Parameter withGradient: computes the gradient along with the logits, from the coefficients that
  ///   all targets were given.
  /// - Returns: the hidden states, valid until the next call, `[hidden rows, hidden]`.
  func forward(
    residual: Matrix, arithmetic: Arithmetic, withGradient: Bool
  ) throws(LanguageModelError) -> Matrix {
    let c = model.configuration
    let hidden = c.hiddenSize
    codes.removeAll(keepingCapacity: true)
    if arithmetic == .codes { codes.append(try model.codes().head) }
    let count = targetRows.count + hiddenRows.count
    let chunk = min(chunkRows, targetRows.count)
    let memory = try arena.divide { take in
      Memory(
        gathered: Matrix(take(count * hidden), count, hidden), inverseRMS: take(count),
        normed: Matrix(take(count * hidden), count, hidden),
        normedGradient: Matrix(take(count * hidden), count, hidden),
        gatheredGradient: Matrix(take(count * hidden), count, hidden),
        logits: Matrix(take(chunk * c.vocabularySize), chunk, c.vocabularySize),
        codeScratch: take(c.codeScratch(rows: chunk)))
    }
    self.memory = memory
    func gather(_ row: Int, to index: Int) {
      (memory.gathered.base + index * hidden).update(
        from: residual.base + row * residual.stride, count: hidden)
    }
    for (index, row) in targetRows.enumerated() { gather(row, to: index) }
    for (index, row) in hiddenRows.enumerated() { gather(row, to: targetRows.count + index) }
    apprentice_rms_norm(
      memory.gathered.base, model.weights.finalNorm, memory.normed.base, memory.inverseRMS, count,
      hidden, c.normEpsilon)
    crossEntropy(withGradient: withGradient)
    return memory.normed.rows(targetRows.count..<count)
  }

  /// Computes the targets' gradients again, for coefficients that were not known before.
  func targetsBackward(coefficients values: [Float]) {
    precondition(values.count == targetRows.count)
    coefficients.removeAll(keepingCapacity: true)
    coefficients.append(contentsOf: values)
    crossEntropy(withGradient: true)
  }

  /// Adds the gradient of the chosen rows to that of the residual stream.
  ///
  /// - Parameters:
  ///   - withTargets: whether the targets' gradient has been computed.
  ///   - hiddenGradients: one row for each hidden state, or nil.
  func backward(withTargets: Bool, hiddenGradients: RaggedRows?, residualGradient: Matrix) {
    guard let memory else { return }
    let hidden = model.configuration.hiddenSize
    let count = targetRows.count + hiddenRows.count
    if !withTargets {
      memory.normedGradient.base.update(repeating: 0, count: targetRows.count * hidden)
    }
    let ends = memory.normedGradient.rows(targetRows.count..<count)
    if let hiddenGradients {
      hiddenGradients.values.withUnsafeBufferPointer {
        precondition($0.count == ends.rows * hidden)
        if let from = $0.baseAddress { ends.base.update(from: from, count: $0.count) }
      }
    } else {
      ends.base.update(repeating: 0, count: ends.rows * hidden)
    }
    memory.gatheredGradient.base.update(repeating: 0, count: count * hidden)
    apprentice_rms_norm_backward(
      memory.gathered.base, model.weights.finalNorm, memory.inverseRMS,
      memory.normedGradient.base, memory.gatheredGradient.base, count, hidden)
    func scatter(_ index: Int, to row: Int) {
      let from = memory.gatheredGradient.base + index * hidden
      let to = residualGradient.base + row * residualGradient.stride
      for column in 0..<hidden { to[column] += from[column] }
    }
    for (index, row) in targetRows.enumerated() { scatter(index, to: row) }
    for (index, row) in hiddenRows.enumerated() { scatter(targetRows.count + index, to: row) }
  }

  /// Cross-entropy chunk by chunk; with the coefficients also d(loss)/d(normed).
  private func crossEntropy(withGradient: Bool) {
    guard let memory else { return }
    let c = model.configuration
    precondition(!withGradient || coefficients.count == targetRows.count)
    logprobs.removeAll(keepingCapacity: true)
    for _ in targetRows.indices { logprobs.append(0) }
    for begin in stride(from: 0, to: targetRows.count, by: chunkRows) {
      let range = begin..<min(begin + chunkRows, targetRows.count)
      let logits = memory.logits.rows(0..<range.count)
      multiply(
        memory.normed.rows(range), codes: codes[...], weights: model.weights.head, into: logits,
        scratch: memory.codeScratch)
      tokens.withUnsafeBufferPointer { tokens in
        coefficients.withUnsafeBufferPointer { coefficients in
          logprobs.withUnsafeMutableBufferPointer { logprobs in
            apprentice_cross_entropy(
              logits.base, range.count, c.vocabularySize, tokens.baseAddress! + begin,
              withGradient ? coefficients.baseAddress! + begin : nil,
              logprobs.baseAddress! + begin)
          }
        }
      }
      if withGradient {
        multiply(
          logits.plain, model.weights.head.plain, into: memory.normedGradient.rows(range))
      }
    }
  }

}
