#include "../table.h"
#if defined(__x86_64__)
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define VARIANT kernels_avx2
#include "all.h"
#pragma clang attribute pop
#endif
