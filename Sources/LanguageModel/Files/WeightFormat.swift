import CKernels

/// How a tensor's numbers are stored in a GGUF file; raw values are GGUF's type codes.
public enum WeightFormat: UInt32, CaseIterable, Sendable {
  case f32 = 0
  case f16 = 1
  case q40 = 2
  case q41 = 3
  case q50 = 6
  case q51 = 7
  case q80 = 8
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case bf16 = 30

  /// The name GGUF tools print, such as `Q4_1`.
  public var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .bf16: "BF16"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .q80: "Q8_0"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    }
  }

  /// The number of values that share a block.
  public var valuesPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q40, .q41, .q50, .q51, .q80: 32
    case .q4K, .q5K, .q6K: 256
    }
  }

  /// The size of a block in bytes.
  public var bytesPerBlock: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q40: 18
    case .q41: 20
    case .q50: 22
    case .q51: 24
    case .q80: 34
    case .q4K: 144
    case .q5K: 176
    case .q6K: 210
    }
  }

  /// Writes the values of `blocks` blocks at `source` to `out` as float32; the caller has checked
  /// both lengths.
  func dequantize(_ source: UnsafeRawPointer, to out: UnsafeMutablePointer<Float>, blocks: Int) {
    switch self {
    case .f32: apprentice_dequantize_f32(source, out, blocks)
    case .f16: apprentice_dequantize_f16(source, out, blocks)
    case .bf16: apprentice_dequantize_bf16(source, out, blocks)
    case .q40: apprentice_dequantize_q4_0(source, out, blocks)
    case .q41: apprentice_dequantize_q4_1(source, out, blocks)
    case .q50: apprentice_dequantize_q5_0(source, out, blocks)
    case .q51: apprentice_dequantize_q5_1(source, out, blocks)
    case .q80: apprentice_dequantize_q8_0(source, out, blocks)
    case .q4K: apprentice_dequantize_q4_k(source, out, blocks)
    case .q5K: apprentice_dequantize_q5_k(source, out, blocks)
    case .q6K: apprentice_dequantize_q6_k(source, out, blocks)
    }
  }
}
