// Small blocks for the state. A callback's arguments are a handful of small tables
// and strings that live for one call; taking them from lists of their size costs
// a tenth of what the general allocator takes. Lua always says how large a block
// is, so none carries a header.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct lh_page {
  struct lh_page *next;
  _Alignas(16) uint8_t bytes[LH_PAGE_BYTES];
};

// The list for blocks of `size` bytes, or 0 for the general allocator.
static inline size_t list_of(size_t size) {
  return size <= LH_SMALL ? (size + 15) / 16 : 0;
}

static void *take(lh_pool *pool, size_t list) {
  void *block = pool->lists[list];
  if (block) {
    memcpy(&pool->lists[list], block, sizeof block);
    return block;
  }
  const size_t size = list * 16;
  if ((size_t)(pool->end - pool->at) < size) {
    // Blocks of one size are never used for another, so a script could make the
    // pages hold many times what it has in use: they are limited themselves.
    if (pool->size + LH_PAGE_BYTES > pool->limit) return NULL;
    // What is left of the old page stays unused: less than one small block.
    struct lh_page *page = malloc(sizeof *page);
    if (!page) return NULL;
    pool->size += LH_PAGE_BYTES;
    page->next = pool->pages;
    pool->pages = page;
    pool->at = page->bytes;
    pool->end = page->bytes + LH_PAGE_BYTES;
  }
  block = pool->at;
  pool->at += size;
  return block;
}

static void give(lh_pool *pool, size_t list, void *block) {
  memcpy(block, &pool->lists[list], sizeof block);
  pool->lists[list] = block;
}

void lh_pool_free(lh_pool *pool, void *block, size_t size) {
  if (!block) return;
  const size_t list = list_of(size);
  if (list) give(pool, list, block);
  else free(block);
}

void *lh_pool_resize(lh_pool *pool, void *block, size_t old, size_t size) {
  const size_t from = list_of(old), to = list_of(size);
  if (!block) return to ? take(pool, to) : malloc(size);
  if (!from && !to) return realloc(block, size);
  if (from == to) return block;
  void *result = to ? take(pool, to) : malloc(size);
  if (!result) return NULL;
  memcpy(result, block, old < size ? old : size);
  lh_pool_free(pool, block, old);
  return result;
}

void lh_pool_close(lh_pool *pool) {
  while (pool->pages) {
    struct lh_page *next = pool->pages->next;
    free(pool->pages);
    pool->pages = next;
  }
}
