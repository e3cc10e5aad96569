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
// Pairs of the numbers of one vector with those of another, rounded to bfloat16.
TARGET(AVX512_BF16) INLINE void round_pairs(__m512i *out, const __m512 *low, const __m512 *high) {
  // Word i takes half i of the lower numbers and of the upper ones.
  const __m512i halves = _mm512_set_epi32(
      0x1f000f, 0x1e000e, 0x1d000d, 0x1c000c, 0x1b000b, 0x1a000a, 0x190009, 0x180008, 0x170007,
      0x160006, 0x150005, 0x140004, 0x130003, 0x120002, 0x110001, 0x100000);
  *out = _mm512_permutexvar_epi16(halves, (__m512i)_mm512_cvtne2ps_pbh(*high, *low));
}
#endif
