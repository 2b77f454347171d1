// Attention over packed rows without a [rows, rows] matrix: a block of query rows of one head at a
// time, its scores in scratch; the backward pass computes them again from the stored log-sums
// (Dao et al. 2022).

enum { QUERY_ROWS = 32, TILE_ROWS = 4, TILE_VECTORS = LANES == 16 ? 4 : 2 };

// c[i][j] (+)= Σ_p a[i * row_step + p * column_step] * b[p][j], for any strides of a. Columns are
// computed in whole vectors: with round_up the last one runs over n, else single floats end it.
INLINE void block_tile(float *c, long c_stride, const float *a, long row_step, long column_step,
                       const float *b, long b_stride, long depth, int rows, int vectors,
                       int accumulate) {
  vec sums[TILE_ROWS][TILE_VECTORS];
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < vectors; j++) {
      sums[i][j] = accumulate ? load(c + i * c_stride + j * LANES) : splat(0);
    }
  }
  for (long p = 0; p < depth; p++) {
    vec columns[TILE_VECTORS];
    for (int j = 0; j < vectors; j++) columns[j] = load(b + p * b_stride + j * LANES);
    for (int i = 0; i < rows; i++) {
      float value = a[i * row_step + p * column_step];
      for (int j = 0; j < vectors; j++) sums[i][j] += value * columns[j];
    }
  }
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < vectors; j++) store(c + i * c_stride + j * LANES, sums[i][j]);
  }
}

INLINE void block_row_tile(float *c, long c_stride, const float *a, long row_step, long column_step,
                           const float *b, long b_stride, long n, long depth, int rows,
                           int round_up, int accumulate) {
  long j = 0;
  for (; j + TILE_VECTORS * LANES <= n; j += TILE_VECTORS * LANES) {
    block_tile(c + j, c_stride, a, row_step, column_step, b + j, b_stride, depth, rows, TILE_VECTORS,
               accumulate);
  }
  for (; j < n && (round_up || j + LANES <= n); j += LANES) {
    block_tile(c + j, c_stride, a, row_step, column_step, b + j, b_stride, depth, rows, 1, accumulate);
  }
  for (; j < n; j++) {
    for (int i = 0; i < rows; i++) {
      float total = accumulate ? c[i * c_stride + j] : 0;
      for (long p = 0; p < depth; p++) {
        total += a[i * row_step + p * column_step] * b[p * b_stride + j];
      }
      c[i * c_stride + j] = total;
    }
  }
}

static void block_product(float *c, long c_stride, const float *a, long row_step, long column_step,
                          const float *b, long b_stride, long m, long n, long depth, int round_up,
                          int accumulate) {
  long i = 0;
  for (; i + TILE_ROWS <= m; i += TILE_ROWS) {
    block_row_tile(c + i * c_stride, c_stride, a + i * row_step, row_step, column_step, b, b_stride,
                   n, depth, TILE_ROWS, round_up, accumulate);
  }
#define LAST_ROWS(ROWS)                                                                          \
  case ROWS:                                                                                     \
    block_row_tile(c + i * c_stride, c_stride, a + i * row_step, row_step, column_step, b, b_stride, n, \
                   depth, ROWS, round_up, accumulate);                                           \
    break;
  switch (m - i) {
    LAST_ROWS(1)
    LAST_ROWS(2)
    LAST_ROWS(3)
  }
#undef LAST_ROWS
}

// The query rows [begin, end) of a span, and the keys that any of them attends to.
struct block {
  long begin, rows, prefix, own, keys, stride;
  long group;             // columns of the head's key and value among the key heads
  const float *queries;   // [rows, qkv stride]
  const float *keys_columns, *values_columns;  // [head_size, transposed stride]
  const float *keys_rows, *values_rows;        // [all rows, qkv stride]
};

INLINE struct block make_block(const struct apprentice_attention *t, long head, long begin, long end,
                               const struct apprentice_span *span) {
  struct block b;
  long width = t->heads * t->head_size;
  b.begin = begin;
  b.rows = end - begin;
  b.prefix = span->prefix_end - span->prefix_begin;
  b.own = end - span->begin;
  b.keys = b.prefix + b.own;
  b.stride = t->longest_keys + 32;
  b.group = head / (t->heads / t->kv_heads) * t->head_size;
  b.queries = t->qkv + begin * t->stride + head * t->head_size;
  b.keys_columns = t->keys_transposed + b.group * t->transposed_stride;
  b.values_columns = t->values_transposed + b.group * t->transposed_stride;
  b.keys_rows = t->qkv + width + b.group;
  b.values_rows = b.keys_rows + t->kv_heads * t->head_size;
  return b;
}

// out[rows, keys] = in[rows, head_size] · columns, prefix first and then the span's own rows.
INLINE void times_columns(const struct apprentice_attention *t, const struct block *b,
                          const struct apprentice_span *span, const float *in, long in_stride,
                          const float *columns, float *out) {
  block_product(out, b->stride, in, in_stride, 1, columns + span->prefix_begin, t->transposed_stride,
                b->rows, b->prefix, t->head_size, 1, 0);
  block_product(out + b->prefix, b->stride, in, in_stride, 1, columns + span->begin,
                t->transposed_stride, b->rows, b->own, t->head_size, 1, 0);
}

// out[rows, head_size] = weights[rows, keys] · the rows of the keys or values.
INLINE void times_rows(const struct apprentice_attention *t, const struct block *b,
                       const struct apprentice_span *span, const float *weights, const float *rows,
                       float *out, long out_stride) {
  block_product(out, out_stride, weights, b->stride, 1, rows + span->prefix_begin * t->stride,
                t->stride, b->rows, t->head_size, b->prefix, 0, 0);
  block_product(out, out_stride, weights + b->prefix, b->stride, 1, rows + span->begin * t->stride,
                t->stride, b->rows, t->head_size, b->own, 0, 1);
}

// scores become exp(scores * scale - shift) over the first `seen` keys and 0 over the others; returns
// their sum.
INLINE float exponentials_of_scores(float *scores, long seen, long keys, float scale, float shift) {
  vec total = {0};
  long whole = seen - seen % LANES, i = 0;
  for (; i < whole; i += LANES) {
    vec weight = exponential(load(scores + i) * scale - shift);
    store(scores + i, weight);
    total += weight;
  }
  float sum = sum_lanes(total);
  for (; i < seen; i++) {
    scores[i] = expf(scores[i] * scale - shift);
    sum += scores[i];
  }
  for (; i < keys; i++) scores[i] = 0;
  return sum;
}

static void attention_task(const struct apprentice_attention *t, long head, long begin, long end,
                           const struct apprentice_span *span, float *scratch) {
  struct block b = make_block(t, head, begin, end, span);
  float scale = 1 / sqrtf((float)t->head_size);
  times_columns(t, &b, span, b.queries, t->stride, b.keys_columns, scratch);
  float inverse[QUERY_ROWS];
  for (long row = 0; row < b.rows; row++) {
    float *scores = scratch + row * b.stride;
    long seen = b.prefix + begin + row - span->begin + 1;
    float max = largest_value(scores, seen);
    float sum = exponentials_of_scores(scores, seen, b.keys, scale, max * scale);
    inverse[row] = 1 / sum;
    t->log_sums[(begin + row) * t->heads + head] = max * scale + logf(sum);
  }
  long width = t->heads * t->head_size;
  float *out = t->out + begin * width + head * t->head_size;
  times_rows(t, &b, span, scratch, b.values_rows, out, width);
  for (long row = 0; row < b.rows; row++) {
    for (long i = 0; i < t->head_size; i++) out[row * width + i] *= inverse[row];
  }
}

// With weights W = softmax(S), S = scale * Q Kᵀ and D = rowsum(dO * O): dV += Wᵀ dO,
// dS = W * (dO Vᵀ - D), dQ = scale * dS K, dK += scale * dSᵀ Q.
static void attention_backward_task(const struct apprentice_attention *t, long head, long begin,
                                    long end, const struct apprentice_span *span, float *scratch) {
  struct block b = make_block(t, head, begin, end, span);
  float scale = 1 / sqrtf((float)t->head_size);
  long width = t->heads * t->head_size, column = head * t->head_size;
  const float *out = t->out + begin * width + column, *dout = t->dout + begin * width + column;
  float *weights = scratch, *dscores = scratch + QUERY_ROWS * b.stride;
  times_columns(t, &b, span, b.queries, t->stride, b.keys_columns, weights);
  times_columns(t, &b, span, dout, width, b.values_columns, dscores);
  for (long row = 0; row < b.rows; row++) {
    float *weight = weights + row * b.stride, *dscore = dscores + row * b.stride;
    long seen = b.prefix + begin + row - span->begin + 1;
    exponentials_of_scores(weight, seen, b.keys, scale,
                           t->log_sums[(begin + row) * t->heads + head]);
    float share = 0;
    for (long i = 0; i < t->head_size; i++) share += out[row * width + i] * dout[row * width + i];
    for (long i = 0; i < seen; i++) dscore[i] = weight[i] * (dscore[i] - share) * scale;
    for (long i = seen; i < b.keys; i++) dscore[i] = 0;
  }
  times_rows(t, &b, span, dscores, b.keys_rows, t->dqkv + begin * t->stride + column, t->stride);
  for (int part = 0; part < 2; part++) {
    long first = part ? span->begin : span->prefix_begin, from = part ? b.prefix : 0;
    long count = part ? b.own : b.prefix;
    block_product(t->dkeys + first * width + column, width, dscores + from, 1, b.stride, b.queries,
                  t->stride, count, t->head_size, b.rows, 0, 1);
    block_product(t->dvalues + first * width + column, width, weights + from, 1, b.stride, dout, width,
                  count, t->head_size, b.rows, 0, 1);
  }
}

// Adds up the shares of the query heads that use one key head.
static void add_heads(const struct apprentice_attention *t, long row) {
  long width = t->heads * t->head_size, per_group = t->heads / t->kv_heads;
  long kv_width = t->kv_heads * t->head_size;
  for (int part = 0; part < 2; part++) {
    const float *shares = (part ? t->dvalues : t->dkeys) + row * width;
    float *out = t->dqkv + row * t->stride + width + part * kv_width;
    for (long head = 0; head < t->kv_heads; head++) {
      for (long i = 0; i < t->head_size; i++) {
        float total = 0;
        for (long h = 0; h < per_group; h++) {
          total += shares[(head * per_group + h) * t->head_size + i];
        }
        out[head * t->head_size + i] = total;
      }
    }
  }
}
