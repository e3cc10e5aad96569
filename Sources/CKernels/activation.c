// SwiGLU, in the widest vectors that there are.
#include "CKernels.h"

#include "vectors.h"

// g / (1 + e⁻ᵍ) · u.
#define GATE16(OUT, GATE, UP)                                                              \
  do {                                                                                     \
    floats16 g, u, e;                                                                      \
    load16(&g, GATE);                                                                      \
    load16(&u, UP);                                                                        \
    e = -g;                                                                                \
    exponential(&e);                                                                       \
    e = 1.0f / (e + 1.0f);                                                                 \
    e = g * e;                                                                             \
    e = e * u;                                                                             \
    memcpy(OUT, &e, sizeof e);                                                             \
  } while (0)

#define SWIGLU(NAME, FEATURES)                                                             \
  TARGET(FEATURES) static void NAME(                                                       \
      float *out, const float *gate, const float *up, long count) {                        \
    long i = 0;                                                                            \
    for (; i + 16 <= count; i += 16) GATE16(out + i, gate + i, up + i);                    \
    if (i == count) return;                                                                \
    float a[16] = {0}, b[16] = {0};                                                        \
    memcpy(a, gate + i, (count - i) * sizeof *a);                                          \
    memcpy(b, up + i, (count - i) * sizeof *b);                                            \
    GATE16(a, a, b);                                                                       \
    memcpy(out + i, a, (count - i) * sizeof *a);                                           \
  }

SWIGLU(swiglu_8, AVX2)
#if defined(__x86_64__)
SWIGLU(swiglu_16, AVX512)
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
