// find, match, gmatch and gsub: arguments, results and replacing. matcher.c does
// the matching.
#include <ctype.h>
#include <string.h>

#include "matcher.h"

static lh_text check_text(lua_State *L, int index) {
  lh_text result;
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
static bool take_anchor(lh_text *pattern) {
  if (pattern->size == 0 || pattern->bytes[0] != '^') return false;
  pattern->bytes++;
  pattern->size--;
  return true;
}

static void push_capture(lh_matcher *m, int i, size_t s, size_t e) {
  const char *bytes = (const char *)m->subject.bytes;
  if (i >= m->level) {
    if (i != 0) luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, bytes + s, e - s);
  } else if (m->captures[i].size == LH_POSITION) {
    lua_pushinteger(m->L, (lua_Integer)m->captures[i].start + 1);
  } else if (m->captures[i].size == LH_UNFINISHED) {
    luaL_error(m->L, "unfinished capture");
  } else {
    lua_pushlstring(m->L, bytes + m->captures[i].start,
                    (size_t)m->captures[i].size);
  }
}

// Pushes all captures, or the whole match when there are none.
static int push_captures(lh_matcher *m, size_t s, size_t e, bool whole) {
  int count = m->level == 0 && whole ? 1 : m->level;
  luaL_checkstack(m->L, count, "too many captures");
  for (int i = 0; i < count; i++) push_capture(m, i, s, e);
  return count;
}

static bool is_plain(const lh_text *pattern) {
  for (size_t i = 0; i < pattern->size; i++)
    if (pattern->bytes[i] && strchr("^$*+?.([%-", pattern->bytes[i]))
      return false;
  return true;
}

// The offset of `pattern` in the subject from `s`, or LH_FAILED.
static size_t find_plain(lh_matcher *m, size_t s) {
  const lh_text *subject = &m->subject, *pattern = &m->pattern;
  if (pattern->size == 0) return s;
  while (subject->size - s >= pattern->size) {
    const size_t room = subject->size - s - pattern->size + 1;
    const unsigned char *first =
        memchr(subject->bytes + s, pattern->bytes[0], room);
    size_t next = first ? (size_t)(first - subject->bytes) : s + room;
    lh_charge_match(m, 1 + (int64_t)(next - s) / 16);
    if (!first) return LH_FAILED;
    lh_charge_match(m, (int64_t)pattern->size / 16);
    if (memcmp(first, pattern->bytes, pattern->size) == 0) return next;
    s = next + 1;
  }
  return LH_FAILED;
}

static int find_or_match(lua_State *L, bool find) {
  lh_matcher m = {.L = L, .host = lh_of(L), .subject = check_text(L, 1),
               .pattern = check_text(L, 2)};
  lh_spend(L, m.host, (int64_t)m.pattern.size / 8);
  size_t s = offset(luaL_optinteger(L, 3, 1), m.subject.size);
  if (s > m.subject.size) {
    lua_pushnil(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(&m.pattern))) {
    s = find_plain(&m, s);
    if (s != LH_FAILED) {
      lua_pushinteger(L, (lua_Integer)s + 1);
      lua_pushinteger(L, (lua_Integer)(s + m.pattern.size));
      return 2;
    }
  } else {
    const bool anchored = take_anchor(&m.pattern);
    do {
      size_t e = lh_match_at(&m, s);
      if (e == LH_FAILED) continue;
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
  lh_matcher m = {.L = L, .host = lh_of(L),
               .subject = check_text(L, lua_upvalueindex(1)),
               .pattern = check_text(L, lua_upvalueindex(2))};
  size_t s = (size_t)lua_tointeger(L, lua_upvalueindex(3));
  const lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
  for (; s <= m.subject.size; s++) {
    size_t e = lh_match_at(&m, s);
    if (e == LH_FAILED || (lua_Integer)e == last) continue;
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
  lh_text subject = check_text(L, 1);
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

static void add_template(lh_matcher *m, luaL_Buffer *out, size_t s, size_t e) {
  lua_State *L = m->L;
  size_t size;
  const char *news = lua_tolstring(L, 3, &size);
  lh_charge_match(m, 1 + (int64_t)size / 16);
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
static bool add_replacement(lh_matcher *m, luaL_Buffer *out, size_t s, size_t e,
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
  lh_matcher m = {.L = L, .host = lh_of(L), .subject = check_text(L, 1),
               .pattern = check_text(L, 2)};
  const int type = lua_type(L, 3);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING ||
                          type == LUA_TFUNCTION || type == LUA_TTABLE,
                   3, "string/function/table");
  const lua_Integer most =
      luaL_optinteger(L, 4, (lua_Integer)m.subject.size + 1);
  const bool anchored = take_anchor(&m.pattern);
  size_t s = 0, last = LH_FAILED;
  lua_Integer count = 0;
  bool changed = false;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < most) {
    size_t e = lh_match_at(&m, s);
    if (e != LH_FAILED && e != last) {
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
