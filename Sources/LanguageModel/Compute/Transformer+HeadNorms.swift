import CKernels

/// The RMS norm of each query and key head before it is rotated, as Qwen3 has it; nothing in models
/// without.
extension Transformer {
  /// Normalises queries and keys in place, `[rows, attention input]`, and keeps what they were.
  func normalizeHeads(_ weights: LayerWeights, _ a: LayerActivations) {
    guard let norms = weights.headNorms else { return }
    let (c, x, raw) = (configuration, a.queryKeyValue, a.rawQueryKey)
    apprentice_head_norm(
      x.base, x.stride, x.rows, c.headCount, c.headSize, norms.query, c.normEpsilon, raw.base,
      raw.stride)
    apprentice_head_norm(
      x.base + c.querySize, x.stride, x.rows, c.keyValueHeadCount, c.headSize, norms.key,
      c.normEpsilon, raw.base + c.querySize, raw.stride)
  }

  /// Turns the gradient of normalised queries and keys, `[rows, attention input]`, into that of what
  /// they were before, in place.
  func normalizeHeadsBackward(_ weights: LayerWeights, _ a: LayerActivations, gradient: Matrix) {
    guard let norms = weights.headNorms else { return }
    let (c, raw) = (configuration, a.rawQueryKey)
    apprentice_head_norm_backward(
      raw.base, raw.stride, gradient.base, gradient.stride, gradient.rows, c.headCount, c.headSize,
      norms.query, c.normEpsilon)
    apprentice_head_norm_backward(
      raw.base + c.querySize, raw.stride, gradient.base + c.querySize, gradient.stride,
      gradient.rows, c.keyValueHeadCount, c.headSize, norms.key, c.normEpsilon)
  }
}
