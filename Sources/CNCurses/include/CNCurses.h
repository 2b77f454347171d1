#ifndef APPRENTICE_CNCURSES_H
#define APPRENTICE_CNCURSES_H

// Wide characters are needed; macros named like functions would hide the functions from Swift.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

#endif
