// What the host adds before scripts run: functions, object types, and the seal
// that makes everything global read-only.
#include <string.h>

#include "internal.h"

typedef struct {
  const char *name, *full_name;
  int32_t type, index;
  const char *text;  // of a function written in Lua
} add_data;

static void push_host_function(lua_State *L, int32_t index, const char *name) {
  lua_pushinteger(L, index);
  lua_pushstring(L, name);
  lua_pushcclosure(L, lh_call_host, 2);
}

// Pushes the function to add: one that asks the host, or what the host's own
// Lua text returns.
static void push_function(lua_State *L, const add_data *data) {
  if (!data->text) {
    push_host_function(L, data->index, data->full_name);
    return;
  }
  if (lh_load(L, data->text, strlen(data->text), LH_OWN_SOURCE) != LUA_OK)
    lua_error(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_GLOBALS);
  lua_setupvalue(L, -2, 1);
  lua_call(L, 0, 1);
}

static int add_function(lua_State *L) {
  add_data *data = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_GLOBALS);
  const char *name = data->name;
  const char *dot;
  while ((dot = strchr(name, '.'))) {
    lua_pushlstring(L, name, (size_t)(dot - name));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) != LUA_TTABLE) {
      lua_pop(L, 1);
      lua_newtable(L);
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, -5);
    }
    name = dot + 1;
  }
  push_function(L, data);
  lua_setfield(L, -2, name);
  return 0;
}

lh_status lh_add_function(lh_host *host, const char *name, int32_t index) {
  add_data data = {name, name, 0, index, NULL};
  return lh_protect(host, add_function, &data, 1000000);
}

lh_status lh_add_script_function(lh_host *host, const char *name,
                                 const char *text) {
  add_data data = {name, name, 0, 0, text};
  return lh_protect(host, add_function, &data, 1000000);
}

static int object_to_string(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

static int object_new_index(lua_State *L) {
  return luaL_error(L, "a host object is read-only");
}

static int add_object_type(lua_State *L) {
  add_data *data = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_TYPES);
  lua_createtable(L, 0, 6);
  lua_newtable(L);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, object_new_index);
  lua_setfield(L, -2, "__newindex");
  lua_pushstring(L, data->name);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_pushcclosure(L, object_to_string, 1);
  lua_setfield(L, -2, "__tostring");
  lua_pushinteger(L, data->type);
  lua_rawsetp(L, -2, &LH_KEY_TYPE);
  lua_rawseti(L, -2, data->type);
  return 0;
}

lh_status lh_add_object_type(lh_host *host, const char *name, int32_t type) {
  add_data data = {name, name, type, 0, NULL};
  return lh_protect(host, add_object_type, &data, 1000000);
}

static int add_method(lua_State *L) {
  add_data *data = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_TYPES);
  lua_rawgeti(L, -1, data->type);
  lua_getfield(L, -1, "__index");
  push_function(L, data);
  lua_setfield(L, -2, data->name);
  return 0;
}

lh_status lh_add_script_method(lh_host *host, int32_t type, const char *name,
                               const char *full_name, const char *text) {
  add_data data = {name, full_name, type, 0, text};
  return lh_protect(host, add_method, &data, 1000000);
}

lh_status lh_add_method(lh_host *host, int32_t type, const char *name,
                        const char *full_name, int32_t index) {
  add_data data = {name, full_name, type, index, NULL};
  return lh_protect(host, add_method, &data, 1000000);
}

// Freezes tables inside tables first; the library is a tree a few levels deep.
static void seal_table(lua_State *L, const char *name) {
  luaL_checkstack(L, 8, NULL);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      const char *field = lua_tostring(L, -2);
      const char *full = *name ? lua_pushfstring(L, "%s.%s", name, field)
                               : lua_pushstring(L, field);
      lua_insert(L, -2);
      seal_table(L, full);
      lua_remove(L, -2);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, -4);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_createtable(L, 0, 1);
  lua_pushstring(L, name);
  lua_pushcclosure(L, lh_strict_index, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lh_freeze(L, name);
}

static int seal(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_GLOBALS);
  lua_pushvalue(L, -1);
  seal_table(L, "");
  // `_G` inside the environment, and the environment of every chunk.
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "_G");
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  // The session's own globals, falling back to the environment.
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &LH_KEY_SESSION);
  return 0;
}

lh_status lh_seal(lh_host *host) {
  lh_status status = lh_protect(host, seal, NULL, 1000000);
  if (status == LH_OK) host->sealed = true;
  return status;
}
