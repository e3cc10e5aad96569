// The tiles: up to 12 rows by 32 columns of C in registers. Every variant does
// the same arithmetic for an element, whatever its place.
#include "CKernels.h"

#include "vectors.h"

// What a tile asks for while it multiplies: in the steps along the depth before
// `end`, a line or two each, from `start` on, `step` bytes further each time.
struct reads {
  const char *start;
  long step, end;
};

enum { line = 64, most_reads = 8 };

// Lines of each step: about as many for a product of either kind of words, as
// pairs take half as many steps.
enum { lines_float32 = 1, lines_bfloat16 = 2 };

// Nothing, in all steps that are left.
static struct reads no_reads(long depth) {
  static const char nothing[2 * line];
  return (struct reads){nothing, 0, depth};
}

// From step `done` of a tile on, the next pieces of what lies ahead, if anything does;
// what is written ends at `last`.
static void next_reads(
    struct reads *reads, const struct reads *last, long done, struct solon_ahead *ahead,
    long depth, long lines) {
  long step = lines * line;
  for (; reads < last && done < depth && ahead && ahead->part != ahead->end; reads++) {
    const struct solon_ahead_part *part = ahead->part;
    long rest = (part->bytes - ahead->offset + step - 1) / step;
    long steps = least(rest, depth - done);
    done += steps;
    *reads = (struct reads){
        part->start + ahead->segment * part->stride + ahead->offset, step, done};
    ahead->offset += steps * step;
    if (steps < rest) continue;
    ahead->offset = 0;
    if (++ahead->segment < part->count) continue;
    ahead->segment = 0;
    ahead->part++;
  }
  if (done < depth) *reads = no_reads(depth);
}

// One product whose B is panels, of words of either kind.
struct product {
  float *c;
  long c_row;
  struct solon_rows a;
  const uint32_t *panels;
  long panel, rows, depth, columns;
  const float *addend;
  struct solon_ahead *ahead;
  long lines;
};

// Multiplies `rows` (1 to 12) rows of A by one panel. `c` has room for 32 columns,
// and `addend`, if there is one, as many, in rows as far apart. The last of `reads`
// ends at the depth, which is at least 1.
typedef void tile_function(
    float *c, long c_row, const uint32_t *a, long a_row, long a_step,
    const uint32_t *panel, long rows, long depth, const float *addend,
    const struct reads *reads);

// Rows of A in one pass over the panels: they should stay in the second cache,
// while a panel stays in the first. But the first tile of a pass waits for the panel
// to come from further away, so others have to follow it.
enum { bytes_per_pass = 256 << 10, least_tiles_per_pass = 8 };

static long rows_per_pass(long depth) {
  long tiles = bytes_per_pass / (4 * (depth > 0 ? depth : 1)) / solon_row_block;
  return (tiles < least_tiles_per_pass ? least_tiles_per_pass : tiles) * solon_row_block;
}

// Results above this many numbers are not near when a tile comes to write them.
enum { most_near = 1 << 15 };

// In the first steps of a tile, its results, or what is added to them: a row's line or
// two at each, for asked for all at once they would hold the tile up. Counts the steps,
// and returns the place for what follows.
static struct reads *result_reads(
    struct reads *reads, long *done, const float *c, long c_row, long rows, long depth,
    long lines) {
  const char *start = (const char *)c, *end = (const char *)(c + solon_panel_width);
  for (; start < end && *done < depth; start += lines * line, reads++) {
    *done = least(*done + rows, depth);
    *reads = (struct reads){start, c_row * (long)sizeof *c, *done};
  }
  return reads;
}

static void multiply(const struct product *product, tile_function *tile) {
  // A copy, which no tile can write.
  const struct product p = *product;
  const struct reads none = no_reads(p.depth);
  struct reads some[most_reads];
  int is_far = p.rows * p.columns > most_near;
  long pass = rows_per_pass(p.depth);
  for (long first = 0; first < p.rows; first += pass) {
    long end = least(first + pass, p.rows);
    const uint32_t *rows_of_pass =
        (const uint32_t *)p.a.data + first / solon_row_block * p.a.block;
    const uint32_t *panel = p.panels;
    for (long column = 0; column < p.columns; column += solon_panel_width, panel += p.panel) {
      long columns = least(solon_panel_width, p.columns - column);
      const uint32_t *a = rows_of_pass;
      for (long row = first; row < end; row += solon_row_block, a += p.a.block) {
        long rows = least(solon_row_block, end - row);
        long place = row * p.c_row + column;
        float *c = p.c + place;
        const float *addend = p.addend ? p.addend + place : 0;
        const struct reads *reads = &none;
        if (is_far || p.ahead) {
          struct reads *next = some;
          long done = 0;
          if (is_far)
            next = result_reads(
                next, &done, addend ? addend : c, p.c_row, rows, p.depth, p.lines);
          next_reads(next, some + most_reads - 1, done, p.ahead, p.depth, p.lines);
          reads = some;
        }
        if (columns == solon_panel_width) {
          tile(c, p.c_row, a, p.a.row, p.a.step, panel, rows, p.depth, addend, reads);
          continue;
        }
        float part[solon_row_block * solon_panel_width];
        if (addend) {
          memset(part, 0, sizeof part);
          for (long i = 0; i < rows; i++)
            memcpy(part + i * solon_panel_width, addend + i * p.c_row, columns * sizeof *c);
        }
        tile(
            part, solon_panel_width, a, p.a.row, p.a.step, panel, rows, p.depth,
            addend ? part : 0, reads);
        for (long i = 0; i < rows; i++)
          memcpy(c + i * p.c_row, part + i * solon_panel_width, columns * sizeof *c);
      }
    }
  }
}

// A tile for each number of rows, so that all of C stays in registers: `STEP` is
// called with a constant.
#define TILE_OF_ANY_ROWS(NAME, FEATURES, STEP)                                            \
  TARGET(FEATURES) static void NAME(                                     \
      float *c, long c_row, const uint32_t *a, long a_row, long a_step,                    \
      const uint32_t *panel, long rows, long depth, const float *addend, const struct reads *reads) { \
    switch (rows) {                                                                       \
    case 1: STEP(1, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 2: STEP(2, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 3: STEP(3, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 4: STEP(4, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 5: STEP(5, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 6: STEP(6, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 7: STEP(7, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 8: STEP(8, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 9: STEP(9, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;          \
    case 10: STEP(10, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;        \
    case 11: STEP(11, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;        \
    default: STEP(12, c, c_row, a, a_row, a_step, panel, depth, addend, reads); break;        \
    }                                                                                     \
  }

// What tiles begin with, take of a panel at each step, and end with.
#define CLEAR_TILE(FLOATS)                                                                 \
  FLOATS sum[solon_row_block][2];                                                          \
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < 2; j++)                 \
      sum[i][j] = (FLOATS)(0);

#define LOAD_PANEL(WORDS, COUNT)                                                           \
  WORDS b[2];                                                                              \
  UNROLL for (int j = 0; j < 2; j++) memcpy(&b[j], panel + j * COUNT, sizeof(WORDS));      \
  __builtin_prefetch(panel + 20 * solon_panel_width, 0, 3);                                \
  __builtin_prefetch(panel + 20 * solon_panel_width + COUNT, 0, 3);

#define STORE_TILE(FLOATS, COUNT)                                                          \
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < 2; j++) {               \
    if (addend) {                                                                          \
      FLOATS before;                                                                       \
      memcpy(&before, addend + i * c_row + j * COUNT, sizeof before);                      \
      sum[i][j] += before;                                                                 \
    }                                                                                      \
    memcpy(c + i * c_row + j * COUNT, &sum[i][j], sizeof(FLOATS));                         \
  }

// A tile of rows by two vectors of `COUNT` floats each. `MULTIPLY(sum, a, b)` takes
// a word of A and a vector of words of B.
#define TILE(NAME, FEATURES, FLOATS, WORDS, COUNT, MULTIPLY, LINES)                               \
  TARGET(FEATURES) INLINE void NAME(                                     \
      const int rows, float *c, long c_row, const uint32_t *a, long a_row, long a_step,    \
      const uint32_t *panel, long depth, const float *addend, const struct reads *reads) { \
    CLEAR_TILE(FLOATS)                                                                    \
    for (long p = 0; p < depth; reads++) {                                                \
     const char *ahead = reads->start;                                                    \
     for (; p < reads->end; p++) {                                                        \
      LOAD_PANEL(WORDS, COUNT)                                                            \
      UNROLL for (int i = 0; i < rows; i++) {                                             \
        uint32_t word = a[i * a_row];                                                     \
        UNROLL for (int j = 0; j < 2; j++) sum[i][j] = MULTIPLY(sum[i][j], word, b[j]);    \
      }                                                                                   \
      __builtin_prefetch(ahead, 0, 2);                                                    \
      if (LINES > 1) __builtin_prefetch(ahead + line, 0, 2);                              \
      ahead += reads->step;                                                               \
      a += a_step;                                                                        \
      panel += solon_panel_width;                                                         \
     }                                                                                    \
    }                                                                                     \
    STORE_TILE(FLOATS, COUNT)                                                             \
  }

INLINE float as_float(uint32_t word) {
  float x;
  memcpy(&x, &word, sizeof x);
  return x;
}

#define MULTIPLY_FLOATS16(SUM, WORD, B) FMA(AS(floats16, B), (floats16)(as_float(WORD)), SUM)
#define MULTIPLY_FLOATS8(SUM, WORD, B) FMA(AS(floats8, B), (floats8)(as_float(WORD)), SUM)

// Where nothing multiplies pairs, both halves of one are widened to floats, and
// multiplied one after the other; A's once for all columns of a panel, these many
// steps at a time.
enum { widened_steps = 64, widened_words = 8 };

typedef uint16_t halves16 __attribute__((ext_vector_type(16)));

INLINE void widen_words(float *out, const uint32_t *words, long count) {
  long i = 0;
  for (; i + widened_words <= count; i += widened_words) {
    halves16 halves;
    memcpy(&halves, words + i, sizeof halves);
    words16 wide = __builtin_convertvector(halves, words16) << 16;
    memcpy(out + 2 * i, &wide, sizeof wide);
  }
  for (; i < count; i++) {
    out[2 * i] = as_float(words[i] << 16);
    out[2 * i + 1] = as_float(words[i] & 0xffff0000u);
  }
}

// A tile as above. The sums of an element are in the same order whatever the width of
// vectors.
#define WIDENED_TILE(NAME, FEATURES, FLOATS, WORDS, COUNT, LINES)                          \
  TARGET(FEATURES) INLINE void NAME(                                                       \
      const int rows, float *c, long c_row, const uint32_t *a, long a_row, long a_step,    \
      const uint32_t *panel, long depth, const float *addend, const struct reads *reads) { \
    CLEAR_TILE(FLOATS)                                                                     \
    float widened[2 * widened_steps * solon_row_block];                                    \
    long x_row = a_step == 1 ? 2 * widened_steps : 2, x_step = 2 * a_step;                 \
    const char *ahead = reads->start;                                                      \
    for (long p = 0; p < depth;) {                                                         \
      long steps = least(widened_steps, depth - p);                                        \
      if (a_step == 1)                                                                     \
        for (int i = 0; i < rows; i++) widen_words(widened + i * x_row, a + i * a_row, steps); \
      else                                                                                 \
        widen_words(widened, a, (steps - 1) * a_step + rows);                              \
      a += steps * a_step;                                                                 \
      const float *x = widened;                                                            \
      for (long end = p + steps; p < end;) {                                               \
        for (long stop = least(end, reads->end); p < stop; p++) {                          \
          LOAD_PANEL(WORDS, COUNT)                                                         \
          UNROLL for (int half = 0; half < 2; half++) {                                    \
            FLOATS y[2];                                                                   \
            UNROLL for (int j = 0; j < 2; j++)                                             \
                y[j] = AS(FLOATS, half ? b[j] & 0xffff0000u : b[j] << 16);                 \
            UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < 2; j++)       \
                sum[i][j] = FMA(y[j], (FLOATS)(x[i * x_row + half]), sum[i][j]);           \
          }                                                                                \
          __builtin_prefetch(ahead, 0, 2);                                                 \
          if (LINES > 1) __builtin_prefetch(ahead + line, 0, 2);                           \
          ahead += reads->step;                                                            \
          x += x_step;                                                                     \
          panel += solon_panel_width;                                                      \
        }                                                                                  \
        if (p == reads->end && p < depth) ahead = (++reads)->start;                        \
      }                                                                                    \
    }                                                                                      \
    STORE_TILE(FLOATS, COUNT)                                                              \
  }

#if defined(__x86_64__)
enum solon_vectors solon_processor_vectors(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return solon_vectors_plain;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
      || !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return solon_vectors_avx2;
  return __builtin_cpu_supports("avx512bf16") ? solon_vectors_avx512_bf16
                                              : solon_vectors_avx512;
}

// A pair's halves as in a tile, for few rows.
#define MULTIPLY_WIDENED16(SUM, WORD, B)                                                   \
  FMA(AS(floats16, (B) & 0xffff0000u), (floats16)(as_float((WORD) & 0xffff0000u)),         \
      FMA(AS(floats16, (B) << 16), (floats16)(as_float((WORD) << 16)), SUM))
#define MULTIPLY_PAIRS16(SUM, WORD, B)                                                     \
  AS(floats16, _mm512_dpbf16_ps(                                                          \
      AS(__m512, SUM), AS(__m512bh, (words16)(WORD)), AS(__m512bh, B)))

// Up to 4 products of up to 3 rows at the same time.
enum { most_small_rows = 3, most_small_products = 4 };

#define SMALL_PRODUCTS(NAME, FEATURES, MULTIPLY)                                           \
  TARGET(FEATURES) INLINE void NAME(                                                      \
      const int rows, const int count, const struct solon_small_product *products,         \
      long c_row, long a_row, long depth) {                                               \
    floats16 sum[most_small_products][most_small_rows][2];                                \
    const uint32_t *a[most_small_products], *panel[most_small_products];                  \
    UNROLL for (int n = 0; n < count; n++) {                                              \
      a[n] = products[n].a;                                                               \
      panel[n] = products[n].panel;                                                       \
      UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < 2; j++)            \
          sum[n][i][j] = (floats16)(0);                                                   \
    }                                                                                     \
    for (long p = 0; p < depth; p++)                                                      \
      UNROLL for (int n = 0; n < count; n++) {                                            \
        words16 b[2];                                                                     \
        memcpy(b, panel[n] + p * solon_panel_width, sizeof b);                            \
        UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < 2; j++)          \
            sum[n][i][j] = MULTIPLY(sum[n][i][j], a[n][i * a_row + p], b[j]);             \
      }                                                                                   \
    UNROLL for (int n = 0; n < count; n++) UNROLL for (int i = 0; i < rows; i++)          \
        memcpy(products[n].c + i * c_row, sum[n][i], sizeof sum[n][i]);                   \
  }

#define SMALL_PRODUCTS_OF_ANY_ROWS(NAME, FEATURES, STEP)                                   \
  TARGET(FEATURES) static void NAME(                                                      \
      const struct solon_small_product *products, long count, long c_row, long a_row,      \
      long rows, long depth) {                                                            \
    for (; count >= 4; count -= 4, products += 4) switch (rows) {                          \
      case 1: STEP(1, 4, products, c_row, a_row, depth); break;                           \
      case 2: STEP(2, 4, products, c_row, a_row, depth); break;                           \
      default: STEP(3, 4, products, c_row, a_row, depth); break;                          \
      }                                                                                   \
    for (; count > 0; count--, products++) switch (rows) {                                 \
      case 1: STEP(1, 1, products, c_row, a_row, depth); break;                           \
      case 2: STEP(2, 1, products, c_row, a_row, depth); break;                           \
      default: STEP(3, 1, products, c_row, a_row, depth); break;                          \
      }                                                                                   \
  }

SMALL_PRODUCTS(small_float32, AVX512, MULTIPLY_FLOATS16)
SMALL_PRODUCTS_OF_ANY_ROWS(small_float32_avx512, AVX512, small_float32)
SMALL_PRODUCTS(small_bfloat16, AVX512_BF16, MULTIPLY_PAIRS16)
SMALL_PRODUCTS_OF_ANY_ROWS(small_bfloat16_avx512, AVX512_BF16, small_bfloat16)
SMALL_PRODUCTS(small_widened, AVX512, MULTIPLY_WIDENED16)
SMALL_PRODUCTS_OF_ANY_ROWS(small_widened_avx512, AVX512, small_widened)

TILE(float32_avx512, AVX512, floats16, words16, 16, MULTIPLY_FLOATS16, lines_float32)
TILE_OF_ANY_ROWS(float32_tile_avx512, AVX512, float32_avx512)
TILE(bfloat16_avx512, AVX512_BF16, floats16, words16, 16, MULTIPLY_PAIRS16, lines_bfloat16)
TILE_OF_ANY_ROWS(bfloat16_tile_avx512, AVX512_BF16, bfloat16_avx512)
WIDENED_TILE(widened_avx512, AVX512, floats16, words16, 16, lines_bfloat16)
TILE_OF_ANY_ROWS(widened_tile_avx512, AVX512, widened_avx512)
#else
enum solon_vectors solon_processor_vectors(void) { return solon_vectors_plain; }
#endif

// With 16 registers of 8 floats a tile is 6 rows by 16 columns, so a full one
// goes in four parts.
TILE(float32_8, AVX2, floats8, words8, 8, MULTIPLY_FLOATS8, lines_float32)
WIDENED_TILE(widened_8, AVX2, floats8, words8, 8, lines_bfloat16)

#define TILE_IN_PARTS(NAME, STEP)                                                         \
  TARGET(AVX2) static void NAME(                                         \
      float *c, long c_row, const uint32_t *a, long a_row, long a_step,                    \
      const uint32_t *panel, long rows, long depth, const float *addend, const struct reads *reads) { \
    const struct reads none = no_reads(depth);                                            \
    for (long i = 0; i < rows; i += 6)                                                    \
      for (long j = 0; j < solon_panel_width; j += 16) {                                  \
        float *part = c + i * c_row + j;                                                  \
        const float *before = addend ? addend + i * c_row + j : 0;                        \
        const uint32_t *from = a + i * a_row, *b = panel + j;                             \
        switch (least(6, rows - i)) {                                                     \
        case 1: STEP(1, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;    \
        case 2: STEP(2, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;    \
        case 3: STEP(3, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;    \
        case 4: STEP(4, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;    \
        case 5: STEP(5, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;    \
        default: STEP(6, part, c_row, from, a_row, a_step, b, depth, before, i + j ? &none : reads); break;   \
        }                                                                                 \
      }                                                                                   \
  }
TILE_IN_PARTS(float32_tile_8, float32_8)
TILE_IN_PARTS(widened_tile_8, widened_8)

void solon_product_float32(
    float *c, long c_row, struct solon_rows a, const float *panels, long panel, long rows,
    long depth, long columns, const float *addend, struct solon_ahead *ahead) {
  struct product p = {
      c, c_row, a, (const uint32_t *)panels, panel, rows, depth, columns, addend,
      ahead, lines_float32};
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    multiply(&p, float32_tile_avx512);
    return;
  }
#endif
  multiply(&p, float32_tile_8);
}

void solon_product_bfloat16(
    float *c, long c_row, struct solon_rows a, const uint32_t *panels, long panel,
    long rows, long depth, long columns, const float *addend, struct solon_ahead *ahead) {
  struct product p = {c, c_row, a, panels, panel, rows, depth, columns, addend,
      ahead, lines_bfloat16};
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    int has_pairs = solon_processor_vectors() == solon_vectors_avx512_bf16;
    multiply(&p, has_pairs ? bfloat16_tile_avx512 : widened_tile_avx512);
    return;
  }
#endif
  multiply(&p, widened_tile_8);
}

// One after the other, where that is as good.
static void multiply_each(
    const struct solon_small_product *products, long count, long c_row, long a_row, long rows,
    long depth, tile_function *tile) {
  const struct reads none = no_reads(depth);
  for (long n = 0; n < count; n++)
    tile(
        products[n].c, c_row, products[n].a, a_row, 1, products[n].panel, rows, depth, 0, &none);
}

void solon_small_products_float32(
    const struct solon_small_product *products, long count, long c_row, long a_row, long rows,
    long depth) {
  tile_function *tile = float32_tile_8;
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    if (rows <= most_small_rows) {
      small_float32_avx512(products, count, c_row, a_row, rows, depth);
      return;
    }
    tile = float32_tile_avx512;
  }
#endif
  multiply_each(products, count, c_row, a_row, rows, depth, tile);
}

void solon_small_products_bfloat16(
    const struct solon_small_product *products, long count, long c_row, long a_row, long rows,
    long depth) {
  tile_function *tile = widened_tile_8;
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    int has_pairs = solon_processor_vectors() == solon_vectors_avx512_bf16;
    if (rows <= most_small_rows) {
      (has_pairs ? small_bfloat16_avx512 : small_widened_avx512)(
          products, count, c_row, a_row, rows, depth);
      return;
    }
    tile = has_pairs ? bfloat16_tile_avx512 : widened_tile_avx512;
  }
#endif
  multiply_each(products, count, c_row, a_row, rows, depth, tile);
}
