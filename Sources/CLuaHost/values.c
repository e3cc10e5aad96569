// Lua values to the byte stream; back from it is arguments.c. Everything here
// runs inside an lh_call or lh_run, that is, below a lua_pcall.
//
// Reading from Lua is raw: no metamethod runs, a table with a metatable is
// refused unless it is one of our read-only views. Fields come out sorted by
// their bytes, so the stream of equal tables is equal.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

// ---- Errors with a path

static void add_path(luaL_Buffer *buffer, lh_host *host, int depth) {
  luaL_addstring(buffer, host->root);
  if (host->root_argument > 0) {
    char text[32];
    snprintf(text, sizeof text, ": argument %d", host->root_argument);
    luaL_addstring(buffer, text);
  }
  for (int i = 0; i < depth; i++) {
    const lh_step *step = &host->path[i];
    if (step->bytes) {
      luaL_addchar(buffer, '.');
      luaL_addlstring(buffer, step->bytes, step->size > 60 ? 60 : step->size);
    } else {
      char text[32];
      snprintf(text, sizeof text, "[" LUA_INTEGER_FMT "]", step->index);
      luaL_addstring(buffer, text);
    }
  }
}

// Raises "root.path[3]: message". Charges for the work done so far, which a
// script could otherwise have repeated at no cost.
static void fail(lua_State *L, lh_host *host, int depth, const char *format,
                 ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  lh_spend(L, host, (host->limits.nodes - host->nodes) / 4 +
                        (int64_t)host->output.size / 32);
  luaL_Buffer buffer;
  luaL_checkstack(L, 8, NULL);
  luaL_buffinit(L, &buffer);
  add_path(&buffer, host, depth);
  luaL_addstring(&buffer, ": ");
  luaL_addstring(&buffer, text);
  luaL_pushresult(&buffer);
  luaL_where(L, 1);
  lua_insert(L, -2);
  lua_concat(L, 2);
  lua_error(L);
}

// ---- Writing bytes

static uint8_t *room(lua_State *L, lh_host *host, int depth, size_t size) {
  size_t needed = host->output.size + size;
  if (needed > host->limits.memory || !lh_reserve(&host->output, needed))
    fail(L, host, depth, "the value is too large to hand to the host");
  uint8_t *bytes = host->output.bytes + host->output.size;
  host->output.size = needed;
  return bytes;
}

static void put_tag(lua_State *L, lh_host *host, int depth, uint8_t tag) {
  *room(L, host, depth, 1) = tag;
}

static void put_u32(lua_State *L, lh_host *host, int depth, uint32_t value) {
  memcpy(room(L, host, depth, 4), &value, 4);
}

static void put_64(lua_State *L, lh_host *host, int depth, uint8_t tag,
                   const void *value) {
  uint8_t *bytes = room(L, host, depth, 9);
  *bytes = tag;
  memcpy(bytes + 1, value, 8);
}

static void put_string(lua_State *L, lh_host *host, int depth,
                       const char *text, size_t size) {
  if (size > UINT32_MAX) fail(L, host, depth, "the string is too long");
  uint8_t *bytes = room(L, host, depth, 5 + size);
  uint32_t count = (uint32_t)size;
  *bytes = LH_STRING;
  memcpy(bytes + 1, &count, 4);
  memcpy(bytes + 5, text, size);
}

void lh_write_string(lua_State *L, lh_host *host, const char *bytes,
                     size_t size) {
  put_string(L, host, 0, bytes, size);
}

// Offset of the first byte that is not UTF-8 (RFC 3629), or `size`.
static size_t invalid_utf8(const uint8_t *s, size_t size) {
  size_t i = 0;
  while (i < size) {
    uint64_t chunk;
    while (i + 8 <= size &&
           (memcpy(&chunk, s + i, 8), !(chunk & 0x8080808080808080u)))
      i += 8;
    if (i == size) break;
    uint8_t c = s[i];
    if (c < 0x80) {
      i++;
      continue;
    }
    size_t extra;
    uint8_t low = 0x80, high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
      extra = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
      extra = 2;
      if (c == 0xE0) low = 0xA0;
      if (c == 0xED) high = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
      extra = 3;
      if (c == 0xF0) low = 0x90;
      if (c == 0xF4) high = 0x8F;
    } else {
      return i;
    }
    if (size - i <= extra) return i;
    for (size_t k = 1; k <= extra; k++) {
      if (s[i + k] < low || s[i + k] > high) return i;
      low = 0x80;
      high = 0xBF;
    }
    i += extra + 1;
  }
  return size;
}

static void put_checked_string(lua_State *L, lh_host *host, int depth,
                               const char *text, size_t size) {
  size_t bad = invalid_utf8((const uint8_t *)text, size);
  if (bad < size)
    fail(L, host, depth, "invalid UTF-8 at byte %zu (0x%02X)", bad + 1,
         (unsigned)(uint8_t)text[bad]);
  put_string(L, host, depth, text, size);
}

// ---- Lua to bytes

static void put_value(lua_State *L, lh_host *host, int index, int depth);

static void put_function(lua_State *L, lh_host *host, int index, int depth) {
  int64_t reference = host->next_reference;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, reference);
  host->next_reference++;
  lua_pop(L, 1);
  put_64(L, host, depth, LH_FUNCTION, &reference);
  lua_Debug info;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &info);
  bool scripted =
      *info.what != 'C' && strcmp(info.source, LH_OWN_SOURCE) != 0;
  const char *source = scripted ? info.source : "";
  put_string(L, host, depth, source, strlen(source));
  put_u32(L, host, depth, scripted ? (uint32_t)info.linedefined : 0);
}

static void put_object(lua_State *L, lh_host *host, int index, int depth) {
  if (lua_getmetatable(L, index)) {
    int type = lua_rawgetp(L, -1, &LH_KEY_TYPE);
    uint32_t number = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 2);
    if (type == LUA_TNUMBER) {
      const int64_t *identity = lua_touserdata(L, index);
      put_tag(L, host, depth, LH_OBJECT);
      put_u32(L, host, depth, number);
      memcpy(room(L, host, depth, 16), identity, 16);
      return;
    }
  }
  fail(L, host, depth, "a userdata cannot be handed to the host");
}

// Writes kind, file and line of the view at `index`, if it is a tagged one.
static bool put_kind(lua_State *L, lh_host *host, int index, int depth) {
  if (!lua_getmetatable(L, index)) return false;
  bool tagged = lua_rawgetp(L, -1, &LH_KEY_KIND) == LUA_TSTRING;
  if (tagged) {
    size_t size;
    const char *kind = lua_tolstring(L, -1, &size);
    put_tag(L, host, depth, LH_TAGGED);
    put_string(L, host, depth, kind, size);
    lua_rawgetp(L, -2, &LH_KEY_FILE);
    const char *file = lua_tolstring(L, -1, &size);
    put_string(L, host, depth, file ? file : "", file ? size : 0);
    lua_rawgetp(L, -3, &LH_KEY_LINE);
    put_u32(L, host, depth, (uint32_t)lua_tointeger(L, -1));
    lua_pop(L, 2);
  }
  lua_pop(L, 2);
  return tagged;
}

// Counts the elements 1...n of the raw table at `index` and adds its string
// keys to the host's key list.
static lua_Integer survey(lua_State *L, lh_host *host, int index, int depth) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, index);
  lua_Integer elements = 0, beyond = 0, visited = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (++visited % 1024 == 0) lh_spend(L, host, 256);
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING) {
      size_t size;
      const char *text = lua_tolstring(L, -1, &size);
      if (!lh_add_key(host, text, size))
        fail(L, host, depth, "the value is too large to hand to the host");
    } else if (lua_isinteger(L, -1)) {
      lua_Integer key = lua_tointeger(L, -1);
      if (key >= 1 && key <= length) {
        elements++;
      } else if (key < 1) {
        fail(L, host, depth,
             "key " LUA_INTEGER_FMT " is not allowed: lists start at 1", key);
      } else {
        beyond = key;
      }
    } else {
      fail(L, host, depth,
           "a %s as a key is not allowed: use strings, or 1...n",
           luaL_typename(L, -1));
    }
  }
  if (beyond || elements != length) {
    lua_Integer hole = 1;
    while (lua_rawgeti(L, index, hole) != LUA_TNIL) {
      lua_pop(L, 1);
      hole++;
    }
    fail(L, host, depth, "the list has a hole: element " LUA_INTEGER_FMT
         " is nil", hole);
  }
  return length;
}

static void put_table(lua_State *L, lh_host *host, int index, int depth) {
  luaL_checkstack(L, 10, "value nested too deeply");
  const int top = lua_gettop(L);
  const void *identity = lua_topointer(L, index);
  for (int i = 0; i < depth; i++)
    if (host->ancestors[i] == identity)
      fail(L, host, depth, "the table contains itself");
  if (depth >= host->limits.depth)
    fail(L, host, depth, "tables are nested deeper than %d levels",
         (int)host->limits.depth);
  host->ancestors[depth] = identity;

  bool view = lh_push_real(L, index);
  if (!view) {
    if (lua_getmetatable(L, index))
      fail(L, host, depth,
           "a table with a metatable cannot be handed to the host");
    lua_pushvalue(L, index);
  }
  const int table = top + 1;
  if (!view || !put_kind(L, host, index, depth))
    put_tag(L, host, depth, LH_TABLE);

  const size_t first = host->key_count;
  lua_Integer elements = survey(L, host, table, depth);
  const size_t last = host->key_count;
  if (elements + (lua_Integer)(last - first) > host->nodes)
    fail(L, host, depth, "the value has too many parts (limit " LUA_INTEGER_FMT
         ")", (lua_Integer)host->limits.nodes);
  lh_sort_keys(host->keys + first, last - first);
  put_u32(L, host, depth, (uint32_t)elements);
  put_u32(L, host, depth, (uint32_t)(last - first));
  for (lua_Integer i = 1; i <= elements; i++) {
    lua_rawgeti(L, table, i);
    host->path[depth] = (lh_step){NULL, 0, i};
    put_value(L, host, table + 1, depth + 1);
    lua_settop(L, table);
  }
  for (size_t i = first; i < last; i++) {
    const lh_key key = host->keys[i];  // the list may move while we recurse
    host->path[depth] = (lh_step){key.bytes, key.size, 0};
    put_checked_string(L, host, depth + 1, key.bytes, key.size);
    lua_pushlstring(L, key.bytes, key.size);
    lua_rawget(L, table);
    put_value(L, host, table + 1, depth + 1);
    lua_settop(L, table);
  }
  host->key_count = first;
  lua_settop(L, top);
}

static void put_value(lua_State *L, lh_host *host, int index, int depth) {
  if (--host->nodes < 0)
    fail(L, host, depth, "the value has too many parts (limit " LUA_INTEGER_FMT
         ")", (lua_Integer)host->limits.nodes);
  switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
      put_tag(L, host, depth, LH_NIL);
      break;
    case LUA_TBOOLEAN:
      put_tag(L, host, depth, lua_toboolean(L, index) ? LH_TRUE : LH_FALSE);
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        lua_Integer value = lua_tointeger(L, index);
        put_64(L, host, depth, LH_INTEGER, &value);
      } else {
        lua_Number value = lua_tonumber(L, index);
        put_64(L, host, depth, LH_NUMBER, &value);
      }
      break;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      put_checked_string(L, host, depth, text, size);
      break;
    }
    case LUA_TTABLE: put_table(L, host, index, depth); break;
    case LUA_TFUNCTION: put_function(L, host, index, depth); break;
    case LUA_TUSERDATA: put_object(L, host, index, depth); break;
    default:
      fail(L, host, depth, "a %s cannot be handed to the host",
           luaL_typename(L, index));
  }
}

// An error between begin and end leaves function references nobody knows;
// they are dropped before the next conversion.
void lh_begin_output(lua_State *L, lh_host *host) {
  if (host->first_uncommitted != host->next_reference) {
    luaL_checkstack(L, 4, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
    for (; host->first_uncommitted < host->next_reference;
         host->first_uncommitted++) {
      lua_pushnil(L);
      lua_rawseti(L, -2, host->first_uncommitted);
    }
    lua_pop(L, 1);
  }
  host->output.size = 0;
  host->key_count = 0;
  host->nodes = host->limits.nodes;
}

void lh_end_output(lh_host *host) {
  host->first_uncommitted = host->next_reference;
}

void lh_write_value(lua_State *L, lh_host *host, int index, const char *root,
                    int argument) {
  host->root = root;
  host->root_argument = argument;
  luaL_checkstack(L, 4, NULL);
  put_value(L, host, index, 0);
}
