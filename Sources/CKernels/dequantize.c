#include "dequantize.h"

#include <stdint.h>
#include <string.h>

#include "halves.h"

// Products and sums are rounded apart, as the formats' reference rounds them, on any processor.
#pragma clang fp contract(off)

#if defined(__x86_64__) && defined(__linux__)
#define VECTORIZED __attribute__((target_clones("avx2", "default")))
#else
#define VECTORIZED
#endif

static inline float load_half(const uint8_t *bytes) {
  uint16_t half;
  memcpy(&half, bytes, 2);
  return half_to_float(half);
}

void apprentice_dequantize_f32(const void *source, float *out, size_t blocks) {
  memcpy(out, source, blocks * sizeof(float));
}

VECTORIZED
void apprentice_dequantize_f16(const void *source, float *out, size_t blocks) {
  const uint8_t *in = source;
  for (size_t i = 0; i < blocks; i++) {
    uint16_t half;
    memcpy(&half, in + 2 * i, 2);
    out[i] = half_to_float(half);
  }
}

VECTORIZED
void apprentice_dequantize_bf16(const void *source, float *out, size_t blocks) {
  const uint8_t *in = source;
  for (size_t i = 0; i < blocks; i++) {
    uint16_t half;
    memcpy(&half, in + 2 * i, 2);
    uint32_t bits = (uint32_t)half << 16;
    memcpy(out + i, &bits, 4);
  }
}

// Block of 18 bytes: scale d (half), 16 bytes of nibbles; value = d * (nibble - 8). The low nibbles
// are values 0 to 15, the high ones 16 to 31.
VECTORIZED
void apprentice_dequantize_q4_0(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 18, out += 32) {
    const float d = load_half(block);
    for (int j = 0; j < 16; j++) {
      out[j] = d * (float)((block[2 + j] & 15) - 8);
      out[j + 16] = d * (float)((block[2 + j] >> 4) - 8);
    }
  }
}

// Block of 20 bytes: scale d, minimum m (halves), 16 bytes of nibbles; value = d * nibble + m.
VECTORIZED
void apprentice_dequantize_q4_1(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 20, out += 32) {
    const float d = load_half(block);
    const float m = load_half(block + 2);
    for (int j = 0; j < 16; j++) {
      out[j] = d * (float)(block[4 + j] & 15) + m;
      out[j + 16] = d * (float)(block[4 + j] >> 4) + m;
    }
  }
}

// Block of 22 bytes: scale d (half), 32 fifth bits, 16 bytes of nibbles; value = d * (quant - 16).
VECTORIZED
void apprentice_dequantize_q5_0(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 22, out += 32) {
    const float d = load_half(block);
    uint32_t high;
    memcpy(&high, block + 2, 4);
    for (int j = 0; j < 16; j++) {
      const int low = (block[6 + j] & 15) | (int)((high >> j) & 1u) << 4;
      const int top = (block[6 + j] >> 4) | (int)((high >> (j + 16)) & 1u) << 4;
      out[j] = d * (float)(low - 16);
      out[j + 16] = d * (float)(top - 16);
    }
  }
}

// Block of 24 bytes: scale d, minimum m (halves), 32 fifth bits, 16 bytes of nibbles.
VECTORIZED
void apprentice_dequantize_q5_1(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 24, out += 32) {
    const float d = load_half(block);
    const float m = load_half(block + 2);
    uint32_t high;
    memcpy(&high, block + 4, 4);
    for (int j = 0; j < 16; j++) {
      const int low = (block[8 + j] & 15) | (int)((high >> j) & 1u) << 4;
      const int top = (block[8 + j] >> 4) | (int)((high >> (j + 16)) & 1u) << 4;
      out[j] = d * (float)low + m;
      out[j + 16] = d * (float)top + m;
    }
  }
}

// Block of 34 bytes: scale d (half), 32 signed bytes; value = d * byte.
VECTORIZED
void apprentice_dequantize_q8_0(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 34, out += 32) {
    const float d = load_half(block);
    for (int j = 0; j < 32; j++) {
      out[j] = d * (float)(int8_t)block[2 + j];
    }
  }
}

// The eight 6-bit scales and minima that Q4_K and Q5_K pack into 12 bytes.
static inline void scale_and_minimum(int index, const uint8_t *packed, int *scale, int *minimum) {
  if (index < 4) {
    *scale = packed[index] & 63;
    *minimum = packed[index + 4] & 63;
  } else {
    *scale = (packed[index + 4] & 15) | (packed[index - 4] >> 6) << 4;
    *minimum = (packed[index + 4] >> 4) | (packed[index] >> 6) << 4;
  }
}

// Block of 144 bytes: d, dmin (halves), 12 bytes of scales, 128 bytes of nibbles, 32 of them for
// two groups of 32 values; value = d * scale * nibble - dmin * minimum.
VECTORIZED
void apprentice_dequantize_q4_k(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 144) {
    const float d = load_half(block);
    const float dmin = load_half(block + 2);
    const uint8_t *quants = block + 16;
    for (int group = 0; group < 8; group += 2, quants += 32, out += 64) {
      int scale, minimum;
      scale_and_minimum(group, block + 4, &scale, &minimum);
      const float d0 = d * (float)scale, m0 = dmin * (float)minimum;
      scale_and_minimum(group + 1, block + 4, &scale, &minimum);
      const float d1 = d * (float)scale, m1 = dmin * (float)minimum;
      for (int j = 0; j < 32; j++) {
        out[j] = d0 * (float)(quants[j] & 15) - m0;
        out[j + 32] = d1 * (float)(quants[j] >> 4) - m1;
      }
    }
  }
}

// Block of 176 bytes: as Q4_K with 32 bytes of fifth bits before the nibbles: bit g of byte j is
// for value j of group g.
VECTORIZED
void apprentice_dequantize_q5_k(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 176) {
    const float d = load_half(block);
    const float dmin = load_half(block + 2);
    const uint8_t *high = block + 16;
    const uint8_t *quants = block + 48;
    for (int group = 0; group < 8; group += 2, quants += 32, out += 64) {
      int scale, minimum;
      scale_and_minimum(group, block + 4, &scale, &minimum);
      const float d0 = d * (float)scale, m0 = dmin * (float)minimum;
      scale_and_minimum(group + 1, block + 4, &scale, &minimum);
      const float d1 = d * (float)scale, m1 = dmin * (float)minimum;
      for (int j = 0; j < 32; j++) {
        const int low = (quants[j] & 15) | ((high[j] >> group) & 1) << 4;
        const int top = (quants[j] >> 4) | ((high[j] >> (group + 1)) & 1) << 4;
        out[j] = d0 * (float)low - m0;
        out[j + 32] = d1 * (float)top - m1;
      }
    }
  }
}

// Block of 210 bytes: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, d
// (half); value = d * scale * (quant - 32). Each half of the block holds 128 values.
VECTORIZED
void apprentice_dequantize_q6_k(const void *source, float *out, size_t blocks) {
  const uint8_t *block = source;
  for (size_t b = 0; b < blocks; b++, block += 210) {
    const float d = load_half(block + 208);
    for (int half = 0; half < 2; half++, out += 128) {
      const uint8_t *low = block + 64 * half;
      const uint8_t *high = block + 128 + 32 * half;
      const int8_t *scales = (const int8_t *)(block + 192 + 8 * half);
      for (int j = 0; j < 32; j++) {
        const int s = j / 16;
        const int q0 = (low[j] & 15) | (high[j] & 3) << 4;
        const int q1 = (low[j + 32] & 15) | ((high[j] >> 2) & 3) << 4;
        const int q2 = (low[j] >> 4) | ((high[j] >> 4) & 3) << 4;
        const int q3 = (low[j + 32] >> 4) | (high[j] >> 6) << 4;
        out[j] = d * (float)scales[s] * (float)(q0 - 32);
        out[j + 32] = d * (float)scales[s + 2] * (float)(q1 - 32);
        out[j + 64] = d * (float)scales[s + 4] * (float)(q2 - 32);
        out[j + 96] = d * (float)scales[s + 6] * (float)(q3 - 32);
      }
    }
  }
}
