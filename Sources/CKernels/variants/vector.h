// A vector of LANES floats, in clang's portable vector extension.

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float unaligned_vec __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t int_vec __attribute__((vector_size(4 * LANES)));
typedef int16_t short_vec __attribute__((vector_size(4 * LANES)));
typedef uint16_t ushort_vec __attribute__((vector_size(4 * LANES)));
typedef int16_t unaligned_short_vec __attribute__((vector_size(4 * LANES), aligned(2)));
typedef int16_t half_short_vec __attribute__((vector_size(2 * LANES)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p) { return *(const unaligned_vec *)p; }
INLINE void store(float *p, vec v) { *(unaligned_vec *)p = v; }
INLINE vec splat(float value) {
  vec lanes;
  for (int i = 0; i < LANES; i++) lanes[i] = value;
  return lanes;
}

INLINE float sum_lanes(vec v) {
  typedef float four __attribute__((vector_size(16)));
#if LANES == 16
  typedef float eight __attribute__((vector_size(32)));
  eight half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  four quarter = __builtin_shufflevector(half, half, 0, 1, 2, 3) +
                 __builtin_shufflevector(half, half, 4, 5, 6, 7);
#elif LANES == 8
  four quarter =
      __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  four quarter = v;
#endif
  return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

// a where the mask's bits are set, else b.
INLINE vec choose(int_vec mask, vec a, vec b) {
  return (vec)(((int_vec)a & mask) | ((int_vec)b & ~mask));
}
INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

INLINE float largest_lane(vec v) {
  float largest = v[0];
  for (int i = 1; i < LANES; i++) largest = v[i] > largest ? v[i] : largest;
  return largest;
}

// The largest of at least one value.
INLINE float largest_value(const float *values, long count) {
  float largest = values[0];
  long whole = count - count % LANES;
  if (whole) {
    vec lanes = load(values);
    for (long i = LANES; i < whole; i += LANES) lanes = larger(lanes, load(values + i));
    largest = largest_lane(lanes);
  }
  for (long i = whole; i < count; i++) largest = values[i] > largest ? values[i] : largest;
  return largest;
}

// exp(x) within 2 units in the last place, 0 below -87: 2^n times a polynomial on ±ln 2 / 2
// (Cephes' expf).
INLINE vec exponential(vec x) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  int_vec in_range = x > -87.0f;
  x = choose(in_range, x, splat(-87.0f));
  x = choose(x < 88.0f, x, splat(88.0f));
  vec shifted = x * 1.44269504088896341f + rounder;
  vec n = shifted - rounder;
  vec r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  int_vec exponent = ((int_vec)shifted - 0x4B400000 + 127) << 23;
  return (vec)((int_vec)(p * (vec)exponent) & in_range);
}
