import CKernels
import Foundation
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// Which variant of the kernels is chosen.
  @Suite(.serialized) struct DispatchTests {
    @Test func `the variable that holds oneDNN back holds the kernels back`() {
      let name = "ONEDNN_MAX_CPU_ISA"
      let before = getenv(name).map { String(cString: $0) }
      defer {
        if let before { setenv(name, before, 1) } else { unsetenv(name) }
      }
      unsetenv(name)
      let best = apprentice_best_variant().rawValue
      for (value, most) in [
        ("AVX", APPRENTICE_PORTABLE), ("avx2", APPRENTICE_AVX2),
        ("AVX512_CORE", APPRENTICE_AVX512), ("ALL", APPRENTICE_AVX512_VNNI),
        ("no such level", APPRENTICE_AVX512_VNNI),
      ] {
        setenv(name, value, 1)
        #expect(apprentice_best_variant().rawValue == min(best, most.rawValue), "\(value)")
      }
    }
  }
}
