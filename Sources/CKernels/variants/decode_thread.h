// One thread's share of a decoding step. Each phase ends at a barrier; what is small is computed by
// every thread for itself, which is quicker than sharing it.

struct decode_scratch {
  float *normed;    // [count, max(hidden, ff)]
  float *low_rank;  // [count, 3 rank]
  float *up;        // [count, ff]
  float *scores;    // [heads per key head, prompt_capacity + capacity]
};

struct slice {
  long begin, end;
};

INLINE struct slice slice_of(long count, int thread, int threads) {
  long blocks = (count + 3) / 4;
  long begin = blocks * thread / threads * 4, end = blocks * (thread + 1) / threads * 4;
  return (struct slice){begin, end < count ? end : count};
}

// out[i][offset + n] (+)= weights[n] · x[i] + scale * B[n] · (A x[i]) for the n of the slice that lie
// within [0, outputs) after the offset is taken off.
static void decode_linear(const struct apprentice_decode *t, const struct apprentice_low_rank *low,
                          const float *u, const float *weights, long inputs, const float *x,
                          float *out, long out_stride, long offset, long outputs,
                          struct slice slice, int accumulate) {
  long begin = slice.begin - offset, end = slice.end - offset;
  begin = begin < 0 ? 0 : begin;
  end = end > outputs ? outputs : end;
  if (begin >= end) return;
  struct operand main = {weights + offset * inputs, inputs, x, inputs};
  struct operand extra = {low->b, low->a ? t->rank : 0, u, t->rank};
  product_with(&main, &extra, t->count, out + offset, out_stride, begin, end, accumulate);
}

// u = scale * A x, [count, rank].
static void decode_low_rank(const struct apprentice_decode *t, const struct apprentice_low_rank *low,
                            const float *x, long inputs, float *u) {
  if (!low->a) return;
  product(low->a, inputs, x, inputs, t->count, u, t->rank, 0, t->rank, 0);
  for (long i = 0; i < t->count * t->rank; i++) u[i] *= t->low_rank_scale;
}

enum { QUERIES_AT_ONCE = 4 };

// scores[q][p] = queries[q] · keys[.][p] for whole blocks of 2 LANES positions; keys are
// [head_size, capacity].
INLINE void score_tile(const float *queries, long head_size, const float *keys, long capacity,
                       long count, float *scores, long stride, int heads) {
  for (long p = 0; p < count; p += 2 * LANES) {
    vec sums[QUERIES_AT_ONCE][2];
    for (int q = 0; q < heads; q++) sums[q][0] = sums[q][1] = splat(0);
    for (long d = 0; d < head_size; d++) {
      vec first = load(keys + d * capacity + p), second = load(keys + d * capacity + p + LANES);
      for (int q = 0; q < heads; q++) {
        sums[q][0] += queries[q * head_size + d] * first;
        sums[q][1] += queries[q * head_size + d] * second;
      }
    }
    for (int q = 0; q < heads; q++) {
      store(scores + q * stride + p, sums[q][0]);
      store(scores + q * stride + p + LANES, sums[q][1]);
    }
  }
}

static void decode_scores(const float *queries, long heads, long head_size, const float *keys,
                          long capacity, long count, float *scores, long stride) {
  for (; heads >= 3; heads -= 3, queries += 3 * head_size, scores += 3 * stride) {
    score_tile(queries, head_size, keys, capacity, count, scores, stride, 3);
  }
  for (; heads > 0; heads--, queries += head_size, scores += stride) {
    score_tile(queries, head_size, keys, capacity, count, scores, stride, 1);
  }
}

// One completion's attention for the query heads of one key head: adds the biases, normalises and
// rotates the new query and key where the model does, keeps the new key and value, attends to the
// prompt and to the completion so far.
static void decode_attention(const struct apprentice_decode *t,
                             const struct apprentice_decode_layer *layer, long i, long group,
                             float *scores) {
  long size = t->head_size, per_group = t->heads / t->kv_heads;
  long width = t->heads * size, kv_width = t->kv_heads * size;
  float *row = t->qkv + i * (width + 2 * kv_width);
  float *queries = row + group * per_group * size, *key = row + width + group * size;
  float *value = row + width + kv_width + group * size;
  if (layer->qkv_bias) {
    const float *bias = layer->qkv_bias;
    for (long d = 0; d < per_group * size; d++) queries[d] += bias[group * per_group * size + d];
    for (long d = 0; d < size; d++) key[d] += bias[width + group * size + d];
    for (long d = 0; d < size; d++) value[d] += bias[width + kv_width + group * size + d];
  }
  if (layer->query_norm) {
    rms_norm(queries, layer->query_norm, queries, 0, per_group, size, t->epsilon);
    rms_norm(key, layer->key_norm, key, 0, 1, size, t->epsilon);
  }
  int32_t position = (int32_t)(t->prompt_length + t->length);
  rope(queries, 0, 1, per_group, size, &position, t->cosines, t->sines, 1);
  rope(key, 0, 1, 1, size, &position, t->cosines, t->sines, 1);

  long place = (t->slots[i] * t->kv_heads + group) * size * t->capacity;
  float *keys = layer->keys + place, *values = layer->values + place;
  for (long d = 0; d < size; d++) keys[d * t->capacity + t->length] = key[d];
  memcpy(values + t->length * size, value, (size_t)size * sizeof(float));

  const float *prompt_keys = layer->prompt_keys + group * size * t->prompt_capacity;
  const float *prompt_values = layer->prompt_values + group * size * t->prompt_capacity;
  long prompt = t->prompt_length, own = t->length + 1;
  long stride = t->prompt_capacity + t->capacity;
  decode_scores(queries, per_group, size, prompt_keys, t->prompt_capacity, prompt, scores, stride);
  decode_scores(queries, per_group, size, keys, t->capacity, own, scores + t->prompt_capacity, stride);

  float scale = 1 / sqrtf((float)size);
  for (long q = 0; q < per_group; q++) {
    float *prompt_scores = scores + q * stride, *own_scores = prompt_scores + t->prompt_capacity;
    float max = largest_value(prompt_scores, prompt), own_max = largest_value(own_scores, own);
    max = (own_max > max ? own_max : max) * scale;
    float total = exponentials_of_scores(prompt_scores, prompt, prompt, scale, max);
    total += exponentials_of_scores(own_scores, own, own, scale, max);
    float *out = t->attended + i * width + (group * per_group + q) * size;
    block_product(out, size, prompt_scores, stride, 1, prompt_values, size, 1, size, prompt, 0, 0);
    block_product(out, size, own_scores, stride, 1, values, size, 1, size, own, 0, 1);
    float inverse = 1 / total;
    for (long d = 0; d < size; d++) out[d] *= inverse;
  }
}

static void decode_thread(const struct apprentice_decode *t, struct spin_barrier *barrier, int thread,
                          int threads) {
  long width = t->heads * t->head_size, kv_width = t->kv_heads * t->head_size;
  long qkv_width = width + 2 * kv_width, count = t->count;
  long widest = t->hidden > t->ff ? t->hidden : t->ff;
  struct decode_scratch s;
  s.normed = t->scratch + thread * (apprentice_decode_scratch(t) / apprentice_thread_count());
  s.low_rank = s.normed + count * widest;
  s.up = s.low_rank + count * 3 * t->rank;
  s.scores = s.up + count * t->ff;
  long u = count * t->rank;

  for (long l = 0; l < t->layer_count; l++) {
    const struct apprentice_decode_layer *layer = t->layers + l;
    const struct apprentice_low_rank *low = layer->low_rank;

    rms_norm(t->x, layer->attention_norm, s.normed, 0, count, t->hidden, t->epsilon);
    for (int i = 0; i < 3; i++) decode_low_rank(t, low + i, s.normed, t->hidden, s.low_rank + i * u);
    struct slice slice = slice_of(qkv_width, thread, threads);
    long offsets[4] = {0, width, width + kv_width, qkv_width};
    for (int i = 0; i < 3; i++) {
      decode_linear(t, low + i, s.low_rank + i * u, layer->qkv, t->hidden, s.normed, t->qkv, qkv_width,
                    offsets[i], offsets[i + 1] - offsets[i], slice, 0);
    }
    spin_barrier_wait(barrier, threads);

    for (long task = thread; task < count * t->kv_heads; task += threads) {
      decode_attention(t, layer, task / t->kv_heads, task % t->kv_heads, s.scores);
    }
    spin_barrier_wait(barrier, threads);

    slice = slice_of(t->hidden, thread, threads);
    decode_low_rank(t, low + 3, t->attended, width, s.low_rank);
    decode_linear(t, low + 3, s.low_rank, layer->output, width, t->attended, t->x, t->hidden, 0,
                  t->hidden, slice, 1);
    spin_barrier_wait(barrier, threads);

    rms_norm(t->x, layer->mlp_norm, s.normed, 0, count, t->hidden, t->epsilon);
    for (int i = 0; i < 2; i++) {
      decode_low_rank(t, low + 4 + i, s.normed, t->hidden, s.low_rank + i * u);
    }
    struct slice wide = slice_of(t->ff, thread, threads);
    decode_linear(t, low + 4, s.low_rank, layer->gate_up, t->hidden, s.normed, t->activated, t->ff, 0,
                  t->ff, wide, 0);
    decode_linear(t, low + 5, s.low_rank + u, layer->gate_up + t->ff * t->hidden, t->hidden, s.normed,
                  s.up, t->ff, 0, t->ff, wide, 0);
    for (long i = 0; i < count; i++) {
      float *gate = t->activated + i * t->ff + wide.begin;
      swiglu(gate, s.up + i * t->ff + wide.begin, gate, wide.end - wide.begin);
    }
    spin_barrier_wait(barrier, threads);

    decode_low_rank(t, low + 6, t->activated, t->ff, s.low_rank);
    decode_linear(t, low + 6, s.low_rank, layer->down, t->ff, t->activated, t->x, t->hidden, 0,
                  t->hidden, slice, 1);
    spin_barrier_wait(barrier, threads);
  }

  rms_norm(t->x, t->final_norm, s.normed, 0, count, t->hidden, t->epsilon);
  struct slice slice = slice_of(t->vocabulary, thread, threads);
  product(t->head, t->hidden, s.normed, t->hidden, count, t->logits, t->vocabulary, slice.begin,
          slice.end, 0);
}
