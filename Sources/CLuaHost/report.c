// What went wrong and where: the report that the host reads after a failure.
#include <stdio.h>
#include <string.h>

#include "internal.h"

void lh_copy_text(lh_buffer *buffer, const char *text, size_t size) {
  const size_t limit = 16 << 10;
  if (size > limit) size = limit;
  buffer->size = 0;
  if (!lh_reserve(buffer, size + 1)) return;
  memcpy(buffer->bytes, text, size);
  buffer->bytes[size] = 0;
  buffer->size = size;
}

static void record_source(lh_host *host, const lua_Debug *frame) {
  lh_copy_text(&host->source, frame->source, strlen(frame->source));
  host->line = frame->currentline;
}

static int describe(char *out, size_t size, const lua_Debug *frame) {
  const char *file = frame->source[0] == '@' || frame->source[0] == '='
                         ? frame->source + 1
                         : frame->short_src;
  if (*frame->what == 'm')
    return snprintf(out, size, "%s:%d: in main chunk\n", file,
                    frame->currentline);
  if (frame->name)
    return snprintf(out, size, "%s:%d: in function '%s'\n", file,
                    frame->currentline, frame->name);
  return snprintf(out, size, "%s:%d: in function <line %d>\n", file,
                  frame->currentline, frame->linedefined);
}

// Not C, and not one of the host's own methods written in Lua.
bool lh_is_script(const lua_Debug *frame) {
  return frame->currentline > 0 && strcmp(frame->source, LH_OWN_SOURCE) != 0;
}

// Notes the nearest Lua frame, and the Lua frames around it. Nothing here
// allocates through Lua, so it is safe inside the allocator and in a handler
// that runs on an overflowing stack.
void lh_record_place(lua_State *L, lh_host *host, bool traceback) {
  lua_Debug frame;
  bool found = false;
  size_t used = 0;
  int shown = 0;
  host->traceback[0] = 0;
  host->line = 0;
  host->source.size = 0;
  for (int level = 0; lua_getstack(L, level, &frame); level++) {
    if (!lua_getinfo(L, traceback ? "Slnt" : "Sl", &frame)) break;
    if (!lh_is_script(&frame)) continue;
    if (!found) {
      record_source(host, &frame);
      found = true;
      if (!traceback) return;
    }
    if (shown++ == LH_TRACEBACK_FRAMES) {
      snprintf(host->traceback + used, sizeof host->traceback - used, "...\n");
      return;
    }
    int written = describe(host->traceback + used,
                           sizeof host->traceback - used, &frame);
    if (written < 0 || (size_t)written >= sizeof host->traceback - used) {
      host->traceback[used] = 0;
      return;
    }
    used += (size_t)written;
  }
}

void lh_record_message(lua_State *L, lh_host *host, int index) {
  int type = lua_type(L, index);
  size_t size;
  if (type == LUA_TSTRING) {
    const char *text = lua_tolstring(L, index, &size);
    lh_copy_text(&host->message, text, size);
    return;
  }
  char text[80];
  if (type == LUA_TNUMBER) {
    if (lua_isinteger(L, index))
      snprintf(text, sizeof text, LUA_INTEGER_FMT, lua_tointeger(L, index));
    else
      snprintf(text, sizeof text, "%.14g", lua_tonumber(L, index));
  } else {
    snprintf(text, sizeof text, "(error object is a %s value)",
             lua_typename(L, type));
  }
  lh_copy_text(&host->message, text, strlen(text));
}

// Message handler of every entry: runs where the error happened.
int lh_on_error(lua_State *L) {
  lh_host *host = lh_of(L);
  if (!host->recorded) {
    lh_record_place(L, host, true);
    host->recorded = true;
  }
  lh_record_message(L, host, 1);
  return 1;
}
