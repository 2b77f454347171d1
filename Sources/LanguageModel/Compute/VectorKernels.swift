import CKernels

/// The instruction set that the vector kernels use on this processor.
public enum VectorKernels {
  /// The name people know: AVX-512 VNNI, AVX-512, AVX2 or portable.
  public static var name: String {
    switch apprentice_best_variant() {
    case APPRENTICE_AVX512_VNNI: "AVX-512 VNNI"
    case APPRENTICE_AVX512: "AVX-512"
    case APPRENTICE_AVX2: "AVX2"
    default: "portable"
    }
  }
}
