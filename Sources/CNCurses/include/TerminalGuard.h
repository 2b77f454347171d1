#ifndef APPRENTICE_TERMINAL_GUARD_H
#define APPRENTICE_TERMINAL_GUARD_H

#include <signal.h>

// Signal handlers may only do what is async-signal-safe, which Swift cannot promise: so the code
// that keeps and restores the terminal is C.

/// What signals have asked for since the last call of cn_guard_take.
enum {
  CN_RESIZED = 1,
  CN_STOP = 2,       // SIGTSTP from outside
  CN_CONTINUED = 4,  // SIGCONT
  CN_HANGUP = 8,     // SIGHUP
  CN_TERMINATE = 16  // SIGTERM, SIGINT
};

/// Remembers the terminal's modes and the signal actions; call before curses starts.
/// Returns a descriptor that becomes readable on a signal, or -1 with errno.
int cn_guard_save(int terminal);

/// Takes over the signals; call after curses has started. On a crash, on exit, or five seconds
/// after a signal that nobody heeded, `reset` is written and the modes are put back.
void cn_guard_install(const char *_Nonnull reset);

/// The CN_ flags set since the last call; empties the descriptor.
unsigned cn_guard_take(void);

/// Stops the whole foreground process group as ^Z does in a cooked terminal, so that a `make` or a
/// shell around the program stops too; returns when the program is continued.
void cn_guard_stop(void);

/// Gives the signals back; the terminal is somebody else's again.
void cn_guard_remove(void);

#endif
