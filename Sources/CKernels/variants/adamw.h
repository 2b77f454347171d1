// AdamW (Loshchilov and Hutter 2019) without weight decay. step_size is the learning rate over the
// first moment's bias correction; second_correction is the square root of the second's.

static void adamw(float *parameters, const float *gradient, float *first, float *second, long count,
                  float gradient_scale, float step_size, float beta1, float beta2, float epsilon,
                  float second_correction) {
  for (long i = 0; i < count; i++) {
    float g = gradient[i] * gradient_scale;
    float m = first[i] * beta1 + g * (1 - beta1);
    float v = second[i] * beta2 + g * g * (1 - beta2);
    first[i] = m;
    second[i] = v;
    parameters[i] -= step_size * m / (sqrtf(v) / second_correction + epsilon);
  }
}

static double sum_of_squares(const float *values, long count) {
  double total = 0;
  for (long begin = 0; begin < count; begin += 1024) {
    long end = begin + 1024 < count ? begin + 1024 : count;
    long whole = begin + (end - begin) / LANES * LANES;
    vec part = {0};
    for (long i = begin; i < whole; i += LANES) part += load(values + i) * load(values + i);
    total += sum_lanes(part);
    for (long i = whole; i < end; i++) total += values[i] * values[i];
  }
  return total;
}
