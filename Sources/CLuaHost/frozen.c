// Read-only tables: a view is an empty table whose protected metatable leads
// to the real one. Scripts have no rawset, no getmetatable and no way to make
// light userdata, so the real table cannot be reached for writing.
#include "internal.h"

const char LH_KEY_REAL, LH_KEY_KIND, LH_KEY_FILE, LH_KEY_LINE, LH_KEY_NAME,
    LH_KEY_TYPE;
const char LH_KEY_FUNCTIONS, LH_KEY_MODULES, LH_KEY_GLOBALS, LH_KEY_SESSION,
    LH_KEY_TYPES;

static int view_new_index(lua_State *L) {
  lua_getmetatable(L, 1);
  lua_rawgetp(L, -1, &LH_KEY_NAME);
  const char *name = lua_tostring(L, -1);
  const char *key = lua_type(L, 2) == LUA_TSTRING
                        ? lua_tostring(L, 2)
                        : lh_to_text(L, 2, NULL);
  if (!name || !*name)
    return luaL_error(L, "cannot assign to the global '%s': declare it with "
                      "'local'", key);
  return luaL_error(L, "cannot assign to '%s': %s is read-only", key, name);
}

static int view_length(lua_State *L) {
  if (!lh_push_real(L, 1)) return luaL_error(L, "not a table");
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
  return 1;
}

void lh_freeze(lua_State *L, const char *name) {
  luaL_checkstack(L, 6, NULL);
  lua_newtable(L);
  lua_createtable(L, 0, 8);
  lua_pushvalue(L, -3);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__index");
  lua_rawsetp(L, -2, &LH_KEY_REAL);
  lua_pushcfunction(L, view_new_index);
  lua_setfield(L, -2, "__newindex");
  lua_pushcfunction(L, view_length);
  lua_setfield(L, -2, "__len");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pushstring(L, name);
  lua_rawsetp(L, -2, &LH_KEY_NAME);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

bool lh_push_real(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
    return false;
  if (lua_rawgetp(L, -1, &LH_KEY_REAL) != LUA_TTABLE) {
    lua_pop(L, 2);
    return false;
  }
  lua_remove(L, -2);
  return true;
}

void lh_resolve(lua_State *L, int index) {
  if (lh_push_real(L, index)) lua_replace(L, index);
}

void lh_check_writable(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  if (lh_push_real(L, index)) {
    lua_getmetatable(L, index);
    lua_rawgetp(L, -1, &LH_KEY_NAME);
    luaL_error(L, "cannot change the table: %s is read-only",
               lua_tostring(L, -1));
  }
}
