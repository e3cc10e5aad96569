// The state itself: memory limit, instruction budget, protected entry points.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

bool lh_reserve(lh_buffer *buffer, size_t size) {
  if (size <= buffer->capacity) return true;
  size_t capacity = buffer->capacity ? buffer->capacity : 1024;
  while (capacity < size) capacity *= 2;
  uint8_t *bytes = realloc(buffer->bytes, capacity);
  if (!bytes) return false;
  buffer->bytes = bytes;
  buffer->capacity = capacity;
  return true;
}

// ---- Memory

// Lua retries a refused request after a full collection, so a refusal is not
// yet a failure: `out_of_memory` says whether the last growth was refused.
//
// Copying is charged here, for all functions and operators alike; the charge
// takes effect at the next look at the budget.
static void *allocate(void *data, void *block, size_t old, size_t size) {
  lh_host *host = data;
  bool is_string = false;
  if (!block) {  // then `old` is the type of the new object
    is_string = old == LUA_TSTRING;
    old = 0;
  }
  if (size == 0) {
    lh_pool_free(&host->pool, block, old);
    host->used -= old;
    return NULL;
  }
  if (size > old) {
    const size_t growth = size - old;
    if (growth >= 1024) host->budget -= (int64_t)(growth / 16);
    host->string_too_long =
        is_string && size > host->limits.string + sizeof(void *) * 8;
    if (host->string_too_long || host->used + growth > host->limits.memory) {
      host->out_of_memory = true;
      host->budget -= (int64_t)(host->used / 256);  // for the collection
      // Lua calls no message handler for a memory error: note the place now.
      if (host->L && !host->recorded) lh_record_place(host->L, host, false);
      return NULL;
    }
    host->out_of_memory = false;
  }
  void *result = lh_pool_resize(&host->pool, block, old, size);
  if (!result) {
    if (size <= old) return block;  // shrinking must not fail
    host->out_of_memory = true;
    return NULL;
  }
  host->used += size;
  host->used -= old;
  return result;
}

// ---- Ending a call

static const char *kill_message(lh_host *host) {
  switch (host->killed) {
    case LH_INSTRUCTIONS: return "script exceeded its instruction budget";
    case LH_MEMORY: return "script exceeded its memory limit";
    case LH_LENGTH: return "script made a string longer than its limit";
    case LH_INTERRUPTED: return "script was interrupted";
    case LH_TIME: return "script ran longer than";
    default: return "script was ended";
  }
}

lh_status lh_memory_reason(const lh_host *host) {
  return host->string_too_long ? LH_LENGTH : LH_MEMORY;
}

static void hook(lua_State *L, lua_Debug *frame);

// From here on every instruction ends in the hook, so that nothing the script
// has prepared can run on.
void lh_kill(lua_State *L, lh_host *host, lh_status reason) {
  if (host->killed != LH_OK) return;
  host->killed = reason;
  if (reason != LH_MEMORY && reason != LH_LENGTH)
    lh_record_place(L, host, true);
  host->recorded = true;
  lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

int lh_raise_killed(lua_State *L, lh_host *host) {
  if (!lua_checkstack(L, 1)) lua_settop(L, 0);
  lua_pushstring(L, kill_message(host));
  return lua_error(L);
}

static void hook(lua_State *L, lua_Debug *frame) {
  (void)frame;
  lh_host *host = lh_of(L);
  atomic_fetch_add_explicit(&host->heartbeat, 1, memory_order_relaxed);
  lh_spend(L, host, host->limits.step);
}

void lh_spend(lua_State *L, lh_host *host, int64_t instructions) {
  const uint64_t ending =
      atomic_load_explicit(&host->ending, memory_order_relaxed);
  if (ending / 2 == atomic_load_explicit(&host->entry, memory_order_relaxed))
    lh_kill(L, host, ending % 2 ? LH_TIME : LH_INTERRUPTED);
  host->budget -= instructions;
  if (host->budget < 0) lh_kill(L, host, LH_INSTRUCTIONS);
  if (host->killed != LH_OK) lh_raise_killed(L, host);
}

lh_status lh_charge(lh_host *host, int64_t instructions) {
  if (host->depth == 0) return LH_OK;
  host->budget -= instructions;
  if (host->budget < 0) lh_kill(host->L, host, LH_INSTRUCTIONS);
  return host->killed;
}

// ---- Entry points

static void begin(lh_host *host, int64_t budget) {
  if (host->depth++ > 0) return;
  host->budget = host->granted = budget;
  host->killed = LH_OK;
  host->out_of_memory = false;
  // Also restarts the count, so that where a call is stopped does not depend
  // on the calls before it.
  lua_sethook(host->L, hook, LUA_MASKCOUNT, host->limits.step);
}

static void end(lh_host *host) {
  if (--host->depth > 0) return;
  host->cost = host->granted - host->budget;
  if (host->killed == LH_MEMORY) lua_gc(host->L, LUA_GCCOLLECT);
  host->killed = LH_OK;
}

lh_status lh_protect(lh_host *host, lua_CFunction function, void *data,
                     int64_t budget) {
  lua_State *L = host->L;
  const int base = lua_gettop(L);
  if (host->depth > 0 && host->killed != LH_OK) {
    const char *text = kill_message(host);
    lh_copy_text(&host->message, text, strlen(text));
    return host->status = host->killed;
  }
  host->status = LH_OK;
  host->recorded = false;
  host->message.size = 0;
  if (host->depth >= host->limits.nesting || !lua_checkstack(L, 8)) {
    static const char text[] =
        "host and script call each other too deeply";
    lh_copy_text(&host->message, text, sizeof text - 1);
    host->source.size = 0;
    host->line = 0;
    host->traceback[0] = 0;
    return host->status = LH_RUNTIME;
  }
  begin(host, budget);
  lua_pushcfunction(L, lh_on_error);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  int status = lua_pcall(L, 1, 0, base + 1);
  if (status != LUA_OK || host->killed != LH_OK) {
    if (status == LUA_ERRMEM ||
        (status != LUA_OK && host->out_of_memory)) {
      lh_kill(L, host, lh_memory_reason(host));
    }
    if (host->killed != LH_OK) {
      const char *text = kill_message(host);
      lh_copy_text(&host->message, text, strlen(text));
      host->status = host->killed;
    } else {
      if (host->message.size == 0) lh_record_message(L, host, -1);
      if (host->status == LH_OK) host->status = LH_RUNTIME;
    }
  }
  lua_settop(L, base);
  if (host->killed == LH_OK) host->recorded = false;
  lh_status result = host->status;
  // How a call inside this one ended is its caller's to judge.
  if (host->depth > 1) host->status = LH_OK;
  end(host);
  return result;
}

typedef struct {
  int64_t function;
  int32_t count;
  lh_result *result;
} call_data;

static void take_result(lua_State *L, lh_host *host, lh_result *result) {
  switch (lua_type(L, -1)) {
    case LUA_TNIL:
      result->tag = LH_NIL;
      break;
    case LUA_TBOOLEAN:
      result->tag = lua_toboolean(L, -1) ? LH_TRUE : LH_FALSE;
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, -1)) {
        result->tag = LH_INTEGER;
        result->integer = lua_tointeger(L, -1);
      } else {
        result->tag = LH_NUMBER;
        result->number = lua_tonumber(L, -1);
      }
      break;
    default:
      lh_begin_output(L, host);
      lh_write_value(L, host, lua_gettop(L), "returned value", 0);
      lh_end_output(host);
      result->tag = host->output.bytes[0];
      result->bytes = host->output.bytes;
      result->size = host->output.size;
  }
}

static int call_protected(lua_State *L) {
  lh_host *host = lh_of(L);
  call_data *data = lua_touserdata(L, 1);
  luaL_checkstack(L, data->count + 4, "too many arguments");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
  lua_rawgeti(L, -1, data->function);
  const uint8_t *bytes = host->input.bytes;
  for (int32_t i = 0; i < data->count; i++)
    bytes = lh_push_value(L, host, bytes);
  lua_call(L, data->count, 1);
  take_result(L, host, data->result);
  return 0;
}

lh_status lh_call(lh_host *host, int64_t function, int32_t count,
                  int64_t budget, lh_result *result) {
  call_data data = {function, count, result};
  return lh_protect(host, call_protected, &data, budget);
}

typedef struct {
  const char *text;
  size_t size;
} unread;

// Hands the parser a little at a time, because no hook runs in it, and it takes
// time quadratic in the length of some expressions.
static const char *read_text(lua_State *L, void *data, size_t *size) {
  unread *rest = data;
  const char *text = rest->text;
  *size = rest->size < 256 ? rest->size : 256;
  rest->text += *size;
  rest->size -= *size;
  lh_spend(L, lh_of(L), (int64_t)*size);
  return text;
}

int lh_load(lua_State *L, const char *text, size_t size, const char *name) {
  unread rest = {text, size};
  return lua_load(L, read_text, &rest, name, "t");
}

typedef struct {
  const char *text;
  size_t size;
  const char *chunk_name;
  bool session, run;
  lh_result *result;
} run_data;

static int run_protected(lua_State *L) {
  lh_host *host = lh_of(L);
  run_data *data = lua_touserdata(L, 1);
  int status = lh_load(L, data->text, data->size, data->chunk_name);
  if (status != LUA_OK) {
    // Nesting beyond the parser's limit is reported as a runtime error.
    if (status == LUA_ERRMEM) lh_kill(L, host, lh_memory_reason(host));
    else host->status = LH_SYNTAX;
    return lua_error(L);
  }
  if (!data->run) return 0;
  const int first = lua_gettop(L);
  if (data->session) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_SESSION);
    lua_setupvalue(L, -2, 1);
  }
  lua_call(L, 0, data->session ? LUA_MULTRET : 1);
  const int last = lua_gettop(L);
  lh_begin_output(L, host);
  for (int i = first; i <= last; i++)
    lh_write_value(L, host, i, "returned value", 0);
  lh_end_output(host);
  data->result->bytes = host->output.bytes;
  data->result->count = last - first + 1;
  return 0;
}

lh_status lh_run(lh_host *host, const char *text, size_t size,
                 const char *chunk_name, bool session, int64_t budget,
                 lh_result *result) {
  run_data data = {text, size, chunk_name, session, true, result};
  return lh_protect(host, run_protected, &data, budget);
}

lh_status lh_compile(lh_host *host, const char *text, size_t size,
                     const char *chunk_name) {
  run_data data = {text, size, chunk_name, false, false, NULL};
  return lh_protect(host, run_protected, &data, 1000000);
}

lh_status lh_fingerprint(lh_host *host, int64_t function,
                         const uint8_t **bytes, size_t *size) {
  lh_status status = lh_protect(host, lh_fingerprint_protected, &function, 100000000);
  *bytes = host->output.bytes;
  *size = host->output.size;
  return status;
}

static int share_protected(lua_State *L) {
  lh_host *host = lh_of(L);
  int64_t *reference = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
  lh_push_frozen(L, host, host->input.bytes);
  lua_rawseti(L, -2, host->next_reference);
  *reference = host->next_reference++;
  host->first_uncommitted = host->next_reference;
  return 0;
}

lh_status lh_share(lh_host *host, int64_t *reference) {
  return lh_protect(host, share_protected, reference, 100000000);
}

// Setting an existing entry to nil allocates nothing and so cannot raise.
void lh_release(lh_host *host, int64_t function) {
  lua_State *L = host->L;
  if (!lua_checkstack(L, 2)) return;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LH_KEY_FUNCTIONS);
  lua_pushnil(L);
  lua_rawseti(L, -2, function);
  lua_pop(L, 1);
}

static int forget_modules(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &LH_KEY_MODULES);
  return 0;
}

void lh_forget_modules(lh_host *host) {
  lh_protect(host, forget_modules, NULL, 1000000);
}

// ---- Life

static int open_protected(lua_State *L) {
  lh_host *host = lh_of(L);
  static const char *const tables[] = {&LH_KEY_FUNCTIONS, &LH_KEY_MODULES,
                                       &LH_KEY_GLOBALS, &LH_KEY_TYPES};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, tables[i]);
  }
  // Scripts hold much that stays and little that goes: look through it all when
  // there is four times as much, not twice. Memory stays limited all the same.
  lua_gc(L, LUA_GCINC, 400, 0, 0);
  lh_open_environment(L, host);
  return 0;
}

lh_host *lh_new(const lh_limits *limits, lh_request request, void *context) {
  lh_host *host = calloc(1, sizeof *host);
  if (!host) return NULL;
  host->limits = *limits;
  if (host->limits.depth > LH_MAX_DEPTH) host->limits.depth = LH_MAX_DEPTH;
  host->pool.limit = limits->memory;
  host->request = request;
  host->context = context;
  host->next_reference = host->first_uncommitted = 1;
  lh_begin(host);
  if (lh_input(host, 256) && lh_reserve(&host->output, 256)) {
    lua_State *L = lua_newstate(allocate, host);
    if (L) {
      *(lh_host **)lua_getextraspace(L) = host;
      host->L = L;
      if (lh_protect(host, open_protected, NULL, 1000000) == LH_OK) return host;
    }
  }
  lh_free(host);
  return NULL;
}

void lh_free(lh_host *host) {
  if (!host) return;
  if (host->L) lua_close(host->L);
  lh_pool_close(&host->pool);
  free(host->input.bytes);
  free(host->output.bytes);
  free(host->message.bytes);
  free(host->source.bytes);
  free(host->keys);
  free(host);
}

uint8_t *lh_input(lh_host *host, size_t size) {
  return lh_reserve(&host->input, size) ? host->input.bytes : NULL;
}

int64_t lh_last_cost(const lh_host *host) { return host->cost; }

lh_report lh_last_report(const lh_host *host) {
  lh_report report = {
      .status = host->status,
      .message = host->message.size ? (const char *)host->message.bytes : "",
      .message_size = host->message.size,
      .source = host->source.size ? (const char *)host->source.bytes : "",
      .line = host->line,
      .traceback = host->traceback,
  };
  return report;
}

size_t lh_memory_used(const lh_host *host) { return host->used; }
size_t lh_memory_reserved(const lh_host *host) { return host->pool.size; }
int32_t lh_depth(const lh_host *host) { return host->depth; }

uint64_t lh_heartbeat(const lh_host *host) {
  return atomic_load_explicit(&((lh_host *)host)->heartbeat,
                              memory_order_relaxed);
}

uint64_t lh_begin(lh_host *host) {
  const uint64_t entry =
      atomic_load_explicit(&host->entry, memory_order_relaxed) + 1;
  atomic_store_explicit(&host->entry, entry, memory_order_relaxed);
  return entry;
}

void lh_interrupt(lh_host *host) {
  const uint64_t entry =
      atomic_load_explicit(&host->entry, memory_order_relaxed);
  atomic_store_explicit(&host->ending, 2 * entry, memory_order_relaxed);
}

void lh_time_out(lh_host *host, uint64_t entry) {
  atomic_store_explicit(&host->ending, 2 * entry + 1, memory_order_relaxed);
}

const char *lh_lua_release(void) { return LUA_RELEASE; }
