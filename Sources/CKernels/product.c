// Products in float32: which part of each result a thread takes.
#include "product.h"

#include <pthread.h>
#include <stdlib.h>

#include "table.h"

// Each thread keeps its room for copies of the factors until it ends.
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void) { pthread_key_create(&key, free); }

static float *scratch_of_thread(void) {
  pthread_once(&once, make_key);
  float *scratch = pthread_getspecific(key);
  if (!scratch) {
    scratch = aligned_alloc(64, PRODUCT_SCRATCH * sizeof(float));
    if (!scratch) abort();
    pthread_setspecific(key, scratch);
  }
  return scratch;
}

struct product_job {
  const struct apprentice_product *products;
  long count;
};

// The share of the work that the busiest thread has, when `parts` are divided.
static double largest_share(long parts, int threads) {
  return parts ? (double)((parts + threads - 1) / threads) / (double)parts : 1;
}

static void product_thread(void *context, int thread, int threads) {
  const struct product_job *job = context;
  float *scratch = scratch_of_thread();
  long strip = kernels()->product_strip, tile = kernels()->product_rows;
  for (long i = 0; i < job->count; i++) {
    const struct apprentice_product *product = job->products + i;
    long strips = (product->columns + strip - 1) / strip;
    long tiles = (product->rows + tile - 1) / tile;
    // By columns, so that no thread reads another's part of the second factor, if that is about as even.
    if (largest_share(strips, threads) <= 1.1 * largest_share(tiles, threads)) {
      long begin = strips * thread / threads * strip, end = strips * (thread + 1) / threads * strip;
      if (end > product->columns) end = product->columns;
      if (begin < end) kernels()->product_part(product, 0, product->rows, begin, end, scratch);
    } else {
      long begin = product->rows * thread / threads, end = product->rows * (thread + 1) / threads;
      if (begin < end) kernels()->product_part(product, begin, end, 0, product->columns, scratch);
    }
  }
}

void apprentice_multiply(const struct apprentice_product *products, long count) {
  struct product_job job = {products, count};
  parallel_region(product_thread, &job);
}
