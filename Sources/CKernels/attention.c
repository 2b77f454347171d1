// Attention over packed rows: which head and which block of rows each thread takes.
#include <string.h>

#include "table.h"

enum { QUERY_ROWS = 32 };

long apprentice_attention_scratch(long longest_keys) {
  return (long)apprentice_thread_count() * 2 * QUERY_ROWS * (longest_keys + 32);
}

static float *scratch_of(const struct apprentice_attention *t, int thread) {
  return t->scratch + thread * 2L * QUERY_ROWS * (t->longest_keys + 32);
}

// A span's blocks for one head.
typedef void (*block_body)(const struct apprentice_attention *, long head, long begin, long end,
                           const struct apprentice_span *, float *scratch);

static void each_block(const struct apprentice_attention *t, const struct apprentice_span *span,
                       long head, block_body body, float *scratch) {
  for (long begin = span->begin; begin < span->end; begin += QUERY_ROWS) {
    long end = begin + QUERY_ROWS < span->end ? begin + QUERY_ROWS : span->end;
    body(t, head, begin, end, span, scratch);
  }
}

static void forward_task(void *context, long task, int thread) {
  const struct apprentice_attention *t = context;
  // The last spans and their last rows have the most keys: take them first.
  const struct apprentice_span *span = t->spans + t->span_count - 1 - task / t->heads;
  each_block(t, span, task % t->heads, kernels()->attention_task, scratch_of(t, thread));
}

static void backward_task(void *context, long task, int thread) {
  const struct apprentice_attention *t = context;
  long sequence = task / t->heads, head = task % t->heads;
  for (long i = 0; i < t->span_count; i++) {
    if (t->spans[i].sequence == sequence) {
      each_block(t, t->spans + i, head, kernels()->attention_backward_task, scratch_of(t, thread));
    }
  }
}

static void add_heads_part(void *context, long begin, long end) {
  for (long row = begin; row < end; row++) kernels()->add_heads(context, row);
}

static void transpose_columns(const struct apprentice_attention *t, long column, float *out) {
  apprentice_transpose(t->qkv + column, t->stride, t->rows, t->kv_heads * t->head_size, out,
                       t->transposed_stride);
}

void apprentice_attention(const struct apprentice_attention *t) {
  transpose_columns(t, t->heads * t->head_size, t->keys_transposed);
  parallel_tasks(t->span_count * t->heads, forward_task, (void *)t);
}

void apprentice_attention_backward(const struct apprentice_attention *t) {
  long width = t->heads * t->head_size;
  transpose_columns(t, width, t->keys_transposed);
  transpose_columns(t, width + t->kv_heads * t->head_size, t->values_transposed);
  memset(t->dkeys, 0, (size_t)(t->rows * width) * sizeof(float));
  memset(t->dvalues, 0, (size_t)(t->rows * width) * sizeof(float));
  parallel_tasks(t->sequence_count * t->heads, backward_task, (void *)t);
  parallel_ranges(t->rows, 2 * t->rows * width, add_heads_part, (void *)t);
}
