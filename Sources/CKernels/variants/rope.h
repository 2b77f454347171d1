// Rotary positions; direction 1 rotates, -1 rotates back (the backward pass).

INLINE vec swap_pairs(vec v) {
#if LANES == 16
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif LANES == 8
  return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#else
  return __builtin_shufflevector(v, v, 1, 0, 3, 2);
#endif
}

static void rope(float *x, long stride, long rows, long heads, long head_size,
                 const int32_t *positions, const float *cosines, const float *sines,
                 float direction) {
  long whole = head_size - head_size % LANES;
  for (long row = 0; row < rows; row++) {
    const float *cosine = cosines + positions[row] * head_size;
    const float *sine = sines + positions[row] * head_size;
    for (long head = 0; head < heads; head++) {
      float *values = x + row * stride + head * head_size;
      for (long i = 0; i < whole; i += LANES) {
        vec value = load(values + i);
        store(values + i,
              value * load(cosine + i) + swap_pairs(value) * load(sine + i) * direction);
      }
      for (long i = whole; i < head_size; i += 2) {
        float even = values[i], odd = values[i + 1];
        values[i] = even * cosine[i] + odd * sine[i] * direction;
        values[i + 1] = odd * cosine[i + 1] + even * sine[i + 1] * direction;
      }
    }
  }
}
