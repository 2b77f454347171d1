#include "decode.h"

#include "table.h"

long decode_thread_scratch(const struct apprentice_decode *t) {
  long width = t->heads * t->head_size, widest = t->ff > width ? t->ff : width;
  long scores = t->heads / t->kv_heads * (t->prompt_capacity + t->capacity);
  long floats = t->count * (t->hidden + t->rank + t->ff) + scores;
  return code_rows_size(t->count, widest > t->hidden ? widest : t->hidden) + (floats + 15) / 16 * 64;
}

long apprentice_decode_scratch(const struct apprentice_decode *t) {
  return decode_thread_scratch(t) * apprentice_thread_count();
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
