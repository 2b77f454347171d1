// RMS normalisation of each head of a row, as Qwen3 has it before the rotation. Forward it is rms_norm
// over a row's heads; backward, in place, dx = inverse_rms * (weight * dout - n * mean(n * weight *
// dout)) with n = x * inverse_rms. x and dout are [heads, size].

static void head_norm_backward(const float *x, const float *weight, float *dout, long heads,
                               long size, float epsilon) {
  long whole = size - size % LANES;
  for (long head = 0; head < heads; head++, x += size, dout += size) {
    vec squares = {0}, products = {0};
    for (long i = 0; i < whole; i += LANES) {
      vec value = load(x + i);
      squares += value * value;
      products += value * load(weight + i) * load(dout + i);
    }
    float square = sum_lanes(squares), product = sum_lanes(products);
    for (long i = whole; i < size; i++) {
      square += x[i] * x[i];
      product += x[i] * weight[i] * dout[i];
    }
    float inverse = 1 / sqrtf(square / (float)size + epsilon);
    float share = product * inverse * inverse * inverse / (float)size;
    for (long i = 0; i < whole; i += LANES) {
      store(dout + i, load(weight + i) * load(dout + i) * inverse - load(x + i) * share);
    }
    for (long i = whole; i < size; i++) dout[i] = weight[i] * dout[i] * inverse - x[i] * share;
  }
}
