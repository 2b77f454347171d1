#ifndef APPRENTICE_HALVES_H
#define APPRENTICE_HALVES_H

#include <stdint.h>
#include <string.h>

// IEEE half to single without branches, so that a loop over it becomes vector code: the exponent is
// moved by a multiplication, which also normalises subnormals; infinities and NaN keep theirs.
static inline float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13;
  float scaled;
  memcpy(&scaled, &magnitude, 4);
  scaled *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &scaled, 4);
  bits |= (half & 0x7c00u) == 0x7c00u ? 0x7f800000u : 0u;
  bits |= sign;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Single to the nearest half, to the even one where two are as near; what no half reaches becomes the
// largest.
static inline uint16_t float_to_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7bffu);
  if (magnitude < 0x38800000u) {
    // Subnormal: the distance between singles from a half to one is that between such halves.
    float shifted;
    memcpy(&shifted, &magnitude, 4);
    shifted += 0.5f;
    memcpy(&magnitude, &shifted, 4);
    return (uint16_t)(sign | (magnitude - 0x3f000000u));
  }
  magnitude += 0xfffu + (magnitude >> 13 & 1u);
  return (uint16_t)(sign | (magnitude - 0x38000000u) >> 13);
}

#endif
