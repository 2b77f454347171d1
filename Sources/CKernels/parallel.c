#include "parallel.h"

#include <sched.h>

#include "signals.h"
#include "table.h"

extern void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);

// Waking a sleeping thread costs 10 to 40 µs.
enum { WORTH_WAKING = 150000 };

int apprentice_thread_count(void) { return omp_get_max_threads(); }

// The threads that this starts compute oneDNN's products too, and must never run a signal handler.
static void on_all_threads(void (*function)(void *), void *data) {
  // A team of one would be allocated each time.
  if (omp_get_max_threads() == 1) {
    function(data);
    return;
  }
  sigset_t before = apprentice_hold_signals();
  GOMP_parallel(function, data, 0, 0);
  apprentice_restore_signals(before);
}

struct range_job {
  const struct kernel_table *table;
  long count;
  void (*body)(void *, long, long);
  void *context;
};

static void run_range(void *data) {
  const struct range_job *job = data;
  use_kernels(job->table);
  long thread = omp_get_thread_num(), threads = omp_get_num_threads();
  long begin = job->count * thread / threads, end = job->count * (thread + 1) / threads;
  if (begin < end) job->body(job->context, begin, end);
}

void parallel_ranges(long count, long work, void (*body)(void *, long, long), void *context) {
  if (count < 2 || work < WORTH_WAKING) {
    if (count > 0) body(context, 0, count);
    return;
  }
  struct range_job job = {kernels(), count, body, context};
  on_all_threads(run_range, &job);
}

struct task_job {
  const struct kernel_table *table;
  long count;
  atomic_long next;
  void (*body)(void *, long, int);
  void *context;
};

static void run_tasks(void *data) {
  struct task_job *job = data;
  use_kernels(job->table);
  int thread = omp_get_thread_num();
  for (;;) {
    long task = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    if (task >= job->count) return;
    job->body(job->context, task, thread);
  }
}

void parallel_tasks(long count, void (*body)(void *, long, int), void *context) {
  struct task_job job = {kernels(), count, 0, body, context};
  on_all_threads(run_tasks, &job);
}

struct region_job {
  const struct kernel_table *table;
  void (*body)(void *, int, int);
  void *context;
};

static void run_region(void *data) {
  const struct region_job *job = data;
  use_kernels(job->table);
  job->body(job->context, omp_get_thread_num(), omp_get_num_threads());
}

void parallel_region(void (*body)(void *, int, int), void *context) {
  struct region_job job = {kernels(), body, context};
  on_all_threads(run_region, &job);
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void spin_barrier_wait(struct spin_barrier *barrier, int threads) {
  int phase = atomic_load_explicit(&barrier->phase, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&barrier->arrived, 1, memory_order_acq_rel) == threads - 1) {
    atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&barrier->phase, phase + 1, memory_order_release);
    return;
  }
  // Another program may have taken the other thread's core: give way after a while.
  for (int turns = 0; atomic_load_explicit(&barrier->phase, memory_order_acquire) == phase; turns++) {
    if (turns < 4000) pause_briefly();
    else sched_yield();
  }
}
