// For processors without AVX2, and for arm64, where four lanes are NEON's.
#include "../table.h"
#define LANES 4
#define VARIANT kernels_portable
#include "all.h"
