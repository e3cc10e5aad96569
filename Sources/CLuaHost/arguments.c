// Values from the host: pushes what a stream of values holds (the other direction
// is values.c). It comes from our own encoder and is not checked.
#include <string.h>

#include "internal.h"

static uint32_t take_u32(const uint8_t **bytes) {
  uint32_t value;
  memcpy(&value, *bytes, 4);
  *bytes += 4;
  return value;
}

// `bytes` is at the tag of an LH_STRING.
const uint8_t *lh_push_string(lua_State *L, const uint8_t *bytes) {
  bytes++;
  uint32_t size = take_u32(&bytes);
  lua_pushlstring(L, (const char *)bytes, size);
  return bytes + size;
}

// `bytes` is at the tag of an LH_NAME. The string was made once and is found by
// its address: making a string means hashing and comparing it.
static const uint8_t *push_name(lua_State *L, lh_host *host,
                                const uint8_t *bytes) {
  const char *address;
  memcpy(&address, bytes + 1, 8);
  const size_t place = ((uintptr_t)address >> 3 ^ (uintptr_t)address >> 11) %
                       LH_NAMES;
  if (host->names[place].address == address) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, host->names[place].reference);
    return bytes + 13;
  }
  uint32_t size;
  memcpy(&size, bytes + 9, 4);
  lua_pushlstring(L, address, size);
  if (!host->names[place].address) {  // whoever comes first keeps the place
    lua_pushvalue(L, -1);
    host->names[place].reference = luaL_ref(L, LUA_REGISTRYINDEX);
    host->names[place].address = address;
  }
  return bytes + 13;
}

static const uint8_t *push(lua_State *L, lh_host *host, const uint8_t *bytes,
                           bool frozen);

static const uint8_t *push_contents(lua_State *L, lh_host *host,
                                    const uint8_t *bytes, bool frozen) {
  uint32_t elements = take_u32(&bytes);
  uint32_t fields = take_u32(&bytes);
  luaL_checkstack(L, 8, "value nested too deeply");
  lua_createtable(L, (int)elements, (int)fields);
  for (uint32_t i = 1; i <= elements; i++) {
    bytes = push(L, host, bytes, frozen);
    lua_rawseti(L, -2, i);
  }
  for (uint32_t i = 0; i < fields; i++) {
    bytes = *bytes == LH_NAME ? push_name(L, host, bytes)
                              : lh_push_string(L, bytes);
    bytes = push(L, host, bytes, frozen);
    lua_rawset(L, -3);
  }
  return bytes;
}

static const uint8_t *push_tagged(lua_State *L, lh_host *host,
                                  const uint8_t *bytes) {
  luaL_checkstack(L, 8, "value nested too deeply");
  bytes = lh_push_string(L, bytes);
  bytes = lh_push_string(L, bytes);
  uint32_t line = take_u32(&bytes);
  bytes = push_contents(L, host, bytes, true);
  lh_freeze(L, lua_tostring(L, -3));
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -4);
  lua_rawsetp(L, -2, &LH_KEY_KIND);
  lua_pushvalue(L, -3);
  lua_rawsetp(L, -2, &LH_KEY_FILE);
  lua_pushinteger(L, line);
  lua_rawsetp(L, -2, &LH_KEY_LINE);
  lua_pop(L, 1);
  lua_replace(L, -3);
  lua_pop(L, 1);
  return bytes;
}

static const uint8_t *push_object(lua_State *L, const uint8_t *bytes) {
  lua_Integer type = take_u32(&bytes);
  int64_t *identity = lua_newuserdatauv(L, 16, 0);
  memcpy(identity, bytes, 16);
  luaL_checkstack(L, 3, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_TYPES);
  lua_rawgeti(L, -1, type);
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
  return bytes + 16;
}

static const uint8_t *push(lua_State *L, lh_host *host, const uint8_t *bytes,
                           bool frozen) {
  switch (*bytes) {
    case LH_FALSE:
    case LH_TRUE:
      lua_pushboolean(L, *bytes == LH_TRUE);
      return bytes + 1;
    case LH_INTEGER: {
      lua_Integer value;
      memcpy(&value, bytes + 1, 8);
      lua_pushinteger(L, value);
      return bytes + 9;
    }
    case LH_NUMBER: {
      lua_Number value;
      memcpy(&value, bytes + 1, 8);
      lua_pushnumber(L, value);
      return bytes + 9;
    }
    case LH_STRING: return lh_push_string(L, bytes);
    case LH_TABLE:
      bytes = push_contents(L, host, bytes + 1, frozen);
      if (frozen) lh_freeze(L, "a read-only table");
      return bytes;
    case LH_TAGGED: return push_tagged(L, host, bytes + 1);
    case LH_FUNCTION: {
      int64_t reference;
      memcpy(&reference, bytes + 1, 8);
      lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
      lua_rawgeti(L, -1, reference);
      lua_remove(L, -2);
      return bytes + 9;
    }
    case LH_OBJECT: return push_object(L, bytes + 1);
    default: lua_pushnil(L); return bytes + 1;
  }
}

const uint8_t *lh_push_value(lua_State *L, lh_host *host,
                             const uint8_t *bytes) {
  return push(L, host, bytes, false);
}

const uint8_t *lh_push_frozen(lua_State *L, lh_host *host,
                              const uint8_t *bytes) {
  return push(L, host, bytes, true);
}
