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

static void put_value(lua_State *L, int index);

static void put_function(lua_State *L, int index) {
  if (lua_iscfunction(L, index)) {
    // The host's own functions are part of the program's version.
    put(L, "C", 1);
    return;
  }
  put(L, "F", 1);
  lua_pushvalue(L, index);
  lua_dump(L, write_code, NULL, 1);
  lua_pop(L, 1);
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
  // Keys in reproducible order, through `next` as scripts see it.
  lua_pushnil(L);
  for (;;) {
    const int key = lua_gettop(L);
    lua_pushcfunction(L, lh_next);
    lua_pushvalue(L, table);
    lua_pushvalue(L, key);
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2)) {
      lua_pop(L, 1);
      break;
    }
    lua_remove(L, key);
    if (!(lua_isinteger(L, key) && lua_tointeger(L, key) >= 1 &&
          lua_tointeger(L, key) <= elements)) {
      put_value(L, key);
      put_value(L, key + 1);
    }
    lua_pop(L, 1);
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
