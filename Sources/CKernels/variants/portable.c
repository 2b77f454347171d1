// For processors without AVX2, and for arm64, where four lanes are NEON's.
#include <math.h>
#include <string.h>

#include "../halves.h"
#include "../table.h"
#define LANES 4
#define VARIANT kernels_portable
#if defined(__aarch64__)
#include <arm_neon.h>
#define ADD_PAIRS(sums, a, b)                                                        \
  (int_vec) vaddq_s32((int32x4_t)(sums),                                             \
                      vpaddq_s32(vmull_s16(vget_low_s16((int16x8_t)(a)),             \
                                           vget_low_s16((int16x8_t)(b))),            \
                                 vmull_high_s16((int16x8_t)(a), (int16x8_t)(b))))
#define LOAD_HALVES(p) (vec) vcvt_f32_f16(vld1_f16((const float16_t *)(p)))
#endif
#include "all.h"
