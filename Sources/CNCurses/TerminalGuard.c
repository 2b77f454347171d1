#include "CNCurses.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGHUP,  SIGTERM, SIGINT,  SIGTSTP, SIGCONT, SIGWINCH, SIGALRM,
                              SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,  SIGILL,  SIGTRAP,  SIGFPE};
enum { SIGNALS = sizeof signals / sizeof *signals };

static struct sigaction before[SIGNALS];
static struct sigaction curses_resize;  // curses installs it once in a process
static struct termios modes;
static char reset_text[512];
static size_t reset_length;
static int terminal_descriptor = -1;
static int pipe_ends[2] = {-1, -1};
static atomic_uint flags;
static atomic_int heeded;  // the signal that asked the program to end
static atomic_int active;

static void restore_terminal(void) {
  if (!atomic_exchange(&active, 0)) return;
  // In the background tcsetattr would stop the program instead of restoring the terminal.
  signal(SIGTTOU, SIG_IGN);
  ssize_t ignored = write(terminal_descriptor, reset_text, reset_length);
  (void)ignored;
  tcsetattr(terminal_descriptor, TCSANOW, &modes);
}

static void restore_actions(void) {
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
}

/// Restores the terminal and lets the signal do what it would have done.
static void die(int number) {
  restore_terminal();
  restore_actions();
  raise(number);
}

static void note(unsigned flag) {
  atomic_fetch_or(&flags, flag);
  ssize_t ignored = write(pipe_ends[1], "!", 1);
  (void)ignored;
}

static void on_signal(int number) {
  int saved = errno;
  switch (number) {
    case SIGWINCH:
      // Curses sets its own flag; the pipe wakes the loop whichever thread got the signal.
      if (curses_resize.sa_handler) curses_resize.sa_handler(number);
      note(CN_RESIZED);
      break;
    case SIGTSTP: note(CN_STOP); break;
    case SIGCONT: note(CN_CONTINUED); break;
    case SIGHUP:
    case SIGTERM:
    case SIGINT:
      if (atomic_exchange(&heeded, number)) {
        die(number);  // asked twice
      } else {
        note(number == SIGHUP ? CN_HANGUP : CN_TERMINATE);
        alarm(5);
      }
      break;
    case SIGALRM: {
      int asked = atomic_load(&heeded);
      if (asked) die(asked);
      break;
    }
    default: die(number);
  }
  errno = saved;
}

int cn_guard_save(int terminal) {
  if (pipe_ends[0] < 0) {
    if (pipe(pipe_ends) != 0) return -1;
    for (int i = 0; i < 2; i++) {
      fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK);
      fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC);
    }
    atexit(restore_terminal);
  }
  terminal_descriptor = terminal;
  if (tcgetattr(terminal, &modes) != 0) return -1;
  for (int i = 0; i < SIGNALS; i++) sigaction(signals[i], NULL, &before[i]);
  return pipe_ends[0];
}

void cn_guard_install(const char *reset) {
  reset_length = strnlen(reset, sizeof reset_text);
  memcpy(reset_text, reset, reset_length);
  if (!curses_resize.sa_handler) sigaction(SIGWINCH, NULL, &curses_resize);
  atomic_store(&heeded, 0);
  atomic_store(&flags, 0);
  atomic_store(&active, 1);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  for (int i = 0; i < SIGNALS; i++) {
    // What the parent ignores stays ignored (nohup).
    if (before[i].sa_handler == SIG_IGN && signals[i] != SIGCONT) continue;
    sigaction(signals[i], &action, NULL);
  }
}

static void empty_pipe(void) {
  char bytes[64];
  while (read(pipe_ends[0], bytes, sizeof bytes) > 0) continue;
}

unsigned cn_guard_take(void) {
  empty_pipe();
  return atomic_exchange(&flags, 0);
}

void cn_guard_stop(void) {
  struct sigaction ours, other = {.sa_handler = SIG_DFL};
  sigaction(SIGTSTP, &other, &ours);
  atomic_fetch_and(&flags, ~(unsigned)(CN_STOP | CN_CONTINUED));
  // One signal for all: a second one for this process could come after the shell's SIGCONT, and
  // stop what the shell has just continued.
  kill(0, SIGTSTP);
  // The kernel may stop this thread a moment later; SIGCONT tells that it did. A group without a
  // shell (an orphaned one) is never stopped, and goes on after the wait.
  struct pollfd signalled = {.fd = pipe_ends[0], .events = POLLIN};
  do {
    empty_pipe();
    errno = 0;
  } while (!(atomic_load(&flags) & CN_CONTINUED)
           && (poll(&signalled, 1, 100) > 0 || errno == EINTR));
  atomic_fetch_and(&flags, ~(unsigned)(CN_STOP | CN_CONTINUED));
  sigaction(SIGTSTP, &ours, NULL);
}

void cn_guard_remove(void) {
  alarm(0);
  atomic_store(&active, 0);
  restore_actions();
}
