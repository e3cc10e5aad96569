// The pattern matcher, without what the library functions make of it.
#ifndef LH_MATCHER_H
#define LH_MATCHER_H

#include "internal.h"

enum {
  LH_MAX_CAPTURES = 32,
  LH_UNFINISHED = -1,  // in place of a capture's size
  LH_POSITION = -2,
};

#define LH_FAILED SIZE_MAX

typedef struct {
  const unsigned char *bytes;
  size_t size;
} lh_text;

typedef struct {
  lua_State *L;
  lh_host *host;
  lh_text subject, pattern;
  int nesting;
  int64_t steps;  // not yet charged
  int level;      // captures, finished or not
  struct {
    size_t start;
    ptrdiff_t size;
  } captures[LH_MAX_CAPTURES];
} lh_matcher;

static inline void lh_charge_match(lh_matcher *m, int64_t steps) {
  m->steps += steps;
  if (m->steps >= 256) {
    lh_spend(m->L, m->host, m->steps);
    m->steps = 0;
  }
}

// The end of the match of the whole pattern at offset `s`, or LH_FAILED.
size_t lh_match_at(lh_matcher *m, size_t s);

#endif
