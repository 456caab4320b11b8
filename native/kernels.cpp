// All operations in one instruction set. CMake compiles this file once for each; kernels.hpp says what each operation does.
#include "kernels.hpp"

#include "scoring.hpp"
#if !ENDCAP_ISA_IS_avx512vnni
#include "adam.hpp"
#include "als.hpp"
#include "diversity.hpp"
#include "eigen.hpp"
#include "neighbours.hpp"
#include "records.hpp"
#include "sweep.hpp"
#endif

namespace endcap {
#if ENDCAP_ISA_IS_avx512vnni

// Only these multiply bytes, or go with what does. dispatch.cpp takes the others from avx512.
extern const ListKernels kernels_avx512vnni;
const ListKernels kernels_avx512vnni = {"avx512vnni", pack, topN, topNListed};

#else
namespace {

uint32_t peak(uint32_t rounds, float* sink) {
  constexpr int chains = 12;
  Lanes s[chains];
  const Lanes a = splat(0.999f), b = splat(sink[0]);
  ENDCAP_UNROLL
  for (int i = 0; i < chains; i++) s[i] = splat(float(i));
  for (uint32_t round = 0; round < rounds; round++) {
    ENDCAP_UNROLL
    for (int i = 0; i < chains; i++) s[i] = fma(s[i], a, b);
  }
  float total = 0;
  ENDCAP_UNROLL
  for (int i = 0; i < chains; i++) total += sum(s[i]);
  sink[0] = total;
  return chains * Lanes::width * 2;
}

uint32_t bandwidth(const float* values, uint32_t count, float* sink) {
  constexpr uint32_t chains = 8, step = chains * Lanes::width;
  Lanes s[chains];
  for (Lanes& chain : s) chain = splat(0);
  for (uint32_t i = 0; i + step <= count; i += step) {
    ENDCAP_UNROLL
    for (uint32_t c = 0; c < chains; c++) s[c] = s[c] + load(values + i + c * Lanes::width);
  }
  float total = 0;
  for (const Lanes& chain : s) total += sum(chain);
  sink[0] = total;
  return 0;
}

}  // namespace

#define ENDCAP_JOIN_(a, b) a##b
#define ENDCAP_JOIN(a, b) ENDCAP_JOIN_(a, b)
#define ENDCAP_TEXT_(a) #a
#define ENDCAP_TEXT(a) ENDCAP_TEXT_(a)

extern const Kernels ENDCAP_JOIN(kernels_, ENDCAP_ISA);
const Kernels ENDCAP_JOIN(kernels_, ENDCAP_ISA) = {
    ENDCAP_TEXT(ENDCAP_ISA), pack, topN, topNListed, neighbourBonuses, diversify, gram, tridiagonalize, eigenvectors, rotate, alsSolve,
    alsProducts, alsResiduals, sweep, adamBatches, adamCatchUp, cleanRecords, peak, bandwidth,
};

#endif
}  // namespace endcap
