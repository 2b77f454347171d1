import CKernels

extension ModelConfiguration {
  /// The floats of scratch that products of so many rows with codes need.
  func codeScratch(rows: Int) -> Int {
    apprentice_code_scratch(rows, max(hiddenSize, querySize, feedForwardSize)) / 4
  }
}

/// out = or += x · weightsᵀ for matrices side by side that share their input: by integer codes where
/// the file holds such, else in float32.
///
/// - Parameters:
///   - codes: the matrices' codes; empty computes in float32.
///   - weights: the same matrices in float32, one below the other.
func multiply(
  _ x: Matrix, codes: ArraySlice<apprentice_codes>, weights: Matrix, into out: Matrix,
  adding: Bool = false, scratch: UnsafeMutablePointer<Float>
) {
  guard !codes.isEmpty, codes.allSatisfy({ $0.kind != APPRENTICE_CODES_16 }) else {
    multiply(x.plain, weights.transposed, into: out, adding: adding)
    return
  }
  codes.withUnsafeBufferPointer {
    apprentice_code_product(
      $0.baseAddress, $0.count, x.base, x.stride, x.rows, out.base, out.stride, adding ? 1 : 0,
      UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: UInt8.self))
  }
}
