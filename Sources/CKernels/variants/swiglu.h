// SwiGLU of one row: out = gate * sigmoid(gate) * up.

INLINE vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }

static void swiglu(const float *gate, const float *up, float *out, long width) {
  long whole = width - width % LANES;
  for (long i = 0; i < whole; i += LANES) {
    vec g = load(gate + i);
    store(out + i, g * sigmoid(g) * load(up + i));
  }
  for (long i = whole; i < width; i++) out[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

// d silu(g) / dg = s (1 + g (1 - s)) with s = sigmoid(g).
static void swiglu_backward(const float *gate, const float *up, const float *dout, float *dgate,
                            float *dup, long width) {
  long whole = width - width % LANES;
  for (long i = 0; i < whole; i += LANES) {
    vec g = load(gate + i), d = load(dout + i), s = sigmoid(g);
    vec u = load(up + i);
    store(dup + i, d * g * s);
    store(dgate + i, d * u * s * (1.0f + g * (1.0f - s)));
  }
  for (long i = whole; i < width; i++) {
    float g = gate[i], d = dout[i], s = 1 / (1 + expf(-g)), u = up[i];
    dup[i] = d * g * s;
    dgate[i] = d * u * s * (1 + g * (1 - s));
  }
}
