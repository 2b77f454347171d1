import CKernels

extension ModelConfiguration {
  /// The floats of scratch that products of so many rows with codes need, with an adapter of a rank.
  func codeScratch(rows: Int, rank: Int = 0) -> Int {
    apprentice_code_scratch(rows, max(hiddenSize, querySize, feedForwardSize), rank) / 4
  }
}

extension ArraySlice<apprentice_codes> {
  /// Whether there are codes, and the file's own.
  var areExact: Bool { !isEmpty && allSatisfy { $0.kind != APPRENTICE_CODES_16 } }
}

/// out = or += x · weightsᵀ for matrices side by side that share their input: by integer codes where
/// the file holds such, else in float32.
///
/// - Parameters:
///   - codes: the matrices' codes; empty computes in float32.
///   - weights: the same matrices in float32, one below the other.
///   - adapter: adds its product, where there are exact codes.
func multiply(
  _ x: Matrix, codes: ArraySlice<apprentice_codes>, weights: Matrix, into out: Matrix,
  adding: Bool = false, adapter: apprentice_code_adapter? = nil,
  scratch: UnsafeMutablePointer<Float>
) {
  guard codes.areExact else {
    multiply(x.plain, weights.transposed, into: out, adding: adding)
    return
  }
  let bytes = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: UInt8.self)
  codes.withUnsafeBufferPointer { codes in
    func compute(_ adapter: UnsafePointer<apprentice_code_adapter>?) {
      apprentice_code_product(
        codes.baseAddress, codes.count, x.base, x.stride, x.rows, out.base, out.stride,
        adding ? 1 : 0, adapter, bytes)
    }
    if var adapter { compute(&adapter) } else { compute(nil) }
  }
}
