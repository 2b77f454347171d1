#ifndef APPRENTICE_CNCURSES_H
#define APPRENTICE_CNCURSES_H

// Wide characters are needed; macros named like functions would hide the functions from Swift.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

#include "TerminalGuard.h"

// Swift 6 rejects the globals stdscr, stdin, stdout and COLORS as shared mutable state.
static inline WINDOW *_Nullable cn_stdscr(void) { return stdscr; }
static inline WINDOW *_Nullable cn_curscr(void) { return curscr; }
static inline SCREEN *_Nullable cn_newterm(void) { return newterm(NULL, stdout, stdin); }
static inline int cn_colors(void) { return COLORS; }

// Swift does not import macros with casts in them.
static const attr_t cn_bold = WA_BOLD;
static const attr_t cn_dim = WA_DIM;
static const attr_t cn_italic = WA_ITALIC;
static const attr_t cn_underline = WA_UNDERLINE;
static const attr_t cn_reverse = WA_REVERSE;
static const mmask_t cn_mouse_events = ALL_MOUSE_EVENTS | REPORT_MOUSE_POSITION;
static const mmask_t cn_button_pressed[3] = {BUTTON1_PRESSED, BUTTON2_PRESSED, BUTTON3_PRESSED};
static const mmask_t cn_any_released = BUTTON1_RELEASED | BUTTON2_RELEASED | BUTTON3_RELEASED;
static const mmask_t cn_wheel_up = BUTTON4_PRESSED;
static const mmask_t cn_wheel_down = BUTTON5_PRESSED;
static const mmask_t cn_motion = REPORT_MOUSE_POSITION;

/// Swift cannot pass an int through setcchar's untyped last parameter without an unsafe dance, and
/// only that parameter takes colour pairs beyond 32767.
static inline int cn_setcchar(
    cchar_t *_Nonnull cell, const wchar_t *_Nonnull text, attr_t attributes, int pair) {
  return setcchar(cell, text, attributes, 0, &pair);
}

/// setupterm of <term.h>, whose several hundred macros named like capabilities stay out of Swift.
int cn_setupterm(int terminal);

/// Columns by the C library, which is what curses counts with; its header hides it from Swift.
int cn_wcwidth(wchar_t character);

#endif
