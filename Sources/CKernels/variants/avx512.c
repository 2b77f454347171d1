#include "../table.h"
#if defined(__x86_64__)
#include <math.h>
#include <string.h>
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define LANES 16
#define VARIANT kernels_avx512
#include "all.h"
#pragma clang attribute pop
#endif
