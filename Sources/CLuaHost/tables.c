// The table library: raw, bounded, charged per element, refusing to write to
// read-only tables. The stock functions run loops as long as a script likes
// with no hook, and the stock sort picks pivots by the clock.
#include <string.h>

#include "internal.h"

static lua_Integer length(lua_State *L, int index) {
  return (lua_Integer)lua_rawlen(L, index);
}

static int insert(lua_State *L) {
  lh_check_writable(L, 1);
  lua_Integer next = length(L, 1) + 1, position = next;
  switch (lua_gettop(L)) {
    case 2: break;
    case 3:
      position = luaL_checkinteger(L, 2);
      luaL_argcheck(L, position >= 1 && position <= next, 2,
                    "position out of bounds");
      lh_spend(L, lh_of(L), next - position);
      for (lua_Integer i = next; i > position; i--) {
        lua_rawgeti(L, 1, i - 1);
        lua_rawseti(L, 1, i);
      }
      break;
    default: return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(L, 1, position);
  return 0;
}

static int removal(lua_State *L) {
  lh_check_writable(L, 1);
  lua_Integer size = length(L, 1);
  lua_Integer position = luaL_optinteger(L, 2, size);
  if (lua_gettop(L) > 1)
    luaL_argcheck(L, position >= 1 && position <= size + 1, 2,
                  "position out of bounds");
  lua_rawgeti(L, 1, position);
  if (size == 0) return 1;
  lh_spend(L, lh_of(L), size - position);
  for (; position < size; position++) {
    lua_rawgeti(L, 1, position + 1);
    lua_rawseti(L, 1, position);
  }
  if (position <= size) {
    lua_pushnil(L);
    lua_rawseti(L, 1, position);
  }
  return 1;
}

static int concat(lua_State *L) {
  lh_host *host = lh_of(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lh_resolve(L, 1);
  size_t separator_size, total = 0;
  const char *separator = luaL_optlstring(L, 2, "", &separator_size);
  lua_Integer i = luaL_optinteger(L, 3, 1);
  lua_Integer last = luaL_optinteger(L, 4, length(L, 1));
  luaL_argcheck(L, i > last || (i >= 1 && last <= length(L, 1)), 3,
                "range out of bounds");
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (; i <= last; i++) {
    int type = lua_rawgeti(L, 1, i);
    if (type != LUA_TSTRING && type != LUA_TNUMBER)
      return luaL_error(L, "table.concat: element %I is a %s, not a string",
                        (LUAI_UACINT)i, luaL_typename(L, -1));
    size_t size;
    lua_tolstring(L, -1, &size);
    total += size + separator_size;
    if (total > host->limits.string)
      return luaL_error(L, "table.concat: the result is longer than %I bytes",
                        (LUAI_UACINT)host->limits.string);
    luaL_addvalue(&buffer);
    if (i < last) luaL_addlstring(&buffer, separator, separator_size);
    lh_spend(L, host, 1 + (int64_t)(size + separator_size) / 16);
  }
  luaL_pushresult(&buffer);
  return 1;
}

static int pack(lua_State *L) {
  int count = lua_gettop(L);
  lh_spend(L, lh_of(L), count);
  lua_createtable(L, count, 1);
  lua_insert(L, 1);
  for (int i = count; i >= 1; i--) lua_rawseti(L, 1, i);
  lua_pushinteger(L, count);
  lua_setfield(L, 1, "n");
  return 1;
}

static int unpack(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lh_resolve(L, 1);
  lua_Integer first = luaL_optinteger(L, 2, 1);
  lua_Integer last = luaL_optinteger(L, 3, length(L, 1));
  if (first > last) return 0;
  const lua_Unsigned count = (lua_Unsigned)last - (lua_Unsigned)first + 1;
  if (count > 10000 || count == 0 || !lua_checkstack(L, (int)count))
    return luaL_error(L, "table.unpack: more than 10000 results");
  lh_spend(L, lh_of(L), (int64_t)count);
  for (lua_Integer i = 0; i < (lua_Integer)count; i++)
    lua_rawgeti(L, 1, first + i);
  return (int)count;
}

static int move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2);
  lua_Integer last = luaL_checkinteger(L, 3);
  lua_Integer target = luaL_checkinteger(L, 4);
  const int to = lua_isnoneornil(L, 5) ? 1 : 5;
  luaL_checktype(L, 1, LUA_TTABLE);
  lh_check_writable(L, to);
  lua_settop(L, 5);
  lh_resolve(L, 1);
  if (first <= last) {
    luaL_argcheck(L, first >= 1 && last <= length(L, 1), 2,
                  "range out of bounds");
    const lua_Integer count = last - first + 1;
    luaL_argcheck(L, target >= 1 && target <= length(L, to) + 1, 4,
                  "target out of bounds");
    lh_spend(L, lh_of(L), count);
    const bool upward = target > last || target <= first ||
                        !lua_rawequal(L, 1, to);
    for (lua_Integer n = 0; n < count; n++) {
      lua_Integer i = upward ? n : count - 1 - n;
      lua_rawgeti(L, 1, first + i);
      lua_rawseti(L, to, target + i);
    }
  }
  lua_pushvalue(L, to);
  return 1;
}

// Whether the value at `a` sorts before the value at `b`; the function, or
// nil, is argument 2.
static bool before(lua_State *L, int a, int b) {
  if (lua_isnil(L, 2)) {
    // Lua compares strings without charging: a list of long ones would keep
    // this sort from ever looking at the budget.
    return lua_type(L, a) == LUA_TSTRING && lua_type(L, b) == LUA_TSTRING
               ? lh_string_before(L, a, b)
               : lua_compare(L, a, b, LUA_OPLT);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  bool result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

// Merges runs of `width` from table `from` into table `to`.
static void merge_pass(lua_State *L, int from, int to, lua_Integer size,
                       lua_Integer width) {
  for (lua_Integer start = 0; start < size; start += 2 * width) {
    lua_Integer left = start, right = start + width;
    lua_Integer middle = right < size ? right : size;
    lua_Integer end = right + width < size ? right + width : size;
    right = middle;
    for (lua_Integer out = start; out < end; out++) {
      bool take_right = left >= middle;
      if (!take_right && right < end) {
        lua_rawgeti(L, from, left + 1);
        lua_rawgeti(L, from, right + 1);
        const int top = lua_gettop(L);
        take_right = before(L, top, top - 1);
        lua_pop(L, 2);
      }
      lua_rawgeti(L, from, take_right ? ++right : ++left);
      lua_rawseti(L, to, out + 1);
    }
  }
}

// Stable merge sort: the result does not depend on anything but the arguments.
static int sort(lua_State *L) {
  lh_check_writable(L, 1);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  const lua_Integer size = length(L, 1);
  int levels = 1;
  for (lua_Integer width = 1; width < size; width *= 2) levels++;
  lh_spend(L, lh_of(L), size * levels);
  // Sort a copy: the comparison function may look at the table meanwhile.
  lua_createtable(L, (int)size, 0);
  lua_createtable(L, (int)size, 0);
  for (lua_Integer i = 1; i <= size; i++) {
    lua_rawgeti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  int from = 3, to = 4;
  for (lua_Integer width = 1; width < size; width *= 2) {
    merge_pass(L, from, to, size, width);
    int swap = from;
    from = to;
    to = swap;
  }
  for (lua_Integer i = 1; i <= size; i++) {
    lua_rawgeti(L, from, i);
    lua_rawseti(L, 1, i);
  }
  return 0;
}

void lh_open_tables(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"concat", concat}, {"insert", insert}, {"move", move},
      {"pack", pack},     {"remove", removal}, {"sort", sort},
      {"unpack", unpack}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
