// One thread's share of a decoding step. Each phase ends at a barrier; what is small is computed by
// every thread for itself, which is quicker than sharing it.

struct decode_scratch {
  float *normed;         // [count, hidden]
  float *reduced;        // [count, rank]
  float *up;             // [count, ff]
  float *scores;         // [heads per key head, prompt_capacity + capacity]
  struct code_rows rows; // of the input of the linear layers at hand
  uint8_t *row_memory;
};

// Rounds the input of some linear layers; every thread for itself.
static void decode_input(const struct apprentice_decode *t, struct decode_scratch *s, const float *x,
                         long inputs) {
  s->rows = code_rows_in(s->row_memory, t->count, inputs);
  make_code_rows(x, inputs, &s->rows, 0, code_tile_count(t->count));
}

// Panels of a linear layer with its adapter, for the input that was rounded last.
static void decode_linear(const struct apprentice_decode *t, const struct decode_scratch *s,
                          const struct apprentice_linear *linear, struct code_share panels, float *out,
                          long stride, int accumulate) {
  if (panels.begin >= panels.end) return;
  struct code_extra extra = {
      .b = linear->b,
      .b_stride = code_panel_count(&linear->weights) * PANEL,
      .u = s->reduced,
      .u_stride = t->rank,
      .depth = t->rank,
  };
  int adapted = linear->a.outputs > 0;
  if (adapted) {
    code_product(&linear->a, &s->rows, 0, code_panel_count(&linear->a), s->reduced, t->rank, 0, 0);
  }
  code_product(&linear->weights, &s->rows, panels.begin, panels.end, out, stride,
               adapted ? &extra : 0, accumulate);
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

// The thread's share of the panels of queries, keys and values together.
static void decode_queries_keys_values(const struct apprentice_decode *t,
                                       const struct decode_scratch *s,
                                       const struct apprentice_decode_layer *layer, int thread,
                                       int threads) {
  const struct apprentice_linear *linears[3] = {&layer->query, &layer->key, &layer->value};
  long total = 0, first = 0, column = 0;
  long stride = (t->heads + 2 * t->kv_heads) * t->head_size;
  for (int i = 0; i < 3; i++) total += code_panel_count(&linears[i]->weights);
  for (int i = 0; i < 3; i++) {
    const struct apprentice_codes *weights = &linears[i]->weights;
    struct code_share panels = code_share_of(weights, first, total, thread, threads);
    decode_linear(t, s, linears[i], panels, t->qkv + column, stride, 0);
    first += code_panel_count(weights);
    column += weights->outputs;
  }
}

// The thread's share of one matrix's panels.
INLINE struct code_share share_of(const struct apprentice_codes *codes, int thread, int threads) {
  return code_share_of(codes, 0, code_panel_count(codes), thread, threads);
}

static void decode_thread(const struct apprentice_decode *t, struct spin_barrier *barrier, int thread,
                          int threads) {
  long width = t->heads * t->head_size, count = t->count;
  struct decode_scratch s;
  s.row_memory = t->scratch + thread * decode_thread_scratch(t);
  long widest = t->ff > width ? t->ff : width;
  s.normed = (float *)(s.row_memory + code_rows_size(count, widest > t->hidden ? widest : t->hidden));
  s.reduced = s.normed + count * t->hidden;
  s.up = s.reduced + count * t->rank;
  s.scores = s.up + count * t->ff;

  for (long l = 0; l < t->layer_count; l++) {
    const struct apprentice_decode_layer *layer = t->layers + l;

    rms_norm(t->x, layer->attention_norm, s.normed, 0, count, t->hidden, t->epsilon);
    decode_input(t, &s, s.normed, t->hidden);
    decode_queries_keys_values(t, &s, layer, thread, threads);
    spin_barrier_wait(barrier, threads);

    for (long task = thread; task < count * t->kv_heads; task += threads) {
      decode_attention(t, layer, task / t->kv_heads, task % t->kv_heads, s.scores);
    }
    spin_barrier_wait(barrier, threads);

    struct code_share panels = share_of(&layer->output.weights, thread, threads);
    decode_input(t, &s, t->attended, width);
    decode_linear(t, &s, &layer->output, panels, t->x, t->hidden, 1);
    spin_barrier_wait(barrier, threads);

    rms_norm(t->x, layer->mlp_norm, s.normed, 0, count, t->hidden, t->epsilon);
    decode_input(t, &s, s.normed, t->hidden);
    struct code_share wide = share_of(&layer->gate.weights, thread, threads);
    decode_linear(t, &s, &layer->gate, wide, t->activated, t->ff, 0);
    decode_linear(t, &s, &layer->up, wide, s.up, t->ff, 0);
    long begin = wide.begin * PANEL, end = wide.end * PANEL < t->ff ? wide.end * PANEL : t->ff;
    for (long i = 0; i < count; i++) {
      float *gate = t->activated + i * t->ff + begin;
      swiglu(gate, s.up + i * t->ff + begin, gate, end - begin);
    }
    spin_barrier_wait(barrier, threads);

    decode_input(t, &s, t->activated, t->ff);
    decode_linear(t, &s, &layer->down, panels, t->x, t->hidden, 1);
    spin_barrier_wait(barrier, threads);
  }

  rms_norm(t->x, t->final_norm, s.normed, 0, count, t->hidden, t->epsilon);
  decode_input(t, &s, s.normed, t->hidden);
  struct code_share panels = share_of(&t->head, thread, threads);
  code_product(&t->head, &s.rows, panels.begin, panels.end, t->logits, t->vocabulary, 0, 0);
}
