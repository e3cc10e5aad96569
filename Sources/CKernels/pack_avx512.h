// Rounding into the orders in which products read, in AVX-512: included once for each
// way of rounding, with `FEATURES` for the processor's and `VARIANT` to name it.
TARGET(FEATURES) static void VARIANT(round_rows)(
    uint32_t *out, long row, const float *x, long x_row, long rows, long width) {
  long whole = width & ~31L, rest = width - whole;
  __mmask16 low_rest = (__mmask16)lowest(rest), high_rest = (__mmask16)lowest(rest - 16);
  __mmask16 words_rest = (__mmask16)lowest((rest + 1) / 2);
  for (long r = 0; r < rows; r++, out += row, x += x_row) {
    for (long i = 0; i < whole; i += 32)
      _mm512_storeu_si512(
          out + i / 2,
          VARIANT(neighbours)(_mm512_loadu_ps(x + i), _mm512_loadu_ps(x + i + 16)));
    if (rest)
      _mm512_mask_storeu_epi32(
          out + whole / 2, words_rest,
          VARIANT(neighbours)(
              _mm512_maskz_loadu_ps(low_rest, x + whole),
              _mm512_maskz_loadu_ps(high_rest, x + whole + 16)));
  }
}

// The pairs of up to 16 columns of two rows.
TARGET(FEATURES) INLINE __m512i VARIANT(column_pairs)(
    const float *low, const float *high, __mmask16 columns) {
  __m512 first = _mm512_maskz_loadu_ps(columns, low);
  __m512 second = high ? _mm512_maskz_loadu_ps(columns, high) : _mm512_setzero_ps();
  return VARIANT(pairs)(first, second);
}

// `block_width` is a constant where this is inlined.
TARGET(FEATURES) INLINE void VARIANT(round_blocks)(
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
          store_words(words, VARIANT(column_pairs)(low, low + x_row, some), block_width);
        if (r < end) store_words(words, VARIANT(column_pairs)(low, 0, some), block_width);
      }
  }
}

TARGET(FEATURES) static void VARIANT(round_columns)(
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width) {
  if (block_width == solon_row_block)
    VARIANT(round_blocks)(out, solon_row_block, block, x, x_row, rows, width);
  else
    VARIANT(round_blocks)(out, solon_panel_width, block, x, x_row, rows, width);
}

// `x`: rows of words, or, rounding, of numbers of which two make a word. `width`:
// words. `numbers`: numbers of a row.
TARGET(FEATURES) INLINE void VARIANT(to_panels)(
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
            block[i] = VARIANT(neighbours)(
                _mm512_maskz_loadu_ps((__mmask16)lowest(rest), from),
                _mm512_maskz_loadu_ps((__mmask16)lowest(rest - 16), from + 16));
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

TARGET(FEATURES) static void VARIANT(transpose_to_panels)(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width) {
  VARIANT(to_panels)(out, x, x_row, rows, width, width, 0);
}

TARGET(FEATURES) static void VARIANT(round_to_panels)(
    uint32_t *out, const float *x, long x_row, long rows, long width) {
  VARIANT(to_panels)(out, x, x_row, rows, (width + 1) / 2, width, 1);
}

TARGET(FEATURES) static void VARIANT(store_rounded)(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width) {
  for (long d = 0; d < width; d += 32) {
    uint32_t words[16];
    VARIANT(round_rows)(words, 16, key + d, width, 1, least(32, width - d));
    for (long i = 0; i < least(16, (width - d + 1) / 2); i++)
      keys[(d / 2 + i) * key_row] = words[i];
  }
  values += position / 2 * solon_panel_width;
  for (long d = 0; d < width; d += 16) {
    uint32_t *to = values + d / solon_panel_width * value_panel + d % solon_panel_width;
    __mmask16 some = (__mmask16)lowest(width - d);
    __m512i half = VARIANT(singles)(_mm512_maskz_loadu_ps(some, value + d));
    if (position % 2)
      half = _mm512_or_si512(
          _mm512_slli_epi32(half, 16),
          _mm512_and_si512(_mm512_maskz_loadu_epi32(some, to), _mm512_set1_epi32(0xffff)));
    _mm512_mask_storeu_epi32(to, some, half);
  }
}

static const struct packing VARIANT(packing) = {
    VARIANT(transpose_to_panels), VARIANT(round_to_panels), VARIANT(round_rows),
    VARIANT(round_columns), VARIANT(store_rounded)};
