// Shared by the C files of this target; see host.c for who owns what.
#ifndef LH_INTERNAL_H
#define LH_INTERNAL_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdatomic.h>

#include "CLuaHost.h"

#define LH_MAX_DEPTH 32
// Places for names that are written by address; a power of two.
#define LH_NAMES 256
// Chunk name of methods written in Lua by the host.
#define LH_OWN_SOURCE "=[C]"
#define LH_TRACEBACK_BYTES 4096
#define LH_TRACEBACK_FRAMES 20

typedef struct {
  uint8_t *bytes;
  size_t size, capacity;
} lh_buffer;

// A string key met during a conversion or an iteration; the string is kept
// alive by its table.
typedef struct {
  const char *bytes;
  size_t size;
} lh_key;

typedef struct {
  const char *bytes;  // null: an element
  size_t size;
  lua_Integer index;
} lh_step;

// Blocks of at most LH_SMALL bytes come from lists by size, cut from pages that
// live as long as the pool.
#define LH_SMALL 512
#define LH_PAGE_BYTES 16384

struct lh_page;
typedef struct {
  void *lists[LH_SMALL / 16 + 1];
  struct lh_page *pages;
  uint8_t *at, *end;  // what is left of the newest page
  size_t size, limit;  // bytes of all pages, and the most they may have
} lh_pool;

struct lh_host {
  lua_State *L;
  lh_limits limits;
  lh_request request;
  void *context;

  lh_pool pool;
  size_t used;
  bool out_of_memory;  // the last growth was refused
  bool string_too_long;  // because a string was over its limit
  int64_t budget, granted;  // left, and at the beginning of the open call
  int64_t cost;             // of the last call
  lh_status killed;  // why the open call must end; LH_OK while it may go on
  bool recorded;     // the report's place is that of the first cause: keep it
  int32_t depth;
  _Atomic uint64_t heartbeat;
  _Atomic uint64_t entry;   // number of the latest lh_begin
  _Atomic uint64_t ending;  // twice the number of an entry to end; odd: too late
  bool sealed;

  lh_buffer input, output, message, source;
  lh_status status;
  int32_t line;
  char traceback[LH_TRACEBACK_BYTES];

  // Names met by address, each with its string's reference in the registry.
  struct {
    const char *address;
    int reference;
  } names[LH_NAMES];

  // State of the running conversion.
  int64_t nodes;
  int64_t next_reference, first_uncommitted;
  lh_key *keys;
  size_t key_count, key_capacity;
  lh_step path[LH_MAX_DEPTH + 1];
  const void *ancestors[LH_MAX_DEPTH + 1];
  const char *root;   // what the path starts from,
  int root_argument;  // and the argument's number, or 0
};

static inline lh_host *lh_of(lua_State *L) {
  return *(lh_host **)lua_getextraspace(L);
}

// Addresses used as keys of the registry and of protected metatables; scripts
// cannot make light userdata.
extern const char LH_KEY_FUNCTIONS, LH_KEY_MODULES, LH_KEY_GLOBALS,
    LH_KEY_SESSION, LH_KEY_TYPES;
extern const char LH_KEY_REAL, LH_KEY_KIND, LH_KEY_FILE, LH_KEY_LINE,
    LH_KEY_NAME, LH_KEY_TYPE;

// pool.c
// As realloc for blocks whose size is known; null leaves the block as it was.
void *lh_pool_resize(lh_pool *pool, void *block, size_t old, size_t size);
void lh_pool_free(lh_pool *pool, void *block, size_t size);
void lh_pool_close(lh_pool *pool);

// host.c
// Runs a C function inside lua_pcall, as one call with a budget.
lh_status lh_protect(lh_host *host, lua_CFunction function, void *data,
                     int64_t budget);
bool lh_reserve(lh_buffer *buffer, size_t size);
void lh_kill(lua_State *L, lh_host *host, lh_status reason);
// Compiles text, never bytecode, as luaL_loadbufferx does.
int lh_load(lua_State *L, const char *text, size_t size, const char *name);
int lh_raise_killed(lua_State *L, lh_host *host);
// Which limit the last refusal of memory was about.
lh_status lh_memory_reason(const lh_host *host);
// Raises when the open call is over its budget, or another thread ends it.
void lh_spend(lua_State *L, lh_host *host, int64_t instructions);
// Calls the host and raises its message on failure; the answer is then in the
// input buffer.
void lh_ask(lua_State *L, lh_host *host, int32_t function, int32_t count);

// report.c
void lh_copy_text(lh_buffer *buffer, const char *text, size_t size);
bool lh_is_script(const lua_Debug *frame);
// Notes the nearest Lua frame and, if asked, the Lua frames around it.
void lh_record_place(lua_State *L, lh_host *host, bool traceback);
void lh_record_message(lua_State *L, lh_host *host, int index);
// Message handler of every entry: runs where the error happened.
int lh_on_error(lua_State *L);

// values.c
void lh_begin_output(lua_State *L, lh_host *host);
void lh_end_output(lh_host *host);
void lh_write_value(lua_State *L, lh_host *host, int index, const char *root,
                    int argument);
void lh_write_string(lua_State *L, lh_host *host, const char *bytes,
                     size_t size);

// arguments.c
const uint8_t *lh_push_value(lua_State *L, lh_host *host, const uint8_t *bytes);
// The same with every table read-only.
const uint8_t *lh_push_frozen(lua_State *L, lh_host *host,
                              const uint8_t *bytes);
const uint8_t *lh_push_string(lua_State *L, const uint8_t *bytes);

// frozen.c
// Replaces the table on top by a read-only view of it.
void lh_freeze(lua_State *L, const char *name);
// True when the value is a read-only view; pushes the table behind it.
bool lh_push_real(lua_State *L, int index);
// Replaces a view at `index` by the table behind it; other values stay.
void lh_resolve(lua_State *L, int index);
// The table argument `index` of a function that will change it.
void lh_check_writable(lua_State *L, int index);

// fingerprint.c
int lh_fingerprint_protected(lua_State *L);

// keys.c
int lh_pairs(lua_State *L);
int lh_next(lua_State *L);
void lh_sort_keys(lh_key *keys, size_t count);
bool lh_add_key(lh_host *host, const char *bytes, size_t size);
// Whether the string at stack position `a` comes before the one at `b`, by
// their bytes; charged.
bool lh_string_before(lua_State *L, int a, int b);

// environment.c, tables.c, strings.c
void lh_open_environment(lua_State *L, lh_host *host);
int lh_call_host(lua_State *L);
int lh_strict_index(lua_State *L);
// Pushes the value in words, as the script's `tostring` does.
const char *lh_to_text(lua_State *L, int index, size_t *size);
void lh_open_tables(lua_State *L);
void lh_open_strings(lua_State *L);
void lh_open_patterns(lua_State *L);
// Replaces the function on top by one that charges for the length of its first
// argument.
void lh_charge_function(lua_State *L);

#endif
