#include "table.h"

// A thread's own choice, which parallel.c hands to the threads that work for it.
static _Thread_local const struct kernel_table *chosen;

enum apprentice_variant apprentice_best_variant(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
    return __builtin_cpu_supports("avx512vnni") ? APPRENTICE_AVX512_VNNI : APPRENTICE_AVX512;
  }
  if (avx2) return APPRENTICE_AVX2;
#endif
  return APPRENTICE_PORTABLE;
}

void apprentice_use_variant(enum apprentice_variant variant) {
  const struct kernel_table *table = &kernels_portable;
#if defined(__x86_64__)
  if (variant == APPRENTICE_AVX2) table = &kernels_avx2;
  if (variant == APPRENTICE_AVX512) table = &kernels_avx512;
  if (variant == APPRENTICE_AVX512_VNNI) table = &kernels_avx512_vnni;
#else
  (void)variant;
#endif
  use_kernels(table);
}

void use_kernels(const struct kernel_table *table) { chosen = table; }

const struct kernel_table *kernels(void) {
  if (!chosen) apprentice_use_variant(apprentice_best_variant());
  return chosen;
}
