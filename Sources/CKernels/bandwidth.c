#include "bandwidth.h"

#include "parallel.h"

#if defined(__x86_64__) && defined(__linux__)
#define VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTORIZED
#endif

struct read_job {
  const uint64_t *words;
  _Atomic uint64_t all;
};

VECTORIZED
static uint64_t exclusive_or(const uint64_t *words, long count) {
  uint64_t all = 0;
  for (long i = 0; i < count; i++) all ^= words[i];
  return all;
}

static void read_part(void *context, long begin, long end) {
  struct read_job *job = context;
  atomic_fetch_xor_explicit(
      &job->all, exclusive_or(job->words + begin, end - begin), memory_order_relaxed);
}

uint64_t apprentice_read_words(const uint64_t *words, long count) {
  struct read_job job = {words, 0};
  parallel_ranges(count, count, read_part, &job);
  return job.all;
}
