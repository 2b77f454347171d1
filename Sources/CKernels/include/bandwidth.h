#ifndef APPRENTICE_BANDWIDTH_H
#define APPRENTICE_BANDWIDTH_H

#include <stdint.h>

// In C because Swift's loop over memory would measure the loop, not the memory.

/// Reads `count` words once, each thread a run of its own, and returns their exclusive or, so that no
/// read can be left out. Call it from the one thread that computes.
uint64_t apprentice_read_words(const uint64_t *words, long count);

#endif
