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

#endif
