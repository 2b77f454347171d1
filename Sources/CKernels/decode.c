#include "decode.h"

#include "table.h"

long decode_thread_scratch(const struct apprentice_decode *t) {
  long width = t->heads * t->head_size, rows = t->count * t->heads / t->kv_heads;
  long floats = t->count * (t->hidden + t->rank + t->ff) +
                rows * (2 * t->head_size + t->prompt_capacity + t->capacity);
  return code_rows_size(t->count, width > t->hidden ? width : t->hidden) +
         extra_rows_size(t->count, t->rank) + (floats + 31) / 16 * 64;
}

long decode_shared_scratch(const struct apprentice_decode *t) {
  long reduced = REDUCING_SEGMENTS * t->count * 3 * t->rank * (long)sizeof(float);
  return code_rows_size(t->count, t->ff) + (reduced + 63) / 64 * 64;
}

long apprentice_decode_scratch(const struct apprentice_decode *t) {
  return decode_shared_scratch(t) + decode_thread_scratch(t) * apprentice_thread_count();
}

struct decode_job {
  const struct apprentice_decode *decode;
  struct spin_barrier barrier;
};

static void decode_part(void *context, int thread, int threads) {
  struct decode_job *job = context;
  kernels()->decode_thread(job->decode, &job->barrier, thread, threads);
}

void apprentice_decode_step(const struct apprentice_decode *decode) {
  struct decode_job job = {.decode = decode};
  parallel_region(decode_part, &job);
}
