// The string library: stock functions where they are harmless, ours where a
// result must be bounded, time must be charged, or an address would show.
// Binary packing is left out: it can pad a string to any size.
#include <string.h>

#include "internal.h"

static const char *const stock_names[] = {"char", "len", "sub", NULL};

static int repeat(lua_State *L) {
  lh_host *host = lh_of(L);
  size_t size, separator_size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer count = luaL_checkinteger(L, 2);
  const char *separator = luaL_optlstring(L, 3, "", &separator_size);
  if (count <= 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  const size_t piece = size + separator_size;
  if (piece > 0 && (lua_Unsigned)count > host->limits.string / piece)
    return luaL_error(L, "string.rep: the result is longer than %I bytes",
                      (LUAI_UACINT)host->limits.string);
  const size_t total = piece * (size_t)count - separator_size;
  lh_spend(L, host, (int64_t)total / 16);
  if (piece == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, total);
  memcpy(out, text, size);
  if (count > 1) memcpy(out + size, separator, separator_size);
  for (size_t done = piece; done < total; done *= 2)
    memcpy(out + done, out, done < total - done ? done : total - done);
  luaL_pushresultsize(&buffer, total);
  return 1;
}

// A stock function (upvalue 1) that reads its first argument at most once.
static int charged(lua_State *L) {
  lh_spend(L, lh_of(L),
           lua_type(L, 1) == LUA_TSTRING ? (int64_t)lua_rawlen(L, 1) / 16 : 0);
  const int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, LUA_MULTRET);
  return lua_gettop(L);
}

void lh_charge_function(lua_State *L) { lua_pushcclosure(L, charged, 1); }

// string.format without %p, and with values in words instead of addresses.
static int format(lua_State *L) {
  lh_host *host = lh_of(L);
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  const int count = lua_gettop(L);
  int argument = 1;
  size_t bytes = 0;
  lh_spend(L, host, (int64_t)size / 16);
  luaL_checkstack(L, 8, NULL);
  for (size_t i = 0; i + 1 < size; i++) {
    if (text[i] != '%') continue;
    if (text[++i] == '%') continue;
    while (i < size && strchr("-+ #0123456789.", text[i]) && text[i]) i++;
    if (i >= size) break;
    if (text[i] == 'p')
      return luaL_error(L, "string.format: '%%p' is not available");
    if (++argument > count) continue;
    int type = lua_type(L, argument);
    if (text[i] == 's' && type != LUA_TSTRING && type != LUA_TNUMBER) {
      lh_to_text(L, argument, NULL);
      lua_replace(L, argument);
      type = LUA_TSTRING;
    }
    if (type == LUA_TSTRING) bytes += lua_rawlen(L, argument);
  }
  lh_spend(L, host, (int64_t)bytes / 16);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

// Below the top: the stock library; on top: the table to fill.
void lh_open_strings(lua_State *L) {
  for (const char *const *name = stock_names; *name; name++) {
    lua_getfield(L, -2, *name);
    lua_setfield(L, -2, *name);
  }
  static const char *const linear[] = {"byte", "lower", "upper", "reverse",
                                       NULL};
  for (const char *const *name = linear; *name; name++) {
    lua_getfield(L, -2, *name);
    lh_charge_function(L);
    lua_setfield(L, -2, *name);
  }
  lua_getfield(L, -2, "format");
  lua_pushcclosure(L, format, 1);
  lua_setfield(L, -2, "format");
  lua_pushcfunction(L, repeat);
  lua_setfield(L, -2, "rep");
  lh_open_patterns(L);
}
