// Finds out which of the instruction sets in this build the CPU runs.
#include "kernels.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

namespace endcap {

extern const Kernels kernels_scalar;
#if ENDCAP_X86
extern const Kernels kernels_sse2, kernels_avx2, kernels_avx512, kernels_avx512vnni;
#elif ENDCAP_NEON
extern const Kernels kernels_neon;
#endif

namespace {

#if ENDCAP_X86
#if defined(_MSC_VER) && !defined(__clang__)

// CPUID leaf 7 reports the instructions, XGETBV whether the operating system saves their registers.
bool runs(int ebx7, int ecx7, uint64_t registers) {
  int leaf1[4], leaf7[4];
  __cpuid(leaf1, 1);
  const bool fma = leaf1[2] & 1 << 12, xsave = leaf1[2] & 1 << 27;
  __cpuidex(leaf7, 7, 0);
  return fma && xsave && (leaf7[1] & ebx7) == ebx7 && (leaf7[2] & ecx7) == ecx7 && (_xgetbv(0) & registers) == registers;
}
bool hasAvx2() { return runs(1 << 5, 0, 0x6); }
bool hasAvx512() { return hasAvx2() && runs(1 << 16 | 1 << 17 | 1 << 30 | 1 << 31, 0, 0xE6); }
bool hasVnni() { return hasAvx512() && runs(0, 1 << 11, 0xE6); }

#else

bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool hasAvx512() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
bool hasVnni() { return hasAvx512() && __builtin_cpu_supports("avx512vnni"); }

#endif
#endif

}  // namespace

uint32_t availableKernels(const Kernels** out, uint32_t capacity) {
  uint32_t count = 0;
  const auto add = [&](bool runs, const Kernels& kernels) {
    if (runs && count < capacity) out[count++] = &kernels;
  };
#if ENDCAP_X86
  add(hasVnni(), kernels_avx512vnni);
  add(hasAvx512(), kernels_avx512);
  add(hasAvx2(), kernels_avx2);
  add(true, kernels_sse2);
#elif ENDCAP_NEON
  add(true, kernels_neon);
#endif
  add(true, kernels_scalar);
  return count;
}

}  // namespace endcap
