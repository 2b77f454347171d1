// AVX-512 with the instruction that multiplies pairs of 16-bit integers and adds them up.
#include "../table.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../halves.h"
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512vl,avx512dq,avx512bw,avx512vnni"))), \
    apply_to = function)
#define LANES 16
#define VARIANT kernels_avx512_vnni
#define ADD_PAIRS(sums, a, b) \
  (int_vec) _mm512_dpwssd_epi32((__m512i)(sums), (__m512i)(a), (__m512i)(b))
#define LOAD_HALVES(p) (vec) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p)))
#include "all.h"
#pragma clang attribute pop
#endif
