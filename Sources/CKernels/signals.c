#include "signals.h"

sigset_t apprentice_hold_signals(void) {
  static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
  sigset_t held, before;
  sigfillset(&held);
  for (unsigned long i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&held, faults[i]);
  pthread_sigmask(SIG_BLOCK, &held, &before);
  return before;
}

void apprentice_restore_signals(sigset_t before) { pthread_sigmask(SIG_SETMASK, &before, 0); }
