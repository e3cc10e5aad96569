// What attention does between its products, a tile of rows at a time: scores become
// weights, in bfloat16 rounded as the next products read them, without a stop in
// memory.
#include "CKernels.h"

#include <math.h>

#include "vectors.h"

// Keeps the first n, and puts `rest` in place of the others.
INLINE void keep(floats16 *x, long n, float rest) {
  const words16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  *x = index < (words16)((uint32_t)n) ? *x : (floats16)(rest);
}

// By halves, as `sum` in Vector.swift.
INLINE float sum16(const floats16 *v) {
  float x[16];
  memcpy(x, v, sizeof x);
  UNROLL for (int half = 8; half > 0; half /= 2)
    UNROLL for (int i = 0; i < half; i++) x[i] += x[i + half];
  return x[0];
}

INLINE float largest16(const floats16 *v) {
  float x[16];
  memcpy(x, v, sizeof x);
  UNROLL for (int half = 8; half > 0; half /= 2)
    UNROLL for (int i = 0; i < half; i++) x[i] = x[i + half] > x[i] ? x[i + half] : x[i];
  return x[0];
}

INLINE void round16(words16 *out, const floats16 *x) {
  words16 bits = AS(words16, *x);
  words16 even = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  *out = (bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : even;
}

#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31

// Pairs of the numbers of two vectors: of each with the other's, and of neighbours.
INLINE void round_both(words16 *out, const floats16 *low, const floats16 *high) {
  words16 halves[2];
  round16(&halves[0], low);
  round16(&halves[1], high);
  *out = halves[0] | halves[1] << 16;
}

INLINE void round_neighbours(words16 *out, const floats16 *a, const floats16 *b) {
  floats16 even = __builtin_shufflevector(*a, *b, EVEN);
  floats16 odd = __builtin_shufflevector(*a, *b, ODD);
  round_both(out, &even, &odd);
}

#if defined(__x86_64__)
#define ROUND_WIDE(VARIANT, FEATURES)                                                      \
  TARGET(FEATURES) INLINE void round_both_##VARIANT(                                       \
      words16 *out, const floats16 *low, const floats16 *high) {                           \
    *out = AS(words16, pairs_##VARIANT(AS(__m512, *low), AS(__m512, *high)));              \
  }                                                                                        \
  TARGET(FEATURES) INLINE void round_neighbours_##VARIANT(                                 \
      words16 *out, const floats16 *a, const floats16 *b) {                                \
    *out = AS(words16, neighbours_##VARIANT(AS(__m512, *a), AS(__m512, *b)));              \
  }
ROUND_WIDE(avx512, AVX512)
ROUND_WIDE(bf16, AVX512_BF16)
#endif

// Where the quarters of the sixteen columns from 16 v on lie in blocks of 12 columns,
// `block` words apart.
struct quarters {
  long offset[4];
};

INLINE struct quarters quarters_of(long v, long block) {
  struct quarters at;
  for (long q = 0; q < 4; q++) {
    long column = 4 * v + q;
    at.offset[q] = column / 3 * block + column % 3 * 4;
  }
  return at;
}

INLINE void store_quarters(uint32_t *out, const struct quarters *at, const words16 *words) {
  uint32_t quarters[16];
  memcpy(quarters, words, sizeof quarters);
  UNROLL for (long q = 0; q < 4; q++) memcpy(out + at->offset[q], quarters + 4 * q, 16);
}

// Vectors v and v + 1 of a row of weights, as they are or rounded.
INLINE void store_float32(uint32_t *out, long v, const floats16 *weights) {
  memcpy(out + 16 * v, weights, 2 * sizeof *weights);
}

#define STORE_ROUNDED(NAME, FEATURES, NEIGHBOURS)                                          \
  TARGET(FEATURES) INLINE void NAME(uint32_t *out, long v, const floats16 *weights) {      \
    words16 words;                                                                         \
    NEIGHBOURS(&words, &weights[0], &weights[1]);                                          \
    memcpy(out + 8 * v, &words, sizeof words);                                             \
  }

#define WEIGH(NAME, FEATURES, STORE)                                                       \
  TARGET(FEATURES) static void NAME(                                                       \
      uint32_t *out, long out_row, const float *scores, long row, long rows, long seen,    \
      long step, long columns, float scaling, float *tops, float *totals) {                \
    for (long r = 0; r < rows; r++, scores += row, out += out_row, seen += step) {         \
      long whole = seen / 16, rest = seen % 16;                                            \
      floats16 top = (floats16)(-INFINITY), x;                                             \
      for (long v = 0; v < whole; v++) {                                                   \
        load16(&x, scores + 16 * v);                                                       \
        top = x > top ? x : top;                                                           \
      }                                                                                    \
      if (rest) {                                                                          \
        load16(&x, scores + 16 * whole);                                                   \
        keep(&x, rest, -INFINITY);                                                         \
        top = x > top ? x : top;                                                           \
      }                                                                                    \
      float shift = largest16(&top);                                                       \
      floats16 total = (floats16)(0);                                                      \
      for (long v = 0; v < columns / 16; v += 2) {                                         \
        floats16 weights[2];                                                               \
        UNROLL for (int j = 0; j < 2; j++) {                                               \
          weights[j] = (floats16)(0);                                                      \
          if (16 * (v + j) >= seen) continue;                                              \
          load16(&x, scores + 16 * (v + j));                                               \
          weights[j] = (x - shift) * scaling;                                              \
          exponential(&weights[j]);                                                        \
          if (v + j == whole) keep(&weights[j], rest, 0);                                  \
          total += weights[j];                                                             \
        }                                                                                  \
        STORE(out, v, weights);                                                            \
      }                                                                                    \
      tops[r] = shift;                                                                     \
      totals[r] = sum16(&total);                                                           \
    }                                                                                      \
  }

// Sixteen weights and their gradients, of which the first n > 0 count.
INLINE void weigh_backward16(
    floats16 *p, floats16 *s, const float *scores, const float *gradient, long n,
    float scaling, float lse, float delta) {
  load16(p, scores);
  load16(s, gradient);
  *p = FMA(*p, (floats16)(scaling), (floats16)(-lse));
  exponential(p);
  if (n < 16) keep(p, n, 0);
  *s = *p * (*s - delta);
  *s *= scaling;
  if (n < 16) keep(s, n, 0);
}

#define WEIGH_BACKWARD(NAME, FEATURES, NEIGHBOURS, BOTH)                                   \
  TARGET(FEATURES) static void NAME(                                                       \
      const struct solon_weights *w, const float *scores, const float *gradient, long row, \
      long rows, long seen, long columns, float scaling, const float *lse,                 \
      const float *delta) {                                                                \
    for (long v = 0; v < columns / 16; v += 2) {                                           \
      struct quarters at[2] = {quarters_of(v, w->block), quarters_of(v + 1, w->block)};    \
      for (long r = 0; r < rows; r += 2) {                                                 \
        floats16 p[2][2], s[2][2];                                                         \
        words16 words;                                                                     \
        UNROLL for (int i = 0; i < 2; i++) UNROLL for (int j = 0; j < 2; j++) {            \
          long n = r + i < rows ? seen + r + i - 16 * (v + j) : 0;                         \
          p[i][j] = s[i][j] = (floats16)(0);                                               \
          if (n <= 0) continue;                                                            \
          long from = (r + i) * row + 16 * (v + j);                                        \
          weigh_backward16(                                                                \
              &p[i][j], &s[i][j], scores + from, gradient + from, n, scaling, lse[r + i],  \
              delta[r + i]);                                                               \
        }                                                                                  \
        UNROLL for (int i = 0; i < 2; i++) {                                               \
          NEIGHBOURS(&words, &s[i][0], &s[i][1]);                                          \
          if (r + i < rows)                                                                \
            memcpy(w->gradient_rows + (r + i) * w->row + 8 * v, &words, sizeof words);     \
        }                                                                                  \
        UNROLL for (int j = 0; j < 2; j++) {                                               \
          BOTH(&words, &p[0][j], &p[1][j]);                                                \
          store_quarters(w->weight_columns + r / 2 * 12, &at[j], &words);                 \
          BOTH(&words, &s[0][j], &s[1][j]);                                                \
          store_quarters(w->gradient_columns + r / 2 * 12, &at[j], &words);               \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
  }

#define WEIGH_BACKWARD_FLOAT32(NAME, FEATURES)                                             \
  TARGET(FEATURES) static void NAME(                                                       \
      float *scores, float *gradient, long row, long rows, long seen, long columns,        \
      float scaling, const float *lse, const float *delta) {                               \
    for (long r = 0; r < rows; r++, seen++, scores += row, gradient += row)                \
      for (long i = 0; i < columns; i += 16) {                                             \
        floats16 p = (floats16)(0), s = p;                                                 \
        if (i < seen)                                                                      \
          weigh_backward16(                                                                \
              &p, &s, scores + i, gradient + i, seen - i, scaling, lse[r], delta[r]);      \
        memcpy(scores + i, &p, sizeof p);                                                  \
        memcpy(gradient + i, &s, sizeof s);                                                \
      }                                                                                    \
  }

STORE_ROUNDED(store_8, AVX2, round_neighbours)
WEIGH(weigh_float32_8, AVX2, store_float32)
WEIGH_BACKWARD_FLOAT32(weigh_backward_float32_8, AVX2)
WEIGH(weigh_8, AVX2, store_8)
WEIGH_BACKWARD(weigh_backward_8, AVX2, round_neighbours, round_both)
#if defined(__x86_64__)
STORE_ROUNDED(store_avx512, AVX512, round_neighbours_avx512)
STORE_ROUNDED(store_bf16, AVX512_BF16, round_neighbours_bf16)
WEIGH(weigh_float32_avx512, AVX512, store_float32)
WEIGH_BACKWARD_FLOAT32(weigh_backward_float32_avx512, AVX512)
WEIGH(weigh_avx512, AVX512, store_avx512)
WEIGH_BACKWARD(weigh_backward_avx512, AVX512, round_neighbours_avx512, round_both_avx512)
WEIGH(weigh_bf16, AVX512_BF16, store_bf16)
WEIGH_BACKWARD(weigh_backward_bf16, AVX512_BF16, round_neighbours_bf16, round_both_bf16)
#endif

typedef void weigh_function(
    uint32_t *out, long out_row, const float *scores, long row, long rows, long seen,
    long step, long columns, float scaling, float *tops, float *totals);
typedef void weigh_backward_function(
    const struct solon_weights *w, const float *scores, const float *gradient, long row,
    long rows, long seen, long columns, float scaling, const float *lse,
    const float *delta);

void solon_weigh_float32(
    float *scores, long row, long rows, long seen, long step, long columns, float scaling,
    float *tops, float *totals) {
  weigh_function *weigh = weigh_float32_8;
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) weigh = weigh_float32_avx512;
#endif
  weigh(
      (uint32_t *)scores, row, scores, row, rows, seen, step, columns, scaling, tops, totals);
}

void solon_weigh(
    uint32_t *out, long out_row, const float *scores, long row, long rows, long seen,
    long step, long columns, float scaling, float *tops, float *totals) {
  weigh_function *weigh = weigh_8;
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512) weigh = weigh_avx512;
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) weigh = weigh_bf16;
#endif
  weigh(out, out_row, scores, row, rows, seen, step, columns, scaling, tops, totals);
}

void solon_weigh_backward(
    const struct solon_weights *w, const float *scores, const float *gradient, long row,
    long rows, long seen, long columns, float scaling, const float *lse,
    const float *delta) {
  weigh_backward_function *weigh = weigh_backward_8;
#if defined(__x86_64__)
  if (solon_processor_vectors() == solon_vectors_avx512) weigh = weigh_backward_avx512;
  if (solon_processor_vectors() == solon_vectors_avx512_bf16) weigh = weigh_backward_bf16;
#endif
  weigh(w, scores, gradient, row, rows, seen, columns, scaling, lse, delta);
}

void solon_weigh_backward_float32(
    float *scores, float *gradient, long row, long rows, long seen, long columns,
    float scaling, const float *lse, const float *delta) {
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    weigh_backward_float32_avx512(
        scores, gradient, row, rows, seen, columns, scaling, lse, delta);
    return;
  }
#endif
  weigh_backward_float32_8(
      scores, gradient, row, rows, seen, columns, scaling, lse, delta);
}
