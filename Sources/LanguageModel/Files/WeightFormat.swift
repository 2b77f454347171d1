import CKernels

/// How a tensor's numbers are stored in a GGUF file; raw values are GGUF's type codes.
public enum WeightFormat: UInt32, CaseIterable, Sendable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q4_k = 12
  case q5_k = 13
  case q6_k = 14
  case bf16 = 30

  /// The name GGUF tools print, such as `Q4_1`.
  public var name: String {
    "\(self)".uppercased()
  }

  /// The number of values that share a block.
  public var valuesPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q4_k, .q5_k, .q6_k: 256
    }
  }

  /// The size of a block in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q4_k: 144
    case .q5_k: 176
    case .q6_k: 210
    }
  }

  /// Writes the values of `blocks` blocks at `source` to `out` as float32; the caller has checked
  /// both lengths.
  func dequantize(_ source: UnsafeRawPointer, to out: UnsafeMutablePointer<Float>, blocks: Int) {
    switch self {
    case .f32: apprentice_dequantize_f32(source, out, blocks)
    case .f16: apprentice_dequantize_f16(source, out, blocks)
    case .bf16: apprentice_dequantize_bf16(source, out, blocks)
    case .q4_0: apprentice_dequantize_q4_0(source, out, blocks)
    case .q4_1: apprentice_dequantize_q4_1(source, out, blocks)
    case .q5_0: apprentice_dequantize_q5_0(source, out, blocks)
    case .q5_1: apprentice_dequantize_q5_1(source, out, blocks)
    case .q8_0: apprentice_dequantize_q8_0(source, out, blocks)
    case .q4_k: apprentice_dequantize_q4_k(source, out, blocks)
    case .q5_k: apprentice_dequantize_q5_k(source, out, blocks)
    case .q6_k: apprentice_dequantize_q6_k(source, out, blocks)
    }
  }
}
