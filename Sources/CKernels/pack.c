// Into the orders in which products read, rounding to bfloat16 or not.
#include "CKernels.h"

#include "vectors.h"

// The ways of packing that depend on the processor.
struct packing {
  void (*transpose_to_panels)(uint32_t *out, const uint32_t *x, long x_row, long rows, long width);
  void (*round_to_panels)(uint32_t *out, const float *x, long x_row, long rows, long width);
  void (*round_rows)(
      uint32_t *out, long row, const float *x, long x_row, long rows, long width);
  void (*round_columns)(
      uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
      long width);
  void (*store_rounded)(
      uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
      const float *key, const float *value, long width);
};

// The bits of x rounded to bfloat16, to nearest, ties to even; NaN stays NaN.
static inline uint32_t rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return bits >> 16 | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

static inline uint32_t pair(float low, float high) {
  return rounded(low) | rounded(high) << 16;
}

static void round_rows(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
  for (long r = 0; r < rows; r++, out += row, x += x_row)
    for (long i = 0; i < width; i += 2)
      out[i / 2] = pair(x[i], i + 1 < width ? x[i + 1] : 0);
}

static void round_columns(
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width) {
  for (long column = 0; column < width; column += block_width, out += block) {
    long columns = least(block_width, width - column);
    uint32_t *words = out;
    for (long r = 0; r < rows; r += 2, words += block_width) {
      const float *low = x + r * x_row + column;
      for (long i = 0; i < block_width; i++)
        words[i] = i < columns ? pair(low[i], r + 1 < rows ? low[x_row + i] : 0) : 0;
    }
  }
}

static void transpose_to_panels(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
  for (long first = 0; first < rows; first += solon_panel_width) {
    long columns = least(solon_panel_width, rows - first);
    // Sixteen words of each row at a time: a cache line read, sixteen written.
    for (long start = 0; start < width; start += 16) {
      long end = least(start + 16, width);
      for (long o = 0; o < solon_panel_width; o++) {
        const uint32_t *from = x + (first + o) * x_row;
        for (long p = start; p < end; p++)
          out[p * solon_panel_width + o] = o < columns ? from[p] : 0;
      }
    }
    out += width * solon_panel_width;
  }
}

static void round_to_panels(
    uint32_t *out, const float *x, long x_row, long rows, long width) {
  for (long first = 0; first < rows; first += solon_panel_width)
    for (long i = 0; i < width; i += 2, out += solon_panel_width)
      for (long o = 0; o < solon_panel_width; o++) {
        const float *from = x + (first + o) * x_row + i;
        out[o] = first + o < rows ? pair(from[0], i + 1 < width ? from[1] : 0) : 0;
      }
}

static void store_rounded(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width) {
  for (long d = 0; d < width; d += 2)
    keys[d / 2 * key_row] = pair(key[d], d + 1 < width ? key[d + 1] : 0);
  for (long d = 0; d < width; d++) {
    uint32_t *word = values + d / solon_panel_width * value_panel
        + position / 2 * solon_panel_width + d % solon_panel_width;
    *word = position % 2 ? (*word & 0xffff) | rounded(value[d]) << 16 : rounded(value[d]);
  }
}

static const struct packing packing_plain = {
    transpose_to_panels, round_to_panels, round_rows, round_columns, store_rounded};

#if defined(__x86_64__)
static inline uint32_t lowest(long n) {
  return n <= 0 ? 0 : n >= 16 ? 0xffff : 0xffffu >> (16 - n);
}

// Writes the first 12 or all of 16 words. Under a mask it would take longer.
TARGET(AVX512) INLINE void store_words(uint32_t *out, __m512i words, long block_width) {
  if (block_width % 16 == 0) {
    _mm512_storeu_si512(out, words);
  } else {
    _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(words));
    _mm_storeu_si128((__m128i *)(out + 8), _mm512_extracti32x4_epi32(words, 2));
  }
}

// Sixteen rows of sixteen words, in place, into columns.
TARGET(AVX512) INLINE void transpose_words(__m512i x[16]) {
  __m512i pairs[16], fours[16], halves[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
  // fours[4 k + j]: column j of each quarter, of rows 4 k to 4 k + 3.
  for (int k = 0; k < 16; k += 4) {
    fours[k] = _mm512_unpacklo_epi64(pairs[k], pairs[k + 2]);
    fours[k + 1] = _mm512_unpackhi_epi64(pairs[k], pairs[k + 2]);
    fours[k + 2] = _mm512_unpacklo_epi64(pairs[k + 1], pairs[k + 3]);
    fours[k + 3] = _mm512_unpackhi_epi64(pairs[k + 1], pairs[k + 3]);
  }
  // Quarters 0 and 2, then 1 and 3, of rows 0 to 7 and of rows 8 to 15.
  for (int k = 0; k < 16; k += 8)
    for (int j = 0; j < 4; j++) {
      halves[k + j] = _mm512_shuffle_i32x4(fours[k + j], fours[k + 4 + j], 0x88);
      halves[k + 4 + j] = _mm512_shuffle_i32x4(fours[k + j], fours[k + 4 + j], 0xdd);
    }
  for (int j = 0; j < 4; j++) {
    x[j] = _mm512_shuffle_i32x4(halves[j], halves[8 + j], 0x88);
    x[8 + j] = _mm512_shuffle_i32x4(halves[j], halves[8 + j], 0xdd);
    x[4 + j] = _mm512_shuffle_i32x4(halves[4 + j], halves[12 + j], 0x88);
    x[12 + j] = _mm512_shuffle_i32x4(halves[4 + j], halves[12 + j], 0xdd);
  }
}

#define FEATURES AVX512
#define VARIANT(NAME) NAME##_avx512
#include "pack_avx512.h"
#undef FEATURES
#undef VARIANT
#define FEATURES AVX512_BF16
#define VARIANT(NAME) NAME##_bf16
#include "pack_avx512.h"
#endif

static const struct packing *packing(void) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) return &packing_bf16;
  if (solon_processor_vectors() == solon_vectors_avx512) return &packing_avx512;
#endif
  return &packing_plain;
}

void solon_transpose_to_panels(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
  packing()->transpose_to_panels(out, x, x_row, rows, width);
}

void solon_round_to_panels(
    uint32_t *out, const float *x, long x_row, long rows, long width) {
  packing()->round_to_panels(out, x, x_row, rows, width);
}

void solon_round_rows(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
  packing()->round_rows(out, row, x, x_row, rows, width);
}

void solon_round_columns(
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width) {
  packing()->round_columns(out, block_width, block, x, x_row, rows, width);
}

void solon_copy_to_panels(
    uint32_t *out, long block, const uint32_t *x, long x_row, long rows, long width) {
  for (long first = 0; first < width; first += solon_panel_width, out += block) {
    long columns = least(solon_panel_width, width - first);
    const uint32_t *from = x + first;
    uint32_t *to = out;
    for (long p = 0; p < rows; p++, from += x_row, to += solon_panel_width) {
      // Of a length that the compiler knows, a copy is a few instructions.
      if (columns == solon_panel_width) {
        memcpy(to, from, solon_panel_width * sizeof *to);
        continue;
      }
      memcpy(to, from, columns * sizeof *to);
      memset(to + columns, 0, (solon_panel_width - columns) * sizeof *to);
    }
  }
}

void solon_store_rounded(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width) {
  packing()->store_rounded(keys, key_row, values, value_panel, position, key, value, width);
}

void solon_prefetch(const void *memory, long bytes) {
  for (long i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)memory + i, 0, 2);
}

void solon_spin_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}
