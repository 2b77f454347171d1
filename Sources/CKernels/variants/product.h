// Products with few rows of x: out[i][n] = Σ_k weights[n][k] x[i][k] for n in [begin, end). Every sum
// is made in one vector in the order of k, so that a row's result does not depend on the rows beside
// it. A low-rank addition joins the same sums.

struct operand {
  const float *weights;  // [outputs, inputs]
  long inputs;
  const float *x;  // [rows, x_stride]
  long x_stride;
};

INLINE void product_tile(const struct operand *main, const struct operand *extra, long n0, long i0,
                         float *out, long out_stride, int outputs, int rows, int accumulate) {
  vec sums[4][4];
  float tails[4][4];
  for (int n = 0; n < outputs; n++) {
    for (int i = 0; i < rows; i++) sums[n][i] = splat(0), tails[n][i] = 0;
  }
  for (int part = 0; part < 2; part++) {
    const struct operand *o = part ? extra : main;
    const float *weights = o->weights + n0 * o->inputs, *x = o->x + i0 * o->x_stride;
    long inputs = o->inputs, stride = o->x_stride, whole = inputs - inputs % LANES;
    for (long k = 0; k < whole; k += LANES) {
      vec columns[4];
      for (int i = 0; i < rows; i++) columns[i] = load(x + i * stride + k);
      for (int n = 0; n < outputs; n++) {
        // Reading the weights is the whole cost: ask for the next tile's while this one is computed.
        if (!part) __builtin_prefetch(weights + (outputs + n) * inputs + k);
        vec weight = load(weights + n * inputs + k);
        for (int i = 0; i < rows; i++) sums[n][i] += weight * columns[i];
      }
    }
    for (long k = whole; k < inputs; k++) {
      for (int n = 0; n < outputs; n++) {
        for (int i = 0; i < rows; i++) tails[n][i] += weights[n * inputs + k] * x[i * stride + k];
      }
    }
  }
  for (int n = 0; n < outputs; n++) {
    for (int i = 0; i < rows; i++) {
      float *place = out + (i0 + i) * out_stride + n0 + n;
      float total = sum_lanes(sums[n][i]) + tails[n][i];
      *place = accumulate ? *place + total : total;
    }
  }
}

INLINE void product_rows(const struct operand *main, const struct operand *extra, long n, long rows,
                         float *out, long out_stride, int outputs, int accumulate) {
  long i = 0;
  for (; i + 4 <= rows; i += 4) {
    product_tile(main, extra, n, i, out, out_stride, outputs, 4, accumulate);
  }
  switch (rows - i) {
    case 3: product_tile(main, extra, n, i, out, out_stride, outputs, 3, accumulate); break;
    case 2: product_tile(main, extra, n, i, out, out_stride, outputs, 2, accumulate); break;
    case 1: product_tile(main, extra, n, i, out, out_stride, outputs, 1, accumulate); break;
  }
}

static void product_with(const struct operand *main, const struct operand *extra, long rows,
                         float *out, long out_stride, long begin, long end, int accumulate) {
  long n = begin;
  for (; n + 4 <= end; n += 4) product_rows(main, extra, n, rows, out, out_stride, 4, accumulate);
  for (; n < end; n++) product_rows(main, extra, n, rows, out, out_stride, 1, accumulate);
}

static void product(const float *weights, long inputs, const float *x, long x_stride, long rows,
                    float *out, long out_stride, long begin, long end, int accumulate) {
  struct operand main = {weights, inputs, x, x_stride}, none = {0, 0, x, 0};
  product_with(&main, &none, rows, out, out_stride, begin, end, accumulate);
}
