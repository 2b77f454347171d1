// Softmax of one row of logits [size].

static double exponentials(const float *logits, long size, float scale, float *weights, float *max) {
  long whole = size - size % LANES;
  float highest = largest_value(logits, size);
  *max = highest;

  // Float sums of at most 64 vectors, then double: a vocabulary is too long for a float sum.
  double total = 0;
  for (long begin = 0; begin < whole; begin += 64 * LANES) {
    long end = begin + 64 * LANES < whole ? begin + 64 * LANES : whole;
    vec part = {0};
    for (long i = begin; i < end; i += LANES) {
      vec weight = exponential((load(logits + i) - highest) * scale);
      if (weights) store(weights + i, weight);
      part += weight;
    }
    total += sum_lanes(part);
  }
  for (long i = whole; i < size; i++) {
    float weight = expf((logits[i] - highest) * scale);
    if (weights) weights[i] = weight;
    total += weight;
  }
  return total;
}

// logprob = logits[target] - log Σ exp(logits); with gradient, logits become
// coefficient * (onehot(target) - softmax(logits)).
static void cross_entropy(float *logits, long size, int32_t target, float coefficient, int gradient,
                          float *logprob) {
  float max, target_logit = logits[target];
  double total = exponentials(logits, size, 1, gradient ? logits : 0, &max);
  *logprob = (float)((double)(target_logit - max) - log(total));
  if (!gradient) return;
  float factor = (float)(-coefficient / total);
  long whole = size - size % LANES;
  for (long i = 0; i < whole; i += LANES) store(logits + i, load(logits + i) * factor);
  for (long i = whole; i < size; i++) logits[i] *= factor;
  logits[target] += coefficient;
}

// The sum runs over blocks first and then through the block where it passes the target.
static long pick(const float *weights, long size, double target) {
  double before = 0;
  long begin = 0;
  for (; begin < size; begin += 16 * LANES) {
    long end = begin + 16 * LANES < size ? begin + 16 * LANES : size;
    long whole = begin + (end - begin) / LANES * LANES;
    vec part = {0};
    for (long i = begin; i < whole; i += LANES) part += load(weights + i);
    double sum = sum_lanes(part);
    for (long i = whole; i < end; i++) sum += weights[i];
    if (before + sum > target) break;
    before += sum;
  }
  for (long i = begin; i < size; i++) {
    before += weights[i];
    if (before > target) return i;
  }
  long last = size - 1;
  while (last > 0 && weights[last] == 0) last--;
  return last;
}
