// Patterns with the meaning the Lua 5.4 manual (§6.4.1) gives them, charged for
// each comparison: a pattern may take time exponential in the pattern or
// quadratic in the text, during which the stock matcher never lets the
// instruction hook run.
#include <ctype.h>
#include <string.h>

#include "matcher.h"

enum { MAX_NESTING = 200 };

// The byte at `i`, 0 past the end.
static int at(const lh_text *t, size_t i) {
  return i < t->size ? t->bytes[i] : 0;
}

// ---- Single characters

static bool in_class(int c, int class) {
  bool result;
  switch (tolower(class)) {
    case 'a': result = isalpha(c); break;
    case 'c': result = iscntrl(c); break;
    case 'd': result = isdigit(c); break;
    case 'g': result = isgraph(c); break;
    case 'l': result = islower(c); break;
    case 'p': result = ispunct(c); break;
    case 's': result = isspace(c); break;
    case 'u': result = isupper(c); break;
    case 'w': result = isalnum(c); break;
    case 'x': result = isxdigit(c); break;
    case 'z': result = c == 0; break;
    default: return class == c;
  }
  return isupper(class) ? !result : result;
}

// The index after the single-character item at `p`.
static size_t item_end(lh_matcher *m, size_t p) {
  const lh_text *pattern = &m->pattern;
  int c = at(pattern, p++);
  if (c == '%') {
    if (p >= pattern->size)
      luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (c != '[') return p;
  if (at(pattern, p) == '^') p++;
  do {  // the first character of a set may be ']'
    if (p >= pattern->size)
      luaL_error(m->L, "malformed pattern (missing ']')");
    if (at(pattern, p++) == '%' && p < pattern->size) p++;
  } while (p >= pattern->size || at(pattern, p) != ']');
  return p + 1;
}

// Whether the set whose brackets are at `p` and `last` contains `c`.
static bool in_set(lh_matcher *m, int c, size_t p, size_t last) {
  const lh_text *pattern = &m->pattern;
  bool positive = true;
  lh_charge_match(m, (int64_t)(last - p));
  if (at(pattern, p + 1) == '^') {
    positive = false;
    p++;
  }
  while (++p < last) {
    int d = at(pattern, p);
    if (d == '%') {
      if (in_class(c, at(pattern, ++p))) return positive;
    } else if (at(pattern, p + 1) == '-' && p + 2 < last) {
      p += 2;
      if (d <= c && c <= at(pattern, p)) return positive;
    } else if (d == c) {
      return positive;
    }
  }
  return !positive;
}

// Whether the subject's byte at `s` matches the item at p..<end.
static bool matches_one(lh_matcher *m, size_t s, size_t p, size_t end) {
  lh_charge_match(m, 1);
  if (s >= m->subject.size) return false;
  int c = m->subject.bytes[s];
  switch (at(&m->pattern, p)) {
    case '.': return true;
    case '%': return in_class(c, at(&m->pattern, p + 1));
    case '[': return in_set(m, c, p, end - 1);
    default: return at(&m->pattern, p) == c;
  }
}

// ---- Matching

static size_t match(lh_matcher *m, size_t s, size_t p);

static size_t match_balanced(lh_matcher *m, size_t s, size_t p) {
  if (p + 1 >= m->pattern.size)
    luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  const int open = at(&m->pattern, p), close = at(&m->pattern, p + 1);
  if (s >= m->subject.size || m->subject.bytes[s] != open) return LH_FAILED;
  int64_t depth = 1;
  for (s++; s < m->subject.size; s++) {
    lh_charge_match(m, 1);
    int c = m->subject.bytes[s];
    if (c == close) {
      if (--depth == 0) return s + 1;
    } else if (c == open) {
      depth++;
    }
  }
  return LH_FAILED;
}

// As many as possible, then fewer.
static size_t expand_most(lh_matcher *m, size_t s, size_t p, size_t end) {
  size_t count = 0;
  while (matches_one(m, s + count, p, end)) count++;
  for (;; count--) {
    size_t result = match(m, s + count, end + 1);
    if (result != LH_FAILED) return result;
    if (count == 0) return LH_FAILED;
  }
}

// As few as possible, then more.
static size_t expand_least(lh_matcher *m, size_t s, size_t p, size_t end) {
  for (;; s++) {
    size_t result = match(m, s, end + 1);
    if (result != LH_FAILED) return result;
    if (!matches_one(m, s, p, end)) return LH_FAILED;
  }
}

static size_t open_capture(lh_matcher *m, size_t s, size_t p, ptrdiff_t kind) {
  if (m->level >= LH_MAX_CAPTURES) luaL_error(m->L, "too many captures");
  m->captures[m->level].start = s;
  m->captures[m->level].size = kind;
  m->level++;
  size_t result = match(m, s, p);
  if (result == LH_FAILED) m->level--;
  return result;
}

static size_t close_capture(lh_matcher *m, size_t s, size_t p) {
  int i = m->level - 1;
  while (i >= 0 && m->captures[i].size != LH_UNFINISHED) i--;
  if (i < 0) luaL_error(m->L, "invalid pattern capture");
  m->captures[i].size = (ptrdiff_t)(s - m->captures[i].start);
  size_t result = match(m, s, p);
  if (result == LH_FAILED) m->captures[i].size = LH_UNFINISHED;
  return result;
}

// The text of an earlier capture again.
static size_t match_capture(lh_matcher *m, size_t s, int digit) {
  int i = digit - '1';
  if (i < 0 || i >= m->level || m->captures[i].size == LH_UNFINISHED)
    luaL_error(m->L, "invalid capture index %%%d", i + 1);
  // A position capture has no text; the stock lh_matcher takes its negative
  // size for a huge one, which never fits.
  if (m->captures[i].size < 0) return LH_FAILED;
  size_t size = (size_t)m->captures[i].size;
  lh_charge_match(m, 1 + (int64_t)size / 16);
  if (m->subject.size - s < size ||
      memcmp(m->subject.bytes + m->captures[i].start, m->subject.bytes + s,
             size) != 0)
    return LH_FAILED;
  return s + size;
}

// The end of the match of pattern p... at s, or LH_FAILED.
static size_t match(lh_matcher *m, size_t s, size_t p) {
  if (m->nesting-- == 0) luaL_error(m->L, "pattern too complex");
  const lh_text *pattern = &m->pattern;
  size_t result = LH_FAILED;
  for (;;) {
    lh_charge_match(m, 1);
    if (p >= pattern->size) {
      result = s;
      break;
    }
    int c = pattern->bytes[p], next = at(pattern, p + 1);
    if (c == '(') {
      result = next == ')' ? open_capture(m, s, p + 2, LH_POSITION)
                           : open_capture(m, s, p + 1, LH_UNFINISHED);
      break;
    }
    if (c == ')') {
      result = close_capture(m, s, p + 1);
      break;
    }
    if (c == '$' && p + 1 == pattern->size) {
      if (s == m->subject.size) result = s;
      break;
    }
    if (c == '%' && next == 'b') {
      s = match_balanced(m, s, p + 2);
      if (s == LH_FAILED) break;
      p += 4;
      continue;
    }
    if (c == '%' && next == 'f') {
      p += 2;
      if (at(pattern, p) != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
      size_t end = item_end(m, p);
      int previous = s == 0 ? 0 : m->subject.bytes[s - 1];
      if (in_set(m, previous, p, end - 1) ||
          !in_set(m, at(&m->subject, s), p, end - 1))
        break;
      p = end;
      continue;
    }
    if (c == '%' && isdigit(next)) {
      s = match_capture(m, s, next);
      if (s == LH_FAILED) break;
      p += 2;
      continue;
    }
    size_t end = item_end(m, p);
    int suffix = at(pattern, end);
    if (suffix == '*') {
      result = expand_most(m, s, p, end);
      break;
    }
    if (suffix == '-') {
      result = expand_least(m, s, p, end);
      break;
    }
    bool one = matches_one(m, s, p, end);
    if (suffix == '+') {
      if (one) result = expand_most(m, s + 1, p, end);
      break;
    }
    if (suffix == '?') {
      if (one) {
        result = match(m, s + 1, end + 1);
        if (result != LH_FAILED) break;
      }
      p = end + 1;
      continue;
    }
    if (!one) break;
    s++;
    p = end;
  }
  m->nesting++;
  return result;
}

size_t lh_match_at(lh_matcher *m, size_t s) {
  m->level = 0;
  m->nesting = MAX_NESTING;
  return match(m, s, 0);
}
