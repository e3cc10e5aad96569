// Into the orders in which products read, rounding to bfloat16 or not.
#include "CKernels.h"

#include <string.h>

static long least(long a, long b) { return a < b ? a : b; }

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
    uint32_t *out, long block_width, const float *x, long x_row, long rows, long width) {
  for (long column = 0; column < width; column += block_width) {
    long columns = least(block_width, width - column);
    for (long r = 0; r < rows; r += 2, out += block_width) {
      const float *low = x + r * x_row + column;
      for (long i = 0; i < block_width; i++)
        out[i] = i < columns ? pair(low[i], r + 1 < rows ? low[x_row + i] : 0) : 0;
    }
  }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))

static inline uint32_t lowest(long n) {
  return n <= 0 ? 0 : n >= 16 ? 0xffff : 0xffffu >> (16 - n);
}

WIDE static void round_rows_wide(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
  for (long r = 0; r < rows; r++) {
    const float *from = x + r * x_row;
    uint32_t *to = out + r * row;
    for (long i = 0; i < width; i += 32) {
      long rest = width - i;
      __m512 low = _mm512_maskz_loadu_ps((__mmask16)lowest(rest), from + i);
      __m512 high = _mm512_maskz_loadu_ps((__mmask16)lowest(rest - 16), from + i + 16);
      _mm512_mask_storeu_epi32(
          to + i / 2, (__mmask16)lowest((rest + 1) / 2),
          (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
  }
}

// The pairs of up to 16 columns of two rows.
WIDE static inline __m512i column_pairs(const float *low, const float *high, __mmask16 columns) {
  __m256bh first = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(columns, low));
  __m256bh second =
      high ? _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(columns, high)) : (__m256bh){0};
  return _mm512_or_si512(
      _mm512_cvtepu16_epi32((__m256i)first),
      _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)second), 16));
}

WIDE static void round_columns_wide(
    uint32_t *out, long block_width, const float *x, long x_row, long rows, long width) {
  long pairs = (rows + 1) / 2;
  // Two rows at a time through all blocks, so that x is read in its own order.
  for (long p = 0; p < pairs; p++) {
    const float *low = x + 2 * p * x_row;
    const float *high = 2 * p + 1 < rows ? low + x_row : 0;
    uint32_t *to = out + p * block_width;
    for (long column = 0; column < width; column += block_width, to += pairs * block_width)
      for (long i = 0; i < block_width; i += 16) {
        long room = least(16, block_width - i);
        __mmask16 read = (__mmask16)lowest(least(room, width - column - i));
        __m512i words =
            column_pairs(low + column + i, high ? high + column + i : 0, read);
        _mm512_mask_storeu_epi32(to + i, (__mmask16)lowest(room), words);
      }
  }
}
#endif

void solon_round_rows(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    round_rows_wide(out, row, x, x_row, rows, width);
    return;
  }
#endif
  round_rows(out, row, x, x_row, rows, width);
}

void solon_round_columns(
    uint32_t *out, long block_width, const float *x, long x_row, long rows, long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    round_columns_wide(out, block_width, x, x_row, rows, width);
    return;
  }
#endif
  round_columns(out, block_width, x, x_row, rows, width);
}

void solon_transpose_to_panels(
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

void solon_copy_to_panels(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
  for (long first = 0; first < width; first += solon_panel_width) {
    long columns = least(solon_panel_width, width - first);
    for (long p = 0; p < rows; p++, out += solon_panel_width) {
      memcpy(out, x + p * x_row + first, columns * sizeof *out);
      memset(out + columns, 0, (solon_panel_width - columns) * sizeof *out);
    }
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

#if defined(__x86_64__)
WIDE static void store_rounded_wide(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width) {
  for (long d = 0; d < width; d += 32) {
    uint32_t words[16];
    round_rows_wide(words, 16, key + d, width, 1, least(32, width - d));
    for (long i = 0; i < least(16, (width - d + 1) / 2); i++)
      keys[(d / 2 + i) * key_row] = words[i];
  }
  values += position / 2 * solon_panel_width;
  for (long d = 0; d < width; d += 16) {
    uint32_t *to = values + d / solon_panel_width * value_panel + d % solon_panel_width;
    __mmask16 some = (__mmask16)lowest(width - d);
    __m512i half = _mm512_cvtepu16_epi32(
        (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, value + d)));
    if (position % 2)
      half = _mm512_or_si512(
          _mm512_slli_epi32(half, 16),
          _mm512_and_si512(_mm512_maskz_loadu_epi32(some, to), _mm512_set1_epi32(0xffff)));
    _mm512_mask_storeu_epi32(to, some, half);
  }
}
#endif

void solon_store_rounded(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    store_rounded_wide(keys, key_row, values, value_panel, position, key, value, width);
    return;
  }
#endif
  store_rounded(keys, key_row, values, value_panel, position, key, value, width);
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
