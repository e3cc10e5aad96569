// OpenBLAS is not linked: it reads OPENBLAS_CORETYPE in its load-time
// constructor, before any code of ours could set it. Kernels opens the library
// with dlopen after choosing the kernels, and finds these functions by name.
// This header only gives their types, and the processor features by which the
// choice is made.
#include <stddef.h>

typedef void (*solon_sgemm_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k,
    float alpha, const float *a, int lda, const float *b, int ldb,
    float beta, float *c, int ldc);
typedef void (*solon_set_num_threads_function)(int count);
typedef char *(*solon_get_text_function)(void);

// 1 if the processor and the system support AVX2 and FMA.
static inline int solon_processor_has_avx2(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

// 1 if they support the AVX-512 subsets that OpenBLAS's SkylakeX kernels use, at
// full width: AMD's family 19h (Zen 4) computes each such instruction in two
// halves, and gains nothing by them.
static inline int solon_processor_has_wide_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      && !__builtin_cpu_is("amdfam19h");
#else
  return 0;
#endif
}

// Asks the processor to bring a cache line near; any address will do.
static inline void solon_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

// What a loop that waits for another processor does between two looks.
static inline void solon_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
