import CKernels

/// The final norm and the output head over chosen rows of the residual stream, forward and backward.
///
/// Logits exist for one chunk of rows at a time; no `[rows, vocabulary]` matrix outlives its chunk.
final class OutputHead {
  /// A row whose logits a loss looks at.
  struct Target {
    /// The row of the residual stream that predicts the token.
    var row: Int
    var token: TokenID
  }

  private let model: LanguageModel
  private let arena = Arena()
  private let chunkRows = 128
  private var codes: CodeWeights?

  /// The chosen rows: those of the targets, then those whose hidden state is wanted.
  private var rows: [Int] = []
  private var targets: [Target] = []
  private var memory: Memory?

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

  /// Computes the targets' log-probabilities and the hidden states of `hiddenRows` after the final
  /// norm.
  ///
  /// - Parameter coefficients: d(loss)/d(logprob) of each target; with them the gradient is computed
  ///   along with the logits.
  func forward(
    residual: Matrix, arithmetic: Arithmetic, targets: [Target], hiddenRows: [Int],
    coefficients: [Float]?
  ) throws(LanguageModelError) -> (logprobs: [Float], hidden: Matrix) {
    let c = model.configuration
    let hidden = c.hiddenSize
    codes = arithmetic == .codes ? try model.codes() : nil
    rows = targets.map(\.row) + hiddenRows
    self.targets = targets
    let count = rows.count
    let chunk = min(chunkRows, targets.count)
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
    for (index, row) in rows.enumerated() {
      (memory.gathered.base + index * hidden).update(
        from: residual.base + row * residual.stride, count: hidden)
    }
    apprentice_rms_norm(
      memory.gathered.base, model.weights.finalNorm, memory.normed.base, memory.inverseRMS, count,
      hidden, c.normEpsilon)
    let logprobs = crossEntropy(coefficients: coefficients)
    return (logprobs, memory.normed.rows(targets.count..<count))
  }

  /// Computes the targets' gradients again, for coefficients that were not known before.
  func targetsBackward(coefficients: [Float]) {
    _ = crossEntropy(coefficients: coefficients)
  }

  /// Adds the gradient of the chosen rows to that of the residual stream.
  ///
  /// - Parameters:
  ///   - withTargets: whether the targets' gradient has been computed.
  ///   - hiddenGradients: one for each row of `hiddenRows`, or none at all.
  func backward(withTargets: Bool, hiddenGradients: [[Float]], residualGradient: Matrix) {
    guard let memory else { return }
    let hidden = model.configuration.hiddenSize
    if !withTargets {
      memory.normedGradient.base.update(repeating: 0, count: targets.count * hidden)
    }
    for index in targets.count..<rows.count {
      let place = memory.normedGradient.base + index * hidden
      if hiddenGradients.isEmpty {
        place.update(repeating: 0, count: hidden)
      } else {
        hiddenGradients[index - targets.count].withUnsafeBufferPointer {
          place.update(from: $0.baseAddress!, count: hidden)
        }
      }
    }
    memory.gatheredGradient.base.update(repeating: 0, count: rows.count * hidden)
    apprentice_rms_norm_backward(
      memory.gathered.base, model.weights.finalNorm, memory.inverseRMS,
      memory.normedGradient.base, memory.gatheredGradient.base, rows.count, hidden)
    for (index, row) in rows.enumerated() {
      let from = memory.gatheredGradient.base + index * hidden
      let to = residualGradient.base + row * residualGradient.stride
      for column in 0..<hidden { to[column] += from[column] }
    }
  }

  /// Cross-entropy chunk by chunk; with coefficients also d(loss)/d(normed).
  private func crossEntropy(coefficients: [Float]?) -> [Float] {
    guard let memory else { return [] }
    let c = model.configuration
    let tokens = targets.map(\.token)
    var logprobs = [Float](repeating: 0, count: targets.count)
    for begin in stride(from: 0, to: targets.count, by: chunkRows) {
      let range = begin..<min(begin + chunkRows, targets.count)
      let logits = memory.logits.rows(0..<range.count)
      multiply(
        memory.normed.rows(range), codes: codes.map { [$0.head] } ?? [],
        weights: model.weights.head, into: logits, scratch: memory.codeScratch)
      tokens.withUnsafeBufferPointer { tokens in
        logprobs.withUnsafeMutableBufferPointer { logprobs in
          if let coefficients {
            coefficients.withUnsafeBufferPointer { coefficients in
              apprentice_cross_entropy(
                logits.base, range.count, c.vocabularySize, tokens.baseAddress! + begin,
                coefficients.baseAddress! + begin, logprobs.baseAddress! + begin)
            }
          } else {
            apprentice_cross_entropy(
              logits.base, range.count, c.vocabularySize, tokens.baseAddress! + begin, nil,
              logprobs.baseAddress! + begin)
          }
        }
      }
      if coefficients != nil {
        multiply(
          logits.plain, model.weights.head.plain, into: memory.normedGradient.rows(range))
      }
    }
    return logprobs
  }
}
