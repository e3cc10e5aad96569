// The vectors of the kernels, and how a function is compiled for a processor with
// more features than the rest.
#pragma once
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET(FEATURES) __attribute__((target(FEATURES)))
#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#define AVX512_BF16 AVX512 ",avx512bf16"
#define AVX2 "avx2,fma"
#else
#define TARGET(FEATURES)
#define AVX2 ""
#endif
#define UNROLL _Pragma("clang loop unroll(full)")

// Vectors of 16 and of 8; where the processor's are narrower, the compiler
// splits them. A number cast to one is repeated.
typedef float floats16 __attribute__((ext_vector_type(16)));
typedef uint32_t words16 __attribute__((ext_vector_type(16)));
typedef float floats8 __attribute__((ext_vector_type(8)));
typedef uint32_t words8 __attribute__((ext_vector_type(8)));

#define FMA(A, B, C) __builtin_elementwise_fma(A, B, C)
#define AS(TYPE, VECTOR) __builtin_bit_cast(TYPE, VECTOR)

static inline long least(long a, long b) { return a < b ? a : b; }

// Vectors pass by address: how they are passed by value differs between processors.

INLINE void load16(floats16 *v, const float *x) { memcpy(v, x, sizeof *v); }

// eˣ by the same arithmetic as `exp` in Elementary.swift, to the same bits.
INLINE void exponential(floats16 *out) {
  const float bias = 12582912.0f;
  floats16 x = *out;
  x = x < -88.0f ? (floats16)(-88.0f) : x;
  x = x > 88.37626f ? (floats16)(88.37626f) : x;
  floats16 biased = FMA(x, (floats16)(1.44269504f), (floats16)(bias));
  floats16 n = biased - bias;
  floats16 r = FMA(n, (floats16)(2.1219444e-4f), FMA(n, (floats16)(-0.693359375f), x));
  floats16 p = FMA((floats16)(1.98756915e-4f), r, (floats16)(1.39819995e-3f));
  p = FMA(p, r, (floats16)(8.333452e-3f));
  p = FMA(p, r, (floats16)(4.1665796e-2f));
  p = FMA(p, r, (floats16)(1.66666655e-1f));
  p = FMA(p, r, (floats16)(0.5f));
  p = FMA(p, r * r, r + 1.0f);
  *out = p * AS(floats16, (AS(words16, biased) << 23) + 0x3f800000u);
}

#if defined(__x86_64__)
// Rounding to bfloat16 by the processor's own instruction, or without one: then to the
// bits of `rounded` in pack.c, which differ for numbers too small to be normal. Of two
// vectors come pairs of neighbours, those of `low` before those of `high`, or pairs of
// each number of `low` with that of `high`; of one vector, its numbers in a word each.

TARGET(AVX512_BF16) INLINE __m512i neighbours_bf16(__m512 low, __m512 high) {
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

TARGET(AVX512_BF16) INLINE __m512i pairs_bf16(__m512 low, __m512 high) {
  // Word i takes half i of the lower numbers and of the upper ones.
  const __m512i halves = _mm512_set_epi32(
      0x1f000f, 0x1e000e, 0x1d000d, 0x1c000c, 0x1b000b, 0x1a000a, 0x190009, 0x180008, 0x170007,
      0x160006, 0x150005, 0x140004, 0x130003, 0x120002, 0x110001, 0x100000);
  return _mm512_permutexvar_epi16(halves, neighbours_bf16(low, high));
}

TARGET(AVX512_BF16) INLINE __m512i singles_bf16(__m512 x) {
  return _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
}

// In the upper half of each word; what the lower half holds is of no use.
TARGET(AVX512) INLINE __m512i rounded_avx512(__m512 x) {
  __m512i bits = _mm512_castps_si512(x);
  __m512i is_odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  __m512i even = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), is_odd);
  return _mm512_mask_or_epi32(
      even, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), bits, _mm512_set1_epi32(0x400000));
}

TARGET(AVX512) INLINE __m512i neighbours_avx512(__m512 low, __m512 high) {
  const __m512i upper = _mm512_set_epi32(
      0x3f003d, 0x3b0039, 0x370035, 0x330031, 0x2f002d, 0x2b0029, 0x270025, 0x230021, 0x1f001d,
      0x1b0019, 0x170015, 0x130011, 0x0f000d, 0x0b0009, 0x070005, 0x030001);
  return _mm512_permutex2var_epi16(rounded_avx512(low), upper, rounded_avx512(high));
}

TARGET(AVX512) INLINE __m512i pairs_avx512(__m512 low, __m512 high) {
  return _mm512_mask_blend_epi16(
      0xaaaaaaaa, _mm512_srli_epi32(rounded_avx512(low), 16), rounded_avx512(high));
}

TARGET(AVX512) INLINE __m512i singles_avx512(__m512 x) {
  return _mm512_srli_epi32(rounded_avx512(x), 16);
}
#endif
