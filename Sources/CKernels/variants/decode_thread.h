// One thread's share of a decoding step. Each phase ends at a barrier; what is small is computed by
// every thread for itself, which is quicker than sharing it.

struct decode_scratch {
  float *normed;          // [count, hidden]
  float *reduced;         // [count, rank]: a x of an adapter
  float *up;              // [count, ff]
  float *queries;         // [rows, head_size], with count * heads per key head rows
  float *mixed;           // [rows, head_size]
  float *scores;          // [rows, prompt_capacity + capacity]
  struct code_rows rows;  // of the input of the linear layers at hand
  uint8_t *row_memory, *extra_memory;
  float *segments;        // [REDUCING_SEGMENTS][count, matrices * rank], which all threads share
  struct spin_barrier *barrier;
};

// Rounds the input of some linear layers; every thread for itself.
static void decode_input(const struct apprentice_decode *t, struct decode_scratch *s, const float *x,
                         long inputs) {
  s->rows = code_rows_in(s->row_memory, t->count, inputs);
  make_code_rows(x, inputs, &s->rows, 0, code_tile_count(t->count), 0, inputs / BLOCK);
}

// A linear layer, the thread's share of its panels and where its outputs go.
struct decode_linear {
  const struct apprentice_codes *weights;
  struct code_share panels;
  float *out;
};

// The thread's pieces of a x: each is one panel of a with one segment of the inputs.
INLINE struct code_share reducing_units(const struct apprentice_codes *a, int thread, int threads) {
  return share_among(code_panel_count(a) * REDUCING_SEGMENTS, thread, threads);
}

// Computes the thread's pieces of a x, for the input that was rounded last.
static void decode_reduce(const struct apprentice_decode *t, const struct decode_scratch *s,
                          const struct apprentice_codes *a, int thread, int threads) {
  struct code_share units = reducing_units(a, thread, threads);
  for (long unit = units.begin; unit < units.end; unit++) {
    long panel = unit / REDUCING_SEGMENTS;
    int segment = (int)(unit % REDUCING_SEGMENTS);
    struct code_part part = whole_panels(&s->rows, (struct code_share){panel, panel + 1});
    part.blocks = share_among(a->inputs / BLOCK, segment, REDUCING_SEGMENTS);
    struct code_target target = {.out = s->segments + segment * t->count * a->outputs,
                                 .stride = a->outputs};
    code_product(a, &s->rows, &part, &target);
  }
}

// u = a x for one of the matrices, the segments' sums added up.
static struct extra_rows extra_of(const struct apprentice_decode *t, const struct decode_scratch *s,
                                  const struct apprentice_code_adapter *adapter, int matrix) {
  long rank = adapter->rank, stride = adapter->a.outputs;
  struct extra_rows extra = extra_rows_in(s->extra_memory, t->count, rank);
  for (long i = 0; i < t->count; i++) {
    const float *first = s->segments + i * stride + matrix * rank, *second = first + t->count * stride;
    for (long j = 0; j < rank; j++) s->reduced[i * rank + j] = first[j] + second[j];
  }
  make_extra_rows(s->reduced, rank, adapter->b_scale[matrix], &extra,
                  (struct code_share){0, code_tile_count(t->count)});
  return extra;
}

_Static_assert(REDUCING_SEGMENTS == 2, "extra_of() adds two");

// The thread's share of a, which it will read for the next linear layers.
static struct code_ahead share_of_a(const struct apprentice_codes *a, int thread, int threads) {
  if (a->outputs == 0) return (struct code_ahead){0, 0};
  struct code_share units = reducing_units(a, thread, threads);
  long size = code_panel_size(a->inputs, a->kind) / REDUCING_SEGMENTS;
  return (struct code_ahead){a->panels + units.begin * size, (units.end - units.begin) * size};
}

// Linear layers with their adapter, for the input that was rounded last. `next` is the adapter of those
// that follow.
static void decode_linears(const struct apprentice_decode *t, const struct decode_scratch *s,
                           const struct decode_linear *linears, int count,
                           const struct apprentice_code_adapter *adapter,
                           const struct apprentice_code_adapter *next, long stride, int accumulate,
                           int thread, int threads) {
  int adapted = adapter->a.outputs > 0;
  if (adapted) {
    decode_reduce(t, s, &adapter->a, thread, threads);
    spin_barrier_wait(s->barrier, threads);
  }
  for (int i = 0; i < count; i++) {
    struct code_part part = whole_panels(&s->rows, linears[i].panels);
    struct code_target target = {.out = linears[i].out, .stride = stride, .accumulate = accumulate};
    if (linears[i].panels.begin >= linears[i].panels.end) continue;
    if (adapted) {
      target.b = adapter->b[i];
      target.extra = extra_of(t, s, adapter, i);
    }
    if (i == count - 1) target.ahead = share_of_a(&next->a, thread, threads);
    code_product(linears[i].weights, &s->rows, &part, &target);
  }
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

// Adds one completion's biases to its queries, key and value of a key head, normalises queries and key
// where the model does, and rotates them.
static void decode_prepare(const struct apprentice_decode *t,
                           const struct apprentice_decode_layer *layer, float *row, long group) {
  long size = t->head_size, per_group = t->heads / t->kv_heads;
  long width = t->heads * size, kv_width = t->kv_heads * size;
  long query_column = group * per_group * size, key_column = width + group * size;
  float *queries = row + query_column, *key = row + key_column;
  if (layer->qkv_bias) {
    const float *bias = layer->qkv_bias;
    for (long d = 0; d < per_group * size; d++) queries[d] += bias[query_column + d];
    for (long d = 0; d < size; d++) key[d] += bias[key_column + d];
    for (long d = 0; d < size; d++) key[kv_width + d] += bias[key_column + kv_width + d];
  }
  if (layer->query_norm) {
    rms_norm(queries, layer->query_norm, queries, 0, per_group, size, t->epsilon);
    rms_norm(key, layer->key_norm, key, 0, 1, size, t->epsilon);
  }
  int32_t position = (int32_t)(t->prompt_length + t->length);
  rope(queries, 0, 1, per_group, size, &position, t->cosines, t->sines, 1);
  rope(key, 0, 1, 1, size, &position, t->cosines, t->sines, 1);
}

// Attention of the completions [first, last) for the query heads of one key head: prepares the
// new queries and keys, keeps the new keys and values, attends to the prompt, with all queries at once, and to
// each completion so far.
static void decode_attention(const struct apprentice_decode *t,
                             const struct apprentice_decode_layer *layer,
                             const struct decode_scratch *s, long group, long first, long last) {
  long size = t->head_size, per_group = t->heads / t->kv_heads, rows = (last - first) * per_group;
  long width = t->heads * size, kv_width = t->kv_heads * size;
  long prompt = t->prompt_length, own = t->length + 1, stride = t->prompt_capacity + t->capacity;
  for (long i = first; i < last; i++) {
    float *row = t->qkv + i * (width + 2 * kv_width), *key = row + width + group * size;
    float *queries = s->queries + (i - first) * per_group * size;
    decode_prepare(t, layer, row, group);
    memcpy(queries, row + group * per_group * size, (size_t)(per_group * size) * sizeof(float));
    long place = (t->slots[i] * t->kv_heads + group) * size * t->capacity;
    float *keys = layer->keys + place, *values = layer->values + place;
    for (long d = 0; d < size; d++) keys[d * t->capacity + t->length] = key[d];
    memcpy(values + t->length * size, key + kv_width, (size_t)size * sizeof(float));
    decode_scores(queries, per_group, size, keys, t->capacity, own,
                  s->scores + (i - first) * per_group * stride + t->prompt_capacity, stride);
  }
  block_product(s->scores, stride, s->queries, size, 1,
                layer->prompt_keys + group * size * t->prompt_capacity, t->prompt_capacity, rows, prompt,
                size, 1, 0);

  float scale = 1 / sqrtf((float)size);
  for (long r = 0; r < rows; r++) {
    float *scores = s->scores + r * stride, *own_scores = scores + t->prompt_capacity;
    float max = largest_value(scores, prompt), own_max = largest_value(own_scores, own);
    max = (own_max > max ? own_max : max) * scale;
    float total = exponentials_of_scores(scores, prompt, prompt, scale, max) +
                  exponentials_of_scores(own_scores, own, own, scale, max);
    // Scaling the weights is as good as scaling their sum, and they are in the cache.
    float inverse = 1 / total;
    for (long p = 0; p < prompt; p++) scores[p] *= inverse;
    for (long p = 0; p < own; p++) own_scores[p] *= inverse;
  }
  block_product(s->mixed, size, s->scores, stride, 1,
                layer->prompt_values + group * size * t->prompt_capacity, size, rows, size, prompt, 0, 0);
  for (long i = first; i < last; i++) {
    long row = (i - first) * per_group;
    float *mixed = s->mixed + row * size;
    const float *values = layer->values + (t->slots[i] * t->kv_heads + group) * size * t->capacity;
    block_product(mixed, size, s->scores + row * stride + t->prompt_capacity, stride, 1, values, size,
                  per_group, size, own, 0, 1);
    memcpy(t->attended + i * width + group * per_group * size, mixed,
           (size_t)(per_group * size) * sizeof(float));
  }
}

// The thread's share of the panels of queries, keys and values together.
static void decode_queries_keys_values(const struct apprentice_decode *t,
                                       const struct decode_scratch *s,
                                       const struct apprentice_decode_layer *layer, int thread,
                                       int threads) {
  const struct apprentice_codes *weights[3] = {&layer->query, &layer->key, &layer->value};
  struct decode_linear linears[3];
  long total = 0, first = 0, column = 0;
  for (int i = 0; i < 3; i++) total += code_panel_count(weights[i]);
  for (int i = 0; i < 3; i++) {
    linears[i] = (struct decode_linear){
        weights[i], code_share_of(weights[i], first, total, thread, threads), t->qkv + column};
    first += code_panel_count(weights[i]);
    column += weights[i]->outputs;
  }
  decode_linears(t, s, linears, 3, &layer->qkv_adapter, &layer->output_adapter, (t->heads + 2 * t->kv_heads) * t->head_size, 0,
                 thread, threads);
}

// The thread's share of one matrix's panels.
INLINE struct code_share share_of(const struct apprentice_codes *codes, int thread, int threads) {
  return code_share_of(codes, 0, code_panel_count(codes), thread, threads);
}

static void decode_thread(const struct apprentice_decode *t, struct spin_barrier *barrier, int thread,
                          int threads) {
  long width = t->heads * t->head_size, count = t->count;
  struct decode_scratch s;
  struct code_rows activated = code_rows_in(t->scratch, count, t->ff);
  s.barrier = barrier;
  s.segments = (float *)(t->scratch + code_rows_size(count, t->ff));
  s.row_memory = t->scratch + decode_shared_scratch(t) + thread * decode_thread_scratch(t);
  s.extra_memory = s.row_memory + code_rows_size(count, width > t->hidden ? width : t->hidden);
  s.normed = (float *)(s.extra_memory + extra_rows_size(count, t->rank));
  s.reduced = s.normed + count * t->hidden;
  s.up = s.reduced + count * t->rank;
  s.queries = s.up + count * t->ff;
  s.mixed = s.queries + count * t->heads / t->kv_heads * t->head_size;
  s.scores = s.mixed + count * t->heads / t->kv_heads * t->head_size;
  long parts = count < threads ? count : threads;

  for (long l = 0; l < t->layer_count; l++) {
    const struct apprentice_decode_layer *layer = t->layers + l;

    rms_norm(t->x, layer->attention_norm, s.normed, 0, count, t->hidden, t->epsilon);
    decode_input(t, &s, s.normed, t->hidden);
    decode_queries_keys_values(t, &s, layer, thread, threads);
    spin_barrier_wait(barrier, threads);

    for (long task = thread; task < parts * t->kv_heads; task += threads) {
      long part = task / t->kv_heads;
      decode_attention(t, layer, &s, task % t->kv_heads, count * part / parts,
                       count * (part + 1) / parts);
    }
    spin_barrier_wait(barrier, threads);

    struct decode_linear output = {&layer->output, share_of(&layer->output, thread, threads), t->x};
    decode_input(t, &s, t->attended, width);
    decode_linears(t, &s, &output, 1, &layer->output_adapter, &layer->gate_up_adapter, t->hidden, 1, thread, threads);
    spin_barrier_wait(barrier, threads);

    rms_norm(t->x, layer->mlp_norm, s.normed, 0, count, t->hidden, t->epsilon);
    decode_input(t, &s, s.normed, t->hidden);
    // Whole blocks of the next layer's input, which each thread rounds for all.
    long blocks = t->ff / BLOCK, first_block = blocks * thread / threads;
    long end_block = blocks * (thread + 1) / threads;
    struct code_share wide = {first_block * BLOCK / PANEL, end_block * BLOCK / PANEL};
    struct decode_linear gate_up[2] = {{&layer->gate, wide, t->activated}, {&layer->up, wide, s.up}};
    decode_linears(t, &s, gate_up, 2, &layer->gate_up_adapter, &layer->down_adapter, t->ff, 0, thread, threads);
    long begin = first_block * BLOCK, end = end_block * BLOCK;
    for (long i = 0; i < count; i++) {
      float *gate = t->activated + i * t->ff + begin;
      swiglu(gate, s.up + i * t->ff + begin, gate, end - begin);
    }
    make_code_rows(t->activated, t->ff, &activated, 0, code_tile_count(count), first_block, end_block);
    spin_barrier_wait(barrier, threads);

    s.rows = activated;
    const struct apprentice_code_adapter *next =
        l + 1 < t->layer_count ? &layer[1].qkv_adapter : &t->layers[0].qkv_adapter;
    struct decode_linear down = {&layer->down, share_of(&layer->down, thread, threads), t->x};
    decode_linears(t, &s, &down, 1, &layer->down_adapter, next, t->hidden, 1, thread, threads);
    spin_barrier_wait(barrier, threads);
  }

  rms_norm(t->x, t->final_norm, s.normed, 0, count, t->hidden, t->epsilon);
  decode_input(t, &s, s.normed, t->hidden);
  struct code_part part = whole_panels(&s.rows, share_of(&t->head, thread, threads));
  struct code_target target = {.out = t->logits, .stride = t->vocabulary};
  code_product(&t->head, &s.rows, &part, &target);
}
