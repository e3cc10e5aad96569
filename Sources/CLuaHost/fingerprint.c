// A function as bytes that change exactly when what it computes may: its code
// without line numbers, and everything it refers to. Comments, and edits
// elsewhere in the file, leave them as they are.
#include <string.h>

#include "internal.h"

enum { VISITED = 2 };  // stack slot: table or function -> number of its visit

static void put(lua_State *L, const void *bytes, size_t size) {
  lh_buffer *output = &lh_of(L)->output;
  if (!lh_reserve(output, output->size + size)) luaL_error(L, "not enough memory");
  memcpy(output->bytes + output->size, bytes, size);
  output->size += size;
}

static void put_text(lua_State *L, char tag, const char *bytes, size_t size) {
  put(L, &tag, 1);
  put(L, &size, sizeof size);
  put(L, bytes, size);
}

static int write_code(lua_State *L, const void *bytes, size_t size, void *data) {
  (void)data;
  put(L, bytes, size);
  return 0;
}

// ---- Line numbers
//
// A stripped dump still says where each function begins and ends, and which
// variables around the outermost one it refers to, by their place there. The
// dump is walked (ldump.c of Lua 5.4) and copied onto itself without these
// numbers; the variables' values are written on their own.

typedef struct {
  lua_State *L;
  uint8_t *from, *to;
  const uint8_t *end;
} strip;

static void keep(strip *s, size_t size) {
  if ((size_t)(s->end - s->from) < size)
    luaL_error(s->L, "unexpected form of compiled function");
  memmove(s->to, s->from, size);
  s->from += size;
  s->to += size;
}

// A size: seven bits a byte, the last byte marked.
static size_t number(strip *s, bool kept) {
  size_t value = 0;
  uint8_t *start = s->from;
  uint8_t byte;
  do {
    if (s->from == s->end)
      luaL_error(s->L, "unexpected form of compiled function");
    byte = *s->from++;
    value = value << 7 | (byte & 0x7f);
  } while (!(byte & 0x80));
  if (kept) {
    memmove(s->to, start, (size_t)(s->from - start));
    s->to += s->from - start;
  }
  return value;
}

static void keep_string(strip *s) {
  size_t size = number(s, true);
  if (size > 1) keep(s, size - 1);
}

static void keep_constant(strip *s) {
  const uint8_t tag = s->from < s->end ? *s->from : 0;
  keep(s, 1);
  switch (tag) {
    case LUA_TNUMBER: keep(s, sizeof(lua_Integer)); break;
    case LUA_TNUMBER | 16: keep(s, sizeof(lua_Number)); break;
    case LUA_TSTRING:
    case LUA_TSTRING | 16: keep_string(s); break;
    default: break;  // nil, false, true
  }
}

static void keep_function(strip *s, bool outermost) {
  luaL_checkstack(s->L, 1, NULL);
  keep_string(s);  // source, empty
  number(s, false);
  number(s, false);
  keep(s, 3);  // parameters, variadic, stack size
  keep(s, number(s, true) * 4);
  for (size_t n = number(s, true); n > 0; n--) keep_constant(s);
  uint8_t *before_upvalues = s->to;
  keep(s, number(s, true) * 3);
  if (outermost) s->to = before_upvalues;
  for (size_t n = number(s, true); n > 0; n--) keep_function(s, false);
  for (int table = 0; table < 4; table++) {
    if (number(s, true) != 0)  // debug tables, empty
      luaL_error(s->L, "unexpected form of compiled function");
  }
}

// Removes the line numbers of the dump that starts at `start`.
static void remove_lines(lua_State *L, size_t start) {
  enum { HEADER = 32 };  // signature and sizes, then the number of upvalues
  lh_buffer *output = &lh_of(L)->output;
  strip s = {L, output->bytes + start, output->bytes + start,
             output->bytes + output->size};
  keep(&s, HEADER);
  keep_function(&s, true);
  if (s.from != s.end) luaL_error(L, "unexpected form of compiled function");
  output->size = (size_t)(s.to - output->bytes);
}

// ---- Values

static void put_value(lua_State *L, int index);

// Looks for the value at `index` among the fields of the table on top, and keeps
// the least name in `least`; a field that is a table is looked into once.
static void find_name(lua_State *L, int index, const char *prefix, char *least) {
  enum { LIMIT = 96 };
  const int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      char name[LIMIT];
      snprintf(name, sizeof name, "%s%s", prefix, lua_tostring(L, -2));
      if (lua_rawequal(L, -1, index) &&
          (least[0] == 0 || strcmp(name, least) < 0)) {
        memcpy(least, name, sizeof name);
      } else if (lua_istable(L, -1) && prefix[0] == 0) {
        char inner[LIMIT];
        snprintf(inner, sizeof inner, "%s.", name);
        lh_resolve(L, lua_gettop(L));
        find_name(L, index, inner, least);
      }
    }
    lua_settop(L, table + 1);
  }
}

// The host's own functions are part of the program's version; which of them it
// is counts by the name that scripts know it by.
static void put_host_function(lua_State *L, int index) {
  char name[96] = "";
  luaL_checkstack(L, 8, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_GLOBALS);
  lh_resolve(L, lua_gettop(L));
  find_name(L, index, "", name);
  lua_pop(L, 1);
  put_text(L, 'C', name, strlen(name));
}

static void put_function(lua_State *L, int index) {
  if (lua_iscfunction(L, index)) {
    put_host_function(L, index);
    return;
  }
  put(L, "F", 1);
  lua_pushvalue(L, index);
  const size_t start = lh_of(L)->output.size;
  lua_dump(L, write_code, NULL, 1);
  lua_pop(L, 1);
  remove_lines(L, start);
  const char *name;
  for (int i = 1; (name = lua_getupvalue(L, index, i)); i++) {
    // Names are stripped from the copy, not from the function; the
    // environment is the same for every script.
    if (strcmp(name, "_ENV") != 0) put_value(L, lua_gettop(L));
    lua_pop(L, 1);
  }
}

static void put_table(lua_State *L, int index) {
  lua_pushvalue(L, index);
  lh_resolve(L, lua_gettop(L));
  const int table = lua_gettop(L);
  const lua_Integer elements = (lua_Integer)lua_rawlen(L, table);
  put(L, "T", 1);
  put(L, &elements, sizeof elements);
  for (lua_Integer i = 1; i <= elements; i++) {
    lua_rawgeti(L, table, i);
    put_value(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  // Keys in reproducible order, through `pairs` as scripts see it: `next` looks
  // through the whole table for each key, and a table may have many thousands.
  lua_pushcfunction(L, lh_pairs);
  lua_pushvalue(L, table);
  lua_call(L, 1, 3);
  lua_pop(L, 2);  // what the iterator needs is in it
  const int iterator = lua_gettop(L), key = iterator + 1;
  for (;;) {
    lua_pushvalue(L, iterator);
    lua_call(L, 0, 2);
    if (lua_isnil(L, key)) break;
    if (!(lua_isinteger(L, key) && lua_tointeger(L, key) >= 1 &&
          lua_tointeger(L, key) <= elements)) {
      put_value(L, key);
      put_value(L, key + 1);
    }
    lua_settop(L, iterator);
  }
  lua_settop(L, table - 1);
}

static void put_value(lua_State *L, int index) {
  luaL_checkstack(L, 12, "the function refers to tables nested too deeply");
  lh_spend(L, lh_of(L), 1);
  switch (lua_type(L, index)) {
    case LUA_TNIL: put(L, "N", 1); return;
    case LUA_TBOOLEAN: put(L, lua_toboolean(L, index) ? "1" : "0", 1); return;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        lua_Integer value = lua_tointeger(L, index);
        put(L, "I", 1);
        put(L, &value, sizeof value);
      } else {
        lua_Number value = lua_tonumber(L, index);
        put(L, "D", 1);
        put(L, &value, sizeof value);
      }
      return;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      put_text(L, 'S', text, size);
      return;
    }
    case LUA_TTABLE:
    case LUA_TFUNCTION: break;
    default: put(L, "U", 1); return;
  }
  lua_pushvalue(L, index);
  if (lua_rawget(L, VISITED) != LUA_TNIL) {
    lua_Integer visit = lua_tointeger(L, -1);
    put(L, "R", 1);
    put(L, &visit, sizeof visit);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  lua_rawgeti(L, VISITED, 0);
  lua_Integer visit = lua_tointeger(L, -1) + 1;
  lua_pop(L, 1);
  lua_pushinteger(L, visit);
  lua_rawseti(L, VISITED, 0);
  lua_pushvalue(L, index);
  lua_pushinteger(L, visit);
  lua_rawset(L, VISITED);
  if (lua_type(L, index) == LUA_TTABLE) put_table(L, index);
  else put_function(L, index);
}

int lh_fingerprint_protected(lua_State *L) {
  const int64_t *function = lua_touserdata(L, 1);
  lua_settop(L, 1);
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
  lua_rawgeti(L, -1, *function);
  lh_of(L)->output.size = 0;
  put_value(L, lua_gettop(L));
  return 0;
}
