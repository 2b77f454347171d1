#include "../table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../halves.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define VARIANT kernels_avx2
#define ADD_PAIRS(sums, a, b) \
  (int_vec) _mm256_add_epi32((__m256i)(sums), _mm256_madd_epi16((__m256i)(a), (__m256i)(b)))
#define LOAD_HALVES(p) (vec) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p)))
#include "all.h"
#pragma clang attribute pop
#endif
