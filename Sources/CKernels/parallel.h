#ifndef APPRENTICE_PARALLEL_H
#define APPRENTICE_PARALLEL_H

#include <stdatomic.h>

// Threads from libgomp's pool, through its binary interface: Swift's clang has no OpenMP of its own,
// and a second pool beside oneDNN's would fight it for the cores.

/// Calls body(context, begin, end) for parts of [0, count) on all threads; on this thread alone when
/// work, a count of elementary operations, is too small to pay for waking the others.
void parallel_ranges(long count, long work, void (*body)(void *context, long begin, long end),
                     void *context);

/// Calls body(context, task, thread) for each task, handed out one by one.
void parallel_tasks(long count, void (*body)(void *context, long task, int thread), void *context);

/// Calls body(context, thread, threads) once on each thread.
void parallel_region(void (*body)(void *context, int thread, int threads), void *context);

/// A barrier that spins, for phases of a few microseconds.
struct spin_barrier {
  atomic_int arrived;
  atomic_int phase;
};

void spin_barrier_wait(struct spin_barrier *barrier, int threads);

#endif
