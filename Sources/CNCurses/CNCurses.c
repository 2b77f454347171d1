#define _XOPEN_SOURCE 700
#include "CNCurses.h"

#include <term.h>
#include <wchar.h>

int cn_setupterm(int terminal) {
  int status = 0;
  return setupterm(NULL, terminal, &status);
}

int cn_wcwidth(wchar_t character) { return wcwidth(character); }
