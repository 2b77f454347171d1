// RMS normalisation. x, out, dout and dx are [rows, width].

static void rms_norm(const float *x, const float *weight, float *out, float *inverse_rms, long rows,
                     long width, float epsilon) {
  long whole = width - width % LANES;
  for (long row = 0; row < rows; row++, x += width, out += width) {
    vec squares = {0};
    for (long i = 0; i < whole; i += LANES) squares += load(x + i) * load(x + i);
    float total = sum_lanes(squares);
    for (long i = whole; i < width; i++) total += x[i] * x[i];
    float inverse = 1 / sqrtf(total / (float)width + epsilon);
    if (inverse_rms) inverse_rms[row] = inverse;
    for (long i = 0; i < whole; i += LANES) {
      store(out + i, load(x + i) * inverse * load(weight + i));
    }
    for (long i = whole; i < width; i++) out[i] = x[i] * inverse * weight[i];
  }
}

// With n = x * inverse_rms: dx += inverse_rms * (weight * dout - n * mean(n * weight * dout)).
static void rms_norm_backward(const float *x, const float *weight, const float *inverse_rms,
                              const float *dout, float *dx, long rows, long width) {
  long whole = width - width % LANES;
  for (long row = 0; row < rows; row++, x += width, dout += width, dx += width) {
    vec products = {0};
    for (long i = 0; i < whole; i += LANES) {
      products += load(x + i) * load(weight + i) * load(dout + i);
    }
    float total = sum_lanes(products);
    for (long i = whole; i < width; i++) total += x[i] * weight[i] * dout[i];
    float inverse = inverse_rms[row];
    float share = total * inverse * inverse * inverse / (float)width;
    for (long i = 0; i < whole; i += LANES) {
      store(dx + i, load(dx + i) + load(weight + i) * load(dout + i) * inverse - load(x + i) * share);
    }
    for (long i = whole; i < width; i++) dx[i] += weight[i] * dout[i] * inverse - x[i] * share;
  }
}
