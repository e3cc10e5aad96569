// What a path of names leads to, for completion at a prompt. Everything is raw
// access: no metamethod and no function runs, so looking changes nothing.
#include <string.h>

#include "internal.h"

// Longest chain of `__index` tables followed; also ends a chain in a circle.
enum { LONGEST_CHAIN = 16 };

// Replaces the value on top by the table that its metatable names as
// `__index`; false, and nothing on top, when there is none.
static bool follow_index(lua_State *L) {
  if (!lua_getmetatable(L, -1)) {
    lua_pop(L, 1);
    return false;
  }
  lua_pushliteral(L, "__index");
  const bool found = lua_rawget(L, -2) == LUA_TTABLE;
  if (found) lua_replace(L, -3);
  lua_pop(L, found ? 1 : 3);
  return found;
}

// Replaces the value and the key on top by the value's field of that name.
static void step_into(lua_State *L) {
  const int value = lua_gettop(L) - 1, key = value + 1;
  lua_pushvalue(L, value);
  for (int i = 0; i < LONGEST_CHAIN; i++) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      lua_pushvalue(L, key);
      if (lua_rawget(L, -2) != LUA_TNIL) {
        lua_replace(L, value);
        lua_settop(L, value);
        return;
      }
      lua_pop(L, 1);
    }
    if (!follow_index(L)) break;
  }
  lua_pushnil(L);
  lua_replace(L, value);
  lua_settop(L, value);
}

static void write_text(lua_State *L, lh_host *host, lh_result *result,
                       const char *bytes, size_t size) {
  lh_write_string(L, host, bytes, size);
  result->count++;
}

// The kind of a tagged table, the name of an object's type, or Lua's own word.
static void write_type(lua_State *L, lh_host *host, lh_result *result) {
  size_t size;
  const char *name = NULL;
  if (lua_getmetatable(L, -1)) {
    if (lua_type(L, -2) == LUA_TTABLE) {
      lua_rawgetp(L, -1, &LH_KEY_KIND);
    } else {
      lua_pushliteral(L, "__name");
      lua_rawget(L, -2);
    }
    if (lua_type(L, -1) == LUA_TSTRING) name = lua_tolstring(L, -1, &size);
    if (name) write_text(L, host, result, name, size);
    lua_pop(L, 2);
  }
  if (!name) {
    name = luaL_typename(L, -1);
    write_text(L, host, result, name, strlen(name));
  }
}

static void write_names(lua_State *L, lh_host *host, lh_result *result) {
  lua_pushvalue(L, -1);
  for (int i = 0; i < LONGEST_CHAIN; i++) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      lua_pushnil(L);
      while (lua_next(L, -2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) continue;
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        if (!lh_add_key(host, text, size)) luaL_error(L, "not enough memory");
      }
    }
    if (!follow_index(L)) break;
  }
  lh_sort_keys(host->keys, host->key_count);
  for (size_t i = 0; i < host->key_count; i++) {
    const lh_key *key = &host->keys[i];
    // A field hides the same name further along the chain.
    if (i > 0 && key->size == key[-1].size &&
        memcmp(key->bytes, key[-1].bytes, key->size) == 0)
      continue;
    write_text(L, host, result, key->bytes, key->size);
  }
}

typedef struct {
  int32_t count;
  lh_result *result;
} outline_data;

static int outline(lua_State *L) {
  lh_host *host = lh_of(L);
  outline_data *data = lua_touserdata(L, 1);
  data->result->count = 0;
  host->root = "names";
  host->root_argument = 0;
  luaL_checkstack(L, 12, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_SESSION);
  const uint8_t *bytes = host->input.bytes;
  for (int32_t i = 0; i < data->count; i++) {
    bytes = lh_push_value(L, host, bytes);
    step_into(L);
    if (lua_isnil(L, -1)) return 0;
  }
  lh_begin_output(L, host);
  write_type(L, host, data->result);
  write_names(L, host, data->result);
  lh_end_output(host);
  data->result->bytes = host->output.bytes;
  return 0;
}

lh_status lh_outline(lh_host *host, int32_t count, lh_result *result) {
  outline_data data = {count, result};
  return lh_protect(host, outline, &data, 1000000);
}

static int define(lua_State *L) {
  lh_host *host = lh_of(L);
  luaL_checkstack(L, 4, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_SESSION);
  lh_push_value(L, host, lh_push_value(L, host, host->input.bytes));
  lua_rawset(L, -3);
  return 0;
}

lh_status lh_define(lh_host *host) {
  return lh_protect(host, define, NULL, 1000000);
}
