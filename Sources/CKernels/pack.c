// Into the orders in which products read, rounding to bfloat16 or not.
#include "CKernels.h"

#include "vectors.h"

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

#if defined(__x86_64__)
#define WIDE TARGET(AVX512_BF16)

static inline uint32_t lowest(long n) {
  return n <= 0 ? 0 : n >= 16 ? 0xffff : 0xffffu >> (16 - n);
}

WIDE static void round_rows_wide(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
  long whole = width & ~31L, rest = width - whole;
  __mmask16 low_rest = (__mmask16)lowest(rest), high_rest = (__mmask16)lowest(rest - 16);
  __mmask16 words_rest = (__mmask16)lowest((rest + 1) / 2);
  for (long r = 0; r < rows; r++, out += row, x += x_row) {
    for (long i = 0; i < whole; i += 32)
      _mm512_storeu_si512(
          out + i / 2,
          (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i)));
    if (rest)
      _mm512_mask_storeu_epi32(
          out + whole / 2, words_rest,
          (__m512i)_mm512_cvtne2ps_pbh(
              _mm512_maskz_loadu_ps(high_rest, x + whole + 16),
              _mm512_maskz_loadu_ps(low_rest, x + whole)));
  }
}

// The pairs of up to 16 columns of two rows.
WIDE static inline __m512i column_pairs(const float *low, const float *high, __mmask16 columns) {
  __m512 first = _mm512_maskz_loadu_ps(columns, low);
  __m512 second = high ? _mm512_maskz_loadu_ps(columns, high) : _mm512_setzero_ps();
  __m512i pairs;
  round_pairs(&pairs, &first, &second);
  return pairs;
}

// Writes the first 12 or all of 16 words. Under a mask it would take longer.
WIDE static inline void store_words(uint32_t *out, __m512i words, long block_width) {
  if (block_width % 16 == 0) {
    _mm512_storeu_si512(out, words);
  } else {
    _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(words));
    _mm_storeu_si128((__m128i *)(out + 8), _mm512_extracti32x4_epi32(words, 2));
  }
}

// `block_width` is a constant where this is inlined.
WIDE static inline __attribute__((always_inline)) void round_blocks(
    uint32_t *out, const long block_width, long block, const float *x, long x_row, long rows,
    long width) {
  // A few pairs of rows at a time through all blocks: x is read about in its own
  // order, and whole cache lines are written.
  for (long first = 0; first < rows; first += 8) {
    long end = least(first + 8, rows);
    uint32_t *to = out + first / 2 * block_width;
    for (long column = 0; column < width; column += block_width, to += block)
      for (long i = 0; i < block_width; i += 16) {
        __mmask16 some = (__mmask16)lowest(least(least(16, block_width - i), width - column - i));
        const float *low = x + first * x_row + column + i;
        uint32_t *words = to + i;
        long r = first;
        for (; r + 1 < end; r += 2, low += 2 * x_row, words += block_width)
          store_words(words, column_pairs(low, low + x_row, some), block_width);
        if (r < end) store_words(words, column_pairs(low, 0, some), block_width);
      }
  }
}

WIDE static void round_columns_wide(
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width) {
  if (block_width == solon_row_block)
    round_blocks(out, solon_row_block, block, x, x_row, rows, width);
  else
    round_blocks(out, solon_panel_width, block, x, x_row, rows, width);
}

// Sixteen rows of sixteen words, in place, into columns.
WIDE static inline __attribute__((always_inline)) void transpose_words(__m512i x[16]) {
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

// `x`: rows of words, or, rounding, of numbers of which two make a word. `width`:
// words. `numbers`: numbers of a row.
WIDE static inline __attribute__((always_inline)) void to_panels_wide(
    uint32_t *out, const void *x, long x_row, long rows, long width, long numbers,
    const int rounds) {
  const uint32_t *words = x;
  for (long first = 0; first < rows; first += solon_panel_width) {
    for (long start = 0; start < width; start += 16) {
      long count = least(16, width - start);
      for (long o = 0; o < solon_panel_width; o += 16) {
        __m512i block[16];
        for (int i = 0; i < 16; i++) {
          const uint32_t *from = words + (first + o + i) * x_row + start * (rounds ? 2 : 1);
          if (first + o + i >= rows) {
            block[i] = _mm512_setzero_si512();
          } else if (rounds) {
            long rest = numbers - 2 * start;
            block[i] = (__m512i)_mm512_cvtne2ps_pbh(
                _mm512_maskz_loadu_ps((__mmask16)lowest(rest - 16), from + 16),
                _mm512_maskz_loadu_ps((__mmask16)lowest(rest), from));
          } else {
            block[i] = _mm512_maskz_loadu_epi32((__mmask16)lowest(count), from);
          }
        }
        transpose_words(block);
        uint32_t *to = out + start * solon_panel_width + o;
        for (int p = 0; p < count; p++)
          _mm512_storeu_si512(to + p * solon_panel_width, block[p]);
      }
    }
    out += width * solon_panel_width;
  }
}

WIDE static void transpose_to_panels_wide(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
  to_panels_wide(out, x, x_row, rows, width, width, 0);
}

WIDE static void round_to_panels_wide(
    uint32_t *out, const float *x, long x_row, long rows, long width) {
  to_panels_wide(out, x, x_row, rows, (width + 1) / 2, width, 1);
}
#endif

void solon_transpose_to_panels(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    transpose_to_panels_wide(out, x, x_row, rows, width);
    return;
  }
#endif
  transpose_to_panels(out, x, x_row, rows, width);
}

void solon_round_to_panels(
    uint32_t *out, const float *x, long x_row, long rows, long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    round_to_panels_wide(out, x, x_row, rows, width);
    return;
  }
#endif
  round_to_panels(out, x, x_row, rows, width);
}

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
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width) {
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) {
    round_columns_wide(out, block_width, block, x, x_row, rows, width);
    return;
  }
#endif
  round_columns(out, block_width, block, x, x_row, rows, width);
}

void solon_copy_to_panels(
    uint32_t *out, long block, const uint32_t *x, long x_row, long rows, long width) {
  for (long first = 0; first < width; first += solon_panel_width, out += block) {
    long columns = least(solon_panel_width, width - first);
    uint32_t *to = out;
    for (long p = 0; p < rows; p++, to += solon_panel_width) {
      memcpy(to, x + p * x_row + first, columns * sizeof *to);
      memset(to + columns, 0, (solon_panel_width - columns) * sizeof *to);
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
