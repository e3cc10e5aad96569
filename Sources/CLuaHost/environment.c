// What scripts can name. The standard libraries are opened into a table that is
// thrown away, and only listed functions are taken from it.
#include <stdarg.h>
#include <string.h>

#include "internal.h"

// ---- Host functions

// Asks the host, with what lh_write_value put into the output buffer.
static int32_t request(lua_State *L, lh_host *host, int32_t function,
                       int32_t count) {
  lua_Debug frame;
  const char *source = NULL;
  int32_t line = 0;
  for (int level = 1; level < 8 && lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (lh_is_script(&frame)) {
      source = frame.source;
      line = frame.currentline;
      break;
    }
  }
  return host->request(host->context, function, count, host->output.bytes,
                       host->output.size, source, line);
}

void lh_ask(lua_State *L, lh_host *host, int32_t function, int32_t count) {
  int32_t status = request(L, host, function, count);
  if (host->killed != LH_OK) lh_raise_killed(L, host);
  if (status != 0) {
    luaL_checkstack(L, 2, NULL);
    lh_push_string(L, host->input.bytes);
    lua_error(L);
  }
}

int lh_call_host(lua_State *L) {
  lh_host *host = lh_of(L);
  if (host->killed != LH_OK) return lh_raise_killed(L, host);
  const int32_t index = (int32_t)lua_tointeger(L, lua_upvalueindex(1));
  const int count = lua_gettop(L);
  if (count > 250) return luaL_error(L, "too many arguments");
  lh_begin_output(L, host);
  const char *name = lua_tostring(L, lua_upvalueindex(2));
  for (int i = 1; i <= count; i++) lh_write_value(L, host, i, name, i);
  lh_end_output(host);
  lh_spend(L, host, 20 + (int64_t)host->output.size);
  lh_ask(L, host, index, count);
  lua_settop(L, 0);
  lh_push_value(L, host, host->input.bytes);
  return 1;
}

// __index of the environment and of library tables: the name does not exist.
int lh_strict_index(lua_State *L) {
  lh_host *host = lh_of(L);
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushnil(L);
    return 1;
  }
  size_t size, key_size;
  const char *table = lua_tolstring(L, lua_upvalueindex(1), &size);
  const char *key = lua_tolstring(L, 2, &key_size);
  lh_spend(L, host, 100 + (int64_t)key_size / 8);
  lh_begin_output(L, host);
  lh_write_string(L, host, table, size);
  lh_write_string(L, host, key, key_size);
  int32_t count = 2;
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    const char *known = lua_tolstring(L, -1, &size);
    lh_write_string(L, host, known, size);
    count++;
  }
  lh_ask(L, host, LH_REQUEST_UNKNOWN_NAME, count);
  return 0;
}

// ---- Text

const char *lh_to_text(lua_State *L, int index, size_t *size) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, NULL);
  switch (lua_type(L, index)) {
    case LUA_TTABLE:
    case LUA_TUSERDATA:
      if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pushvalue(L, index);
        lua_call(L, 1, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
          luaL_error(L, "'__tostring' must return a string");
      } else {
        lua_pushstring(L, luaL_typename(L, index));
      }
      return lua_tolstring(L, -1, size);
    case LUA_TFUNCTION:
    case LUA_TTHREAD:
    case LUA_TLIGHTUSERDATA:
      lua_pushstring(L, luaL_typename(L, index));
      return lua_tolstring(L, -1, size);
    default: return luaL_tolstring(L, index, size);
  }
}

static int to_string(lua_State *L) {
  luaL_checkany(L, 1);
  lh_to_text(L, 1, NULL);
  return 1;
}

static int print(lua_State *L) {
  lh_host *host = lh_of(L);
  const int count = lua_gettop(L);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&buffer, '\t');
    lh_to_text(L, i, NULL);
    luaL_addvalue(&buffer);
  }
  luaL_pushresult(&buffer);
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  lh_spend(L, host, 20 + (int64_t)size / 16);
  lh_begin_output(L, host);
  lh_write_string(L, host, text, size);
  lh_ask(L, host, LH_REQUEST_PRINT, 1);
  return 0;
}

// ---- Errors

// pcall that cannot catch the end of a call.
static int protected_call(lua_State *L) {
  lh_host *host = lh_of(L);
  luaL_checkany(L, 1);
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  if (status == LUA_ERRMEM || (status != LUA_OK && host->out_of_memory))
    lh_kill(L, host, lh_memory_reason(host));
  if (host->killed != LH_OK) return lh_raise_killed(L, host);
  if (status == LUA_OK) {
    luaL_checkstack(L, 1, "too many results");
    lua_pushboolean(L, true);
    lua_insert(L, 1);
    return lua_gettop(L);
  }
  host->recorded = false;
  lua_pushboolean(L, false);
  lua_insert(L, -2);
  return 2;
}

// ---- Metatables

static const char *const allowed_metamethods[] = {
    "__index", "__newindex", "__call", "__tostring", "__eq",   "__lt",
    "__le",    "__add",      "__sub",  "__mul",      "__div",  "__mod",
    "__pow",   "__unm",      "__idiv", "__concat",   "__len",  NULL};

// Gives the table a private copy of the listed metamethods. A copy, because Lua
// reads __gc, __close and __mode from the live metatable: a script could add
// them after this check.
static int set_metatable(lua_State *L) {
  int type = lua_type(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
                   "nil or table");
  lua_settop(L, 2);
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
    return luaL_error(L, "cannot change a protected metatable");
  if (type == LUA_TNIL) {
    lua_setmetatable(L, 1);
    return 1;
  }
  lh_resolve(L, 2);
  lua_createtable(L, 0, 4);  // 3
  lua_pushnil(L);
  while (lua_next(L, 2)) {
    lh_spend(L, lh_of(L), 1);
    const char *key =
        lua_type(L, 4) == LUA_TSTRING ? lua_tostring(L, 4) : "";
    if (key[0] == '_' && key[1] == '_') {
      int i = 0;
      while (allowed_metamethods[i] && strcmp(key, allowed_metamethods[i])) i++;
      if (!allowed_metamethods[i])
        return luaL_error(L, "the metamethod '%s' is not available", key);
      lua_pushvalue(L, 4);
      lua_insert(L, 5);
      lua_rawset(L, 3);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_setmetatable(L, 1);
  lua_settop(L, 1);
  return 1;
}

// ---- Modules

static int require(lua_State *L) {
  lh_host *host = lh_of(L);
  size_t size;
  if (lua_type(L, 1) != LUA_TSTRING)
    return luaL_error(L, "require: expected a module name such as "
                      "'constitutions.harmless', got %s", luaL_typename(L, 1));
  lua_settop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_MODULES);  // 2
  lua_pushvalue(L, 1);
  if (lua_rawget(L, 2) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  const char *name = lua_tolstring(L, 1, &size);
  lh_spend(L, host, 1000 + (int64_t)size);
  lh_begin_output(L, host);
  lh_write_string(L, host, name, size);
  lh_ask(L, host, LH_REQUEST_MODULE, 1);
  // The answer: "@path", then the text. Compiling runs nothing, so the input
  // buffer stays as it is until the chunk exists.
  const uint8_t *text = lh_push_string(L, host->input.bytes);  // 3
  uint32_t text_size;
  memcpy(&text_size, text + 1, 4);
  lua_pushcfunction(L, lh_on_error);  // 4
  int status = lh_load(L, (const char *)text + 5, text_size,
                       lua_tostring(L, 3));
  if (status == LUA_OK) status = lua_pcall(L, 0, 1, 4);
  lh_begin_output(L, host);
  int32_t answer = host->request(host->context, LH_REQUEST_MODULE_DONE, 0,
                                 host->output.bytes, 0, NULL, 0);
  (void)answer;
  if (status == LUA_ERRMEM) lh_kill(L, host, lh_memory_reason(host));
  if (host->killed != LH_OK) return lh_raise_killed(L, host);
  // The handler has noted where the error happened; the outer one keeps that.
  if (status != LUA_OK) return lua_error(L);
  if (lua_isnil(L, -1))
    return luaL_error(L, "require: %s returned nothing: end it with 'return'",
                      lua_tostring(L, 3) + 1);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, 2);
  return 1;
}

// ---- The environment

static const char *const base_names[] = {"assert", "error", "ipairs", "select",
                                         "tonumber", "type", NULL};
static const char *const math_names[] = {
    "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor",
    "fmod", "huge", "log", "max", "maxinteger", "min", "mininteger", "modf",
    "pi", "rad", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL};
static const char *const utf8_names[] = {"char", "charpattern", "codepoint",
                                         "codes", "len", "offset", NULL};

// Copies the named fields of the table on top into the one below it.
static void take(lua_State *L, const char *const *names) {
  for (; *names; names++) {
    lua_getfield(L, -1, *names);
    lua_setfield(L, -3, *names);
  }
}

// Makes the named functions of the table on top charge for their argument.
static void charge_fields(lua_State *L, ...) {
  va_list names;
  va_start(names, L);
  const char *name;
  while ((name = va_arg(names, const char *))) {
    lua_getfield(L, -1, name);
    lh_charge_function(L);
    lua_setfield(L, -2, name);
  }
  va_end(names);
}

void lh_open_environment(lua_State *L, lh_host *host) {
  (void)host;
  luaL_checkstack(L, 12, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_GLOBALS);

  luaL_requiref(L, "_G", luaopen_base, 0);
  take(L, base_names);
  lua_pop(L, 1);
  charge_fields(L, "tonumber", NULL);
  static const luaL_Reg own[] = {
      {"next", lh_next},           {"pairs", lh_pairs},
      {"pcall", protected_call},   {"print", print},
      {"require", require},        {"setmetatable", set_metatable},
      {"tostring", to_string},     {NULL, NULL}};
  luaL_setfuncs(L, own, 0);

  lua_newtable(L);
  luaL_requiref(L, "math", luaopen_math, 0);
  take(L, math_names);
  lua_pop(L, 1);
  lua_setfield(L, -2, "math");

  lua_newtable(L);
  luaL_requiref(L, "utf8", luaopen_utf8, 0);
  take(L, utf8_names);
  lua_pop(L, 1);
  charge_fields(L, "codepoint", "len", "offset", NULL);
  lua_setfield(L, -2, "utf8");

  lua_newtable(L);
  lh_open_tables(L);
  lua_setfield(L, -2, "table");

  lua_newtable(L);
  luaL_requiref(L, "string", luaopen_string, 0);
  lua_insert(L, -2);
  lh_open_strings(L);  // stock library below, ours on top
  // Method calls on strings go to our table, never to the stock one.
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
  lua_setfield(L, -3, "string");
  lua_pop(L, 1);

  lua_newtable(L);
  lua_setfield(L, -2, "solon");

  // Nothing of the stock libraries stays reachable by name.
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_newtable(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pop(L, 1);
}
