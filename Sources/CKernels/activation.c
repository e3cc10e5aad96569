// SwiGLU and its gradient, in the widest vectors that there are. Sums and products in
// statements of their own are not fused, so that every variant has the same bits.
#include "CKernels.h"

#include "vectors.h"

// 1 / (1 + e⁻ᵍ).
INLINE void sigmoid(floats16 *out, const floats16 *g) {
  floats16 e = -*g;
  exponential(&e);
  e = e + 1.0f;
  *out = 1.0f / e;
}

INLINE void gate16(float *out, const float *gate, const float *up) {
  floats16 g, u, s;
  load16(&g, gate);
  load16(&u, up);
  sigmoid(&s, &g);
  s = g * s;
  s = s * u;
  memcpy(out, &s, sizeof s);
}

INLINE void gate_backward16(
    float *dgate, float *dup, const float *dout, const float *gate, const float *up) {
  floats16 g, u, d, s;
  load16(&g, gate);
  load16(&u, up);
  load16(&d, dout);
  sigmoid(&s, &g);
  floats16 silu = g * s;
  floats16 slope = 1.0f - s;
  slope = silu * slope;
  slope = s + slope;
  floats16 a = d * u, b = d * silu;
  a = a * slope;
  memcpy(dup, &b, sizeof b);
  memcpy(dgate, &a, sizeof a);
}

#define SWIGLU(NAME, FEATURES)                                                             \
  TARGET(FEATURES) static void NAME(                                                       \
      float *out, const float *gate, const float *up, long count) {                        \
    long i = 0;                                                                            \
    for (; i + 16 <= count; i += 16) gate16(out + i, gate + i, up + i);                    \
    if (i == count) return;                                                                \
    long bytes = (count - i) * sizeof *out;                                                \
    float a[16] = {0}, b[16] = {0};                                                        \
    memcpy(a, gate + i, bytes);                                                            \
    memcpy(b, up + i, bytes);                                                              \
    gate16(a, a, b);                                                                       \
    memcpy(out + i, a, bytes);                                                             \
  }

#define SWIGLU_BACKWARD(NAME, FEATURES)                                                    \
  TARGET(FEATURES) static void NAME(                                                       \
      float *dgate, float *dup, const float *dout, const float *gate, const float *up,     \
      long count) {                                                                        \
    long i = 0;                                                                            \
    for (; i + 16 <= count; i += 16)                                                       \
      gate_backward16(dgate + i, dup + i, dout + i, gate + i, up + i);                     \
    if (i == count) return;                                                                \
    long bytes = (count - i) * sizeof *dgate;                                              \
    float a[16] = {0}, b[16] = {0}, c[16] = {0};                                           \
    memcpy(a, gate + i, bytes);                                                            \
    memcpy(b, up + i, bytes);                                                              \
    memcpy(c, dout + i, bytes);                                                            \
    gate_backward16(a, b, c, a, b);                                                        \
    memcpy(dgate + i, a, bytes);                                                           \
    memcpy(dup + i, b, bytes);                                                             \
  }

SWIGLU(swiglu_8, AVX2)
SWIGLU_BACKWARD(swiglu_backward_8, AVX2)
#if defined(__x86_64__)
SWIGLU(swiglu_16, AVX512)
SWIGLU_BACKWARD(swiglu_backward_16, AVX512)
#endif

void solon_swiglu(float *out, const float *gate, const float *up, long count) {
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    swiglu_16(out, gate, up, count);
    return;
  }
#endif
  swiglu_8(out, gate, up, count);
}

void solon_swiglu_backward(
    float *dgate, float *dup, const float *dout, const float *gate, const float *up,
    long count) {
#if defined(__x86_64__)
  if (solon_processor_vectors() >= solon_vectors_avx512) {
    swiglu_backward_16(dgate, dup, dout, gate, up, count);
    return;
  }
#endif
  swiglu_backward_8(dgate, dup, dout, gate, up, count);
}
