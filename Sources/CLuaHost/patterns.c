// find, match, gmatch and gsub, with the meaning the Lua 5.4 manual (§6.4.1)
// gives them, and charged for each comparison: a pattern may take time
// exponential in the pattern or quadratic in the text, during which the stock
// matcher never lets the instruction hook run.
#include <ctype.h>
#include <string.h>

#include "internal.h"

enum { MAX_CAPTURES = 32, MAX_NESTING = 200, UNFINISHED = -1, POSITION = -2 };

#define FAILED SIZE_MAX

typedef struct {
  const unsigned char *bytes;
  size_t size;
} text;

typedef struct {
  lua_State *L;
  lh_host *host;
  text subject, pattern;
  int nesting;
  int64_t steps;  // not yet charged
  int level;      // captures, finished or not
  struct {
    size_t start;
    ptrdiff_t size;
  } captures[MAX_CAPTURES];
} matcher;

static void charge(matcher *m, int64_t steps) {
  m->steps += steps;
  if (m->steps >= 256) {
    lh_spend(m->L, m->host, m->steps);
    m->steps = 0;
  }
}

// The byte at `i`, 0 past the end.
static int at(const text *t, size_t i) {
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
static size_t item_end(matcher *m, size_t p) {
  const text *pattern = &m->pattern;
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
static bool in_set(matcher *m, int c, size_t p, size_t last) {
  const text *pattern = &m->pattern;
  bool positive = true;
  charge(m, (int64_t)(last - p));
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
static bool matches_one(matcher *m, size_t s, size_t p, size_t end) {
  charge(m, 1);
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

static size_t match(matcher *m, size_t s, size_t p);

static size_t match_balanced(matcher *m, size_t s, size_t p) {
  if (p + 1 >= m->pattern.size)
    luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  const int open = at(&m->pattern, p), close = at(&m->pattern, p + 1);
  if (s >= m->subject.size || m->subject.bytes[s] != open) return FAILED;
  int64_t depth = 1;
  for (s++; s < m->subject.size; s++) {
    charge(m, 1);
    int c = m->subject.bytes[s];
    if (c == close) {
      if (--depth == 0) return s + 1;
    } else if (c == open) {
      depth++;
    }
  }
  return FAILED;
}

// As many as possible, then fewer.
static size_t expand_most(matcher *m, size_t s, size_t p, size_t end) {
  size_t count = 0;
  while (matches_one(m, s + count, p, end)) count++;
  for (;; count--) {
    size_t result = match(m, s + count, end + 1);
    if (result != FAILED) return result;
    if (count == 0) return FAILED;
  }
}

// As few as possible, then more.
static size_t expand_least(matcher *m, size_t s, size_t p, size_t end) {
  for (;; s++) {
    size_t result = match(m, s, end + 1);
    if (result != FAILED) return result;
    if (!matches_one(m, s, p, end)) return FAILED;
  }
}

static size_t open_capture(matcher *m, size_t s, size_t p, ptrdiff_t kind) {
  if (m->level >= MAX_CAPTURES) luaL_error(m->L, "too many captures");
  m->captures[m->level].start = s;
  m->captures[m->level].size = kind;
  m->level++;
  size_t result = match(m, s, p);
  if (result == FAILED) m->level--;
  return result;
}

static size_t close_capture(matcher *m, size_t s, size_t p) {
  int i = m->level - 1;
  while (i >= 0 && m->captures[i].size != UNFINISHED) i--;
  if (i < 0) luaL_error(m->L, "invalid pattern capture");
  m->captures[i].size = (ptrdiff_t)(s - m->captures[i].start);
  size_t result = match(m, s, p);
  if (result == FAILED) m->captures[i].size = UNFINISHED;
  return result;
}

// The text of an earlier capture again.
static size_t match_capture(matcher *m, size_t s, int digit) {
  int i = digit - '1';
  if (i < 0 || i >= m->level || m->captures[i].size == UNFINISHED)
    luaL_error(m->L, "invalid capture index %%%d", i + 1);
  // A position capture has no text; the stock matcher takes its negative
  // size for a huge one, which never fits.
  if (m->captures[i].size < 0) return FAILED;
  size_t size = (size_t)m->captures[i].size;
  charge(m, 1 + (int64_t)size / 16);
  if (m->subject.size - s < size ||
      memcmp(m->subject.bytes + m->captures[i].start, m->subject.bytes + s,
             size) != 0)
    return FAILED;
  return s + size;
}

// The end of the match of pattern p... at s, or FAILED.
static size_t match(matcher *m, size_t s, size_t p) {
  if (m->nesting-- == 0) luaL_error(m->L, "pattern too complex");
  const text *pattern = &m->pattern;
  size_t result = FAILED;
  for (;;) {
    charge(m, 1);
    if (p >= pattern->size) {
      result = s;
      break;
    }
    int c = pattern->bytes[p], next = at(pattern, p + 1);
    if (c == '(') {
      result = next == ')' ? open_capture(m, s, p + 2, POSITION)
                           : open_capture(m, s, p + 1, UNFINISHED);
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
      if (s == FAILED) break;
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
      if (s == FAILED) break;
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
        if (result != FAILED) break;
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

static size_t match_at(matcher *m, size_t s) {
  m->level = 0;
  m->nesting = MAX_NESTING;
  return match(m, s, 0);
}

// ---- Arguments and results

static text check_text(lua_State *L, int index) {
  text result;
  result.bytes =
      (const unsigned char *)luaL_checklstring(L, index, &result.size);
  return result;
}

// The offset that a 1-based, possibly negative position means.
static size_t offset(lua_Integer position, size_t size) {
  if (position > 0) return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)size) return 0;
  return size + (size_t)position;
}

// Drops a leading '^'.
static bool take_anchor(text *pattern) {
  if (pattern->size == 0 || pattern->bytes[0] != '^') return false;
  pattern->bytes++;
  pattern->size--;
  return true;
}

static void push_capture(matcher *m, int i, size_t s, size_t e) {
  const char *bytes = (const char *)m->subject.bytes;
  if (i >= m->level) {
    if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, bytes + s, e - s);
  } else if (m->captures[i].size == POSITION) {
    lua_pushinteger(m->L, (lua_Integer)m->captures[i].start + 1);
  } else if (m->captures[i].size == UNFINISHED) {
    luaL_error(m->L, "unfinished capture");
  } else {
    lua_pushlstring(m->L, bytes + m->captures[i].start,
                    (size_t)m->captures[i].size);
  }
}

// Pushes all captures, or the whole match when there are none.
static int push_captures(matcher *m, size_t s, size_t e, bool whole) {
  int count = m->level == 0 && whole ? 1 : m->level;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(m, i, s, e);
  return count;
}

static bool is_plain(const text *pattern) {
  for (size_t i = 0; i < pattern->size; i++)
    if (pattern->bytes[i] && strchr("^$*+?.([%-", pattern->bytes[i]))
      return false;
  return true;
}

// The offset of `pattern` in the subject from `s`, or FAILED.
static size_t find_plain(matcher *m, size_t s) {
  const text *subject = &m->subject, *pattern = &m->pattern;
  if (pattern->size == 0) return s;
  while (subject->size - s >= pattern->size) {
    const size_t room = subject->size - s - pattern->size + 1;
    const unsigned char *first =
        memchr(subject->bytes + s, pattern->bytes[0], room);
    size_t next = first ? (size_t)(first - subject->bytes) : s + room;
    charge(m, 1 + (int64_t)(next - s) / 16);
    if (!first) return FAILED;
    charge(m, (int64_t)pattern->size / 16);
    if (memcmp(first, pattern->bytes, pattern->size) == 0) return next;
    s = next + 1;
  }
  return FAILED;
}

static int find_or_match(lua_State *L, bool find) {
  matcher m = {.L = L, .host = lh_of(L), .subject = check_text(L, 1),
               .pattern = check_text(L, 2)};
  size_t s = offset(luaL_optinteger(L, 3, 1), m.subject.size);
  if (s > m.subject.size) {
    lua_pushnil(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(&m.pattern))) {
    s = find_plain(&m, s);
    if (s != FAILED) {
      lua_pushinteger(L, (lua_Integer)s + 1);
      lua_pushinteger(L, (lua_Integer)(s + m.pattern.size));
      return 2;
    }
  } else {
    const bool anchored = take_anchor(&m.pattern);
    do {
      size_t e = match_at(&m, s);
      if (e == FAILED) continue;
      if (!find) return push_captures(&m, s, e, true);
      lua_pushinteger(L, (lua_Integer)s + 1);
      lua_pushinteger(L, (lua_Integer)e);
      return push_captures(&m, s, e, false) + 2;
    } while (s++ < m.subject.size && !anchored);
  }
  lua_pushnil(L);
  return 1;
}

static int find(lua_State *L) { return find_or_match(L, true); }

static int match_first(lua_State *L) { return find_or_match(L, false); }

// Upvalues: subject, pattern, next offset, end of the last match (or -1).
static int gmatch_step(lua_State *L) {
  matcher m = {.L = L, .host = lh_of(L),
               .subject = check_text(L, lua_upvalueindex(1)),
               .pattern = check_text(L, lua_upvalueindex(2))};
  size_t s = (size_t)lua_tointeger(L, lua_upvalueindex(3));
  const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  for (; s <= m.subject.size; s++) {
    size_t e = match_at(&m, s);
    if (e == FAILED || (lua_Integer)e == last) continue;
    lua_pushinteger(L, (lua_Integer)e);
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(&m, s, e, true);
  }
  lua_pushinteger(L, (lua_Integer)s);
  lua_replace(L, lua_upvalueindex(3));
  return 0;
}

static int gmatch(lua_State *L) {
  text subject = check_text(L, 1);
  check_text(L, 2);
  size_t s = offset(luaL_optinteger(L, 3, 1), subject.size);
  if (s > subject.size) s = subject.size + 1;
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)s);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, gmatch_step, 4);
  return 1;
}

// ---- Replacing

static void add_template(matcher *m, luaL_Buffer *out, size_t s, size_t e) {
  lua_State *L = m->L;
  size_t size;
  const char *news = lua_tolstring(L, 3, &size);
  charge(m, 1 + (int64_t)size / 16);
  for (size_t i = 0; i < size; i++) {
    if (news[i] != '%') {
      luaL_addchar(out, news[i]);
      continue;
    }
    int c = ++i < size ? (unsigned char)news[i] : 0;
    if (c == '%') {
      luaL_addchar(out, '%');
    } else if (c == '0') {
      luaL_addlstring(out, (const char *)m->subject.bytes + s, e - s);
    } else if (isdigit(c)) {
      push_capture(m, c - '1', s, e);
      lua_tolstring(L, -1, NULL);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

// Adds what replaces s..<e; false when that stays as it was.
static bool add_replacement(matcher *m, luaL_Buffer *out, size_t s, size_t e,
                            int type) {
  lua_State *L = m->L;
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    int count = push_captures(m, s, e, true);
    lua_call(L, count, 1);
  } else if (type == LUA_TTABLE) {
    push_capture(m, 0, s, e);
    lua_gettable(L, 3);
  } else {
    add_template(m, out, s, e);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, (const char *)m->subject.bytes + s, e - s);
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return true;
}

static int gsub(lua_State *L) {
  matcher m = {.L = L, .host = lh_of(L), .subject = check_text(L, 1),
               .pattern = check_text(L, 2)};
  const int type = lua_type(L, 3);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING ||
                          type == LUA_TFUNCTION || type == LUA_TTABLE,
                   3, "string/function/table");
  const lua_Integer most =
      luaL_optinteger(L, 4, (lua_Integer)m.subject.size + 1);
  const bool anchored = take_anchor(&m.pattern);
  size_t s = 0, last = FAILED;
  lua_Integer count = 0;
  bool changed = false;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < most) {
    size_t e = match_at(&m, s);
    if (e != FAILED && e != last) {
      count++;
      changed = add_replacement(&m, &out, s, e, type) || changed;
      s = last = e;
    } else if (s < m.subject.size) {
      luaL_addchar(&out, (char)m.subject.bytes[s++]);
    } else {
      break;
    }
    if (anchored) break;
  }
  if (!changed) {
    lua_pushvalue(L, 1);
  } else {
    luaL_addlstring(&out, (const char *)m.subject.bytes + s,
                    m.subject.size - s);
    luaL_pushresult(&out);
  }
  lua_pushinteger(L, count);
  return 2;
}

void lh_open_patterns(lua_State *L) {
  static const luaL_Reg functions[] = {{"find", find},
                                       {"gmatch", gmatch},
                                       {"gsub", gsub},
                                       {"match", match_first},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
