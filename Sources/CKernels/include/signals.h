#ifndef APPRENTICE_SIGNALS_H
#define APPRENTICE_SIGNALS_H

#include <signal.h>

// oneDNN's compiled matrix products, before version 3.11.2, use the stack pointer as a pointer into
// the heap. A signal handler that ran on such a thread would put its frame there, over other memory,
// and the allocator would end the program much later (oneDNN issue 4845). So none may run on a
// thread that computes a product.

/// Holds back the signals of this thread, and for good those of the threads that it starts before
/// they are let through again, such as libgomp's. Faults are not held back: they end the program.
/// Returns what to give to apprentice_restore_signals.
sigset_t apprentice_hold_signals(void);

/// Lets through what came before apprentice_hold_signals; what was held back arrives now.
void apprentice_restore_signals(sigset_t before);

#endif
