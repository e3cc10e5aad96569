// A Lua 5.4 state with limits, driven through flat bytes.
//
// No function declared here lets a Lua error escape: each one runs its work
// inside lua_pcall and returns a status. Values cross in both directions as a
// byte stream (see values.c), so the caller never touches the Lua stack, and a
// host function reports failure by a status, after which C raises the error
// with no foreign frame left on the stack.
#ifndef CLUAHOST_H
#define CLUAHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lh_host lh_host;

// Tags of the byte stream. Integers are little-endian of the machine, unaligned.
enum {
  LH_NIL = 0,
  LH_FALSE = 1,
  LH_TRUE = 2,
  LH_INTEGER = 3,   // int64
  LH_NUMBER = 4,    // double
  LH_STRING = 5,    // u32 size, bytes
  LH_TABLE = 6,     // u32 elements, u32 fields, values..., (string, value)...
  LH_TAGGED = 7,    // string kind, string file, u32 line, then as LH_TABLE
  LH_FUNCTION = 8,  // int64 reference; from Lua also string file, u32 line
  LH_OBJECT = 9,    // u32 type, int64 index, int64 epoch
  LH_NAME = 10,     // as LH_STRING, by address: u64 address, u32 size of bytes
                    // that never change nor go away
};

typedef enum {
  LH_OK = 0,
  LH_RUNTIME = 1,
  LH_SYNTAX = 2,
  LH_INSTRUCTIONS = 3,
  LH_MEMORY = 4,
  LH_INTERRUPTED = 5,
  LH_LENGTH = 6,  // a string over its limit
  LH_TIME = 7,    // lh_time_out
} lh_status;

// Requests to the host that are not calls of a registered function.
enum {
  LH_REQUEST_UNKNOWN_NAME = -1,  // (table name, field, names...): a message
  LH_REQUEST_MODULE = -2,        // (module name): answers path, text
  LH_REQUEST_MODULE_DONE = -3,   // (): a module finished or failed
  LH_REQUEST_PRINT = -4,         // (bytes as one LH_STRING, unchecked UTF-8)
};

// Called by the state for each host function. `bytes` holds `count` values and
// is valid until the host enters the state again. The answer is written to the
// input buffer (lh_input): one value for status 0, one LH_STRING message for
// any other status. `source` and `line` name the calling Lua line; `source` may
// be null.
typedef int32_t (*lh_request)(void *context, int32_t function, int32_t count,
                              const uint8_t *bytes, size_t size,
                              const char *source, int32_t line);

typedef struct {
  size_t memory;       // bytes the state may hold
  size_t string;       // bytes of one string
  int64_t nodes;       // values one conversion may visit
  int32_t depth;       // nested tables one conversion may visit
  int32_t nesting;     // open calls host -> Lua
  int32_t step;        // instructions between two looks at the budget
} lh_limits;

// A result: scalars directly, everything else as one value of the byte stream.
typedef struct {
  int32_t tag;
  int64_t integer;
  double number;
  const uint8_t *bytes;
  size_t size;
  int32_t count;  // of the values in `bytes`, from the functions that say so
} lh_result;

// Why the last call failed. Pointers are valid until the next call.
typedef struct {
  lh_status status;
  const char *message;
  size_t message_size;
  const char *source;   // chunk name of the nearest Lua frame, or empty
  int32_t line;         // its line, or 0
  const char *traceback;  // lines, innermost first
} lh_report;

// Returns null when memory does not suffice for an empty state.
lh_host *lh_new(const lh_limits *limits, lh_request request, void *context);
void lh_free(lh_host *host);

// Registers function `index` under a dotted name below the global `solon`, or
// as a method of object type `type`. Only before lh_seal.
lh_status lh_add_function(lh_host *host, const char *name, int32_t index);
lh_status lh_add_object_type(lh_host *host, const char *name, int32_t type);
lh_status lh_add_method(lh_host *host, int32_t type, const char *name,
                        const char *full_name, int32_t index);
// The same for functions written in Lua: `text` is a chunk that returns it.
lh_status lh_add_script_function(lh_host *host, const char *name,
                                 const char *text);
lh_status lh_add_script_method(lh_host *host, int32_t type, const char *name,
                               const char *full_name, const char *text);
// Makes every library table read-only.
lh_status lh_seal(lh_host *host);

// A buffer of at least `size` bytes for the next arguments or answer; keeps
// what was written before. Null when memory is short.
uint8_t *lh_input(lh_host *host, size_t size);

// Calls a function by reference with `count` values from the input buffer.
lh_status lh_call(lh_host *host, int64_t function, int32_t count,
                  int64_t budget, lh_result *result);
// Compiles text (never bytecode) and runs it. The result is all its values for
// a `session`, in which assigning a global is allowed and kept for the next
// chunk, and else exactly one; `count` values of the byte stream.
lh_status lh_run(lh_host *host, const char *text, size_t size,
                 const char *chunk_name, bool session, int64_t budget,
                 lh_result *result);
// Compiles only.
lh_status lh_compile(lh_host *host, const char *text, size_t size,
                     const char *chunk_name);
// The bytes that stand for what the function computes (fingerprint.c); valid
// until the next entry.
lh_status lh_fingerprint(lh_host *host, int64_t function,
                         const uint8_t **bytes, size_t *size);
// Copies one value from the input buffer into the state, read-only, and keeps it
// under a reference that stands for it in later streams, as LH_FUNCTION.
lh_status lh_share(lh_host *host, int64_t *reference);
void lh_release(lh_host *host, int64_t function);
// Describes what a path leads to from the session's globals, without running
// anything: `count` names or element numbers in the input buffer. The result is
// `count` strings, the name of its type and then the names that can follow it;
// none when the path leads nowhere.
lh_status lh_outline(lh_host *host, int32_t count, lh_result *result);
// Makes a global of the session: its name and its value in the input buffer.
lh_status lh_define(lh_host *host);
// Forgets loaded modules, so that `require` reads them again.
void lh_forget_modules(lh_host *host);
// Charges instructions to the open call; a status other than LH_OK means that
// the call is over its budget and will be ended when the host returns.
lh_status lh_charge(lh_host *host, int64_t instructions);

// Instructions that the last outermost call was charged.
int64_t lh_last_cost(const lh_host *host);

lh_report lh_last_report(const lh_host *host);
size_t lh_memory_used(const lh_host *host);
// Bytes taken from the system for small blocks, in use or not.
size_t lh_memory_reserved(const lh_host *host);
// Open calls, 0 outside of any.
int32_t lh_depth(const lh_host *host);
// Times the hook has run; readable from any thread, as a sign of life.
uint64_t lh_heartbeat(const lh_host *host);
// Numbers what follows, up to the next lh_begin, as one entry, and returns its
// number. A wish to end an earlier entry no longer counts.
uint64_t lh_begin(lh_host *host);
// Both end an entry at its next look at the budget, and are callable from any
// thread: the one that is open, and the one with that number.
void lh_interrupt(lh_host *host);
void lh_time_out(lh_host *host, uint64_t entry);
const char *lh_lua_release(void);

#endif
