#include "decode.h"

#include "table.h"

long apprentice_decode_scratch(const struct apprentice_decode *t) {
  long widest = t->hidden > t->ff ? t->hidden : t->ff;
  long scores = t->heads / t->kv_heads * (t->prompt_capacity + t->capacity);
  long each = t->count * (widest + 3 * t->rank + t->ff) + scores;
  return (each + 15) / 16 * 16 * apprentice_thread_count();
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

struct product_job {
  const float *weights, *x;
  float *out;
  long rows, inputs, outputs;
};

static void product_part(void *context, long begin, long end) {
  const struct product_job *job = context;
  kernels()->product(job->weights, job->inputs, job->x, job->inputs, job->rows, job->out,
                     job->outputs, begin, end, 0);
}

void apprentice_few_rows_product(const float *weights, const float *x, float *out, long rows,
                                 long inputs, long outputs) {
  struct product_job job = {weights, x, out, rows, inputs, outputs};
  parallel_ranges(outputs, rows * inputs * outputs, product_part, &job);
}
