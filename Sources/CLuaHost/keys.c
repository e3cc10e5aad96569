// `pairs` and `next` with a reproducible order: numbers ascending, strings by
// their bytes, false before true. Stock Lua visits fields in the order of their
// hashes, which depends on a seed taken from addresses.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int compare_keys(const void *a, const void *b) {
  const lh_key *x = a, *y = b;
  size_t common = x->size < y->size ? x->size : y->size;
  int order = memcmp(x->bytes, y->bytes, common);
  if (order) return order;
  return (x->size > y->size) - (x->size < y->size);
}

void lh_sort_keys(lh_key *keys, size_t count) {
  if (count > 16) {
    qsort(keys, count, sizeof *keys, compare_keys);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    lh_key key = keys[i];
    size_t j = i;
    for (; j > 0 && compare_keys(&keys[j - 1], &key) > 0; j--)
      keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

bool lh_add_key(lh_host *host, const char *bytes, size_t size) {
  if (host->key_count == host->key_capacity) {
    size_t capacity = host->key_capacity ? 2 * host->key_capacity : 64;
    lh_key *keys = realloc(host->keys, capacity * sizeof *keys);
    if (!keys) return false;
    host->keys = keys;
    host->key_capacity = capacity;
  }
  host->keys[host->key_count++] = (lh_key){bytes, size};
  return true;
}

bool lh_string_before(lua_State *L, int a, int b) {
  lh_key x, y;
  x.bytes = lua_tolstring(L, a, &x.size);
  y.bytes = lua_tolstring(L, b, &y.size);
  lh_spend(L, lh_of(L), (int64_t)(x.size < y.size ? x.size : y.size) / 64);
  return compare_keys(&x, &y) < 0;
}

static int rank(lua_State *L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: return 0;
    case LUA_TSTRING: return 1;
    case LUA_TBOOLEAN: return 2;
    default:
      return luaL_error(
          L, "a %s used as a key has no reproducible order: use strings or "
          "numbers as keys", luaL_typename(L, index));
  }
}

// Whether key `a` comes before key `b`.
static bool before(lua_State *L, int a, int b) {
  int x = rank(L, a), y = rank(L, b);
  if (x != y) return x < y;
  if (x == 0) return lua_compare(L, a, b, LUA_OPLT);
  if (x == 2) return !lua_toboolean(L, a) && lua_toboolean(L, b);
  return lh_string_before(L, a, b);
}

// next(table, key): looks through the whole table for the least key above.
int lh_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lh_resolve(L, 1);
  const bool first = lua_isnil(L, 2);
  if (!first) rank(L, 2);
  lua_pushnil(L);  // 3: the best key so far
  lua_pushnil(L);
  int64_t visited = 0;
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    if (++visited % 256 == 0) lh_spend(L, lh_of(L), 256);
    if ((first || before(L, 2, 4)) &&
        (lua_isnil(L, 3) ? (rank(L, 4), true) : before(L, 4, 3))) {
      lua_pushvalue(L, 4);
      lua_replace(L, 3);
    }
  }
  lh_spend(L, lh_of(L), visited % 256);
  lua_settop(L, 3);
  if (lua_isnil(L, 3)) return 1;
  lua_pushvalue(L, 3);
  lua_rawget(L, 1);
  return 2;
}

enum { TABLE = 1, KEYS = 2, POSITION = 3, ELEMENTS = 4 };

// Visits elements 1...n, then the listed keys; skips what was set to nil.
static int step(lua_State *L) {
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(POSITION));
  const lua_Integer elements = lua_tointeger(L, lua_upvalueindex(ELEMENTS));
  for (;;) {
    lua_settop(L, 0);
    position++;
    if (position <= elements) {
      lua_pushinteger(L, position);
      lua_rawgeti(L, lua_upvalueindex(TABLE), position);
    } else if (lua_isnil(L, lua_upvalueindex(KEYS)) ||
               lua_rawgeti(L, lua_upvalueindex(KEYS), position - elements) ==
                   LUA_TNIL) {
      lua_pushnil(L);
      return 1;
    } else {
      lua_pushvalue(L, -1);
      lua_rawget(L, lua_upvalueindex(TABLE));
    }
    if (!lua_isnil(L, -1)) break;
  }
  lua_pushinteger(L, position);
  lua_replace(L, lua_upvalueindex(POSITION));
  return 2;
}

// Sorts the keys at stack positions first...last by insertion: they are few
// (numbers outside 1...n, and booleans), and charged.
static void sort_on_stack(lua_State *L, int first, int last) {
  for (int i = first + 1; i <= last; i++) {
    lh_spend(L, lh_of(L), i - first);
    for (int j = i; j > first && before(L, j, j - 1); j--) {
      lua_pushvalue(L, j);
      lua_pushvalue(L, j - 1);
      lua_replace(L, j);
      lua_replace(L, j - 1);
    }
  }
}

int lh_pairs(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lh_resolve(L, 1);
  lh_host *host = lh_of(L);
  lua_Integer elements = (lua_Integer)lua_rawlen(L, 1);
  host->key_count = 0;
  lua_Integer numbers = 0, others = 0, visited = 0;
  int64_t bytes = 0;
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    if (++visited % 1024 == 0) lh_spend(L, host, 256);
    int kind = rank(L, -1);
    if (kind == 1) {
      size_t size;
      const char *text = lua_tolstring(L, -1, &size);
      bytes += (int64_t)size;
      if (!lh_add_key(host, text, size))
        return luaL_error(L, "not enough memory");
    } else if (kind == 2) {
      others++;
    } else if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
               lua_tointeger(L, -1) > elements) {
      numbers++;
    }
  }
  const size_t strings = host->key_count;
  lh_spend(L, host,
           visited % 1024 / 4 + (lua_Integer)strings + bytes / 16);
  lh_sort_keys(host->keys, strings);
  if (numbers > 0) elements = 0;  // then list every number, in order

  lua_pushvalue(L, 1);
  if (strings == 0 && numbers == 0 && others == 0) {
    lua_pushnil(L);
  } else {
    // Numbers and booleans go through the stack to be sorted.
    lua_createtable(L, (int)strings, 0);
    const int keys = 3;
    lua_Integer count = 0;
    if (numbers > 0) {
      lua_pushnil(L);
      while (lua_next(L, 1)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TNUMBER) continue;
        luaL_checkstack(L, 4, "too many numeric keys outside 1...n");
        lua_pushvalue(L, -1);
        lua_insert(L, keys + 1);
      }
      const int last = lua_gettop(L);
      sort_on_stack(L, keys + 1, last);
      count = last - keys;
      for (lua_Integer i = count; i >= 1; i--) lua_rawseti(L, keys, i);
    }
    for (size_t i = 0; i < strings; i++) {
      lua_pushlstring(L, host->keys[i].bytes, host->keys[i].size);
      lua_rawseti(L, keys, ++count);
    }
    for (int flag = 0; others > 0 && flag <= 1; flag++) {
      lua_pushboolean(L, flag);
      lua_pushvalue(L, -1);
      if (lua_rawget(L, 1) == LUA_TNIL) {
        lua_pop(L, 2);
        continue;
      }
      lua_pop(L, 1);
      lua_rawseti(L, keys, ++count);
    }
  }
  lua_pushinteger(L, 0);
  lua_pushinteger(L, elements);
  lua_pushcclosure(L, step, 4);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}
