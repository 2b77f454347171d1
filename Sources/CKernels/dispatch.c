#include <stdlib.h>
#include <strings.h>

#include "table.h"

// A thread's own choice, which parallel.c hands to the threads that work for it.
static _Thread_local const struct kernel_table *chosen;

static enum apprentice_variant best_of_processor(void) {
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

// The variable that holds oneDNN back holds these kernels back too, so that a program can be seen as
// it is on an older processor. Values that are not known hold nothing back.
static enum apprentice_variant most_allowed(void) {
  static const struct {
    const char *name;
    enum apprentice_variant variant;
  } levels[] = {
      {"SSE41", APPRENTICE_PORTABLE},   {"AVX", APPRENTICE_PORTABLE}, {"AVX2", APPRENTICE_AVX2},
      {"AVX2_VNNI", APPRENTICE_AVX2},   {"AVX512_CORE", APPRENTICE_AVX512},
  };
  const char *value = getenv("ONEDNN_MAX_CPU_ISA");
  if (!value) value = getenv("DNNL_MAX_CPU_ISA");
  for (unsigned i = 0; value && i < sizeof levels / sizeof levels[0]; i++) {
    if (!strcasecmp(value, levels[i].name)) return levels[i].variant;
  }
  return APPRENTICE_AVX512_VNNI;
}

enum apprentice_variant apprentice_best_variant(void) {
  enum apprentice_variant best = best_of_processor(), most = most_allowed();
  return best < most ? best : most;
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
