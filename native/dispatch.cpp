// Finds out which of the instruction sets in this build the CPU runs.
#include "kernels.hpp"

#if ENDCAP_X86
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace endcap {

extern const Kernels kernels_scalar;
#if ENDCAP_X86
extern const Kernels kernels_sse2, kernels_avx2, kernels_avx512;
extern const ListKernels kernels_avx512vnni;
#elif ENDCAP_NEON
extern const Kernels kernels_neon;
#endif

namespace {

#if ENDCAP_X86

// The CPU is asked without the help of the compiler: __builtin_cpu_supports reads a variable of the compiler's runtime, and
// where that is not linked or does not start, it says no to everything.
struct Leaf {
  uint32_t eax, ebx, ecx, edx;
};

#if defined(_MSC_VER) && !defined(__clang__)

Leaf cpuid(uint32_t number) {
  int highest[4], leaf[4];
  __cpuid(highest, 0);
  if (static_cast<uint32_t>(highest[0]) < number) return {};
  __cpuidex(leaf, static_cast<int>(number), 0);
  return {static_cast<uint32_t>(leaf[0]), static_cast<uint32_t>(leaf[1]), static_cast<uint32_t>(leaf[2]),
          static_cast<uint32_t>(leaf[3])};
}

uint64_t xgetbv() {
  return _xgetbv(0);
}

#else

Leaf cpuid(uint32_t number) {
  Leaf leaf{};
  __get_cpuid_count(number, 0, &leaf.eax, &leaf.ebx, &leaf.ecx, &leaf.edx);
  return leaf;
}

uint64_t xgetbv() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

#endif

constexpr bool has(uint64_t word, uint64_t bits) {
  return (word & bits) == bits;
}

// The registers that the system saves: xmm and ymm, and with AVX-512 also its masks and zmm. macOS saves these from their
// first use on and does not show them before.
constexpr uint64_t avxRegisters = 0x6;
#if defined(__APPLE__)
constexpr uint64_t avx512Registers = avxRegisters;
#else
constexpr uint64_t avx512Registers = avxRegisters | 0xE0;
#endif

bool saves(uint64_t registers) {
  constexpr uint32_t osxsave = 1u << 27;
  return has(cpuid(1).ecx, osxsave) && has(xgetbv(), registers);
}

bool hasAvx2() {
  constexpr uint32_t fma = 1u << 12, popcnt = 1u << 23, avx2 = 1u << 5;
  return has(cpuid(1).ecx, fma | popcnt) && has(cpuid(7).ebx, avx2) && saves(avxRegisters);
}

bool hasAvx512() {
  constexpr uint32_t f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
  return hasAvx2() && has(cpuid(7).ebx, f | dq | bw | vl) && saves(avx512Registers);
}

bool hasVnni() {
  constexpr uint32_t vnni = 1u << 11;
  return hasAvx512() && has(cpuid(7).ecx, vnni);
}

#endif

}  // namespace

uint32_t availableKernels(Kernels* out, uint32_t capacity) {
  uint32_t count = 0;
  const auto add = [&](bool runs, const Kernels& kernels) {
    if (runs && count < capacity) out[count++] = kernels;
  };
#if ENDCAP_X86
  Kernels vnni = kernels_avx512;
  vnni.isa = kernels_avx512vnni.isa;
  vnni.pack = kernels_avx512vnni.pack;
  vnni.topN = kernels_avx512vnni.topN;
  vnni.topNListed = kernels_avx512vnni.topNListed;
  add(hasVnni(), vnni);
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
