// All operations in one instruction set: compiled once for each. See kernels.hpp for what each operation promises.
#include "kernels.hpp"

#include "adam.hpp"
#include "als.hpp"
#include "scoring.hpp"

namespace endcap {
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

}  // namespace

#define ENDCAP_JOIN_(a, b) a##b
#define ENDCAP_JOIN(a, b) ENDCAP_JOIN_(a, b)
#define ENDCAP_TEXT_(a) #a
#define ENDCAP_TEXT(a) ENDCAP_TEXT_(a)

extern const Kernels ENDCAP_JOIN(kernels_, ENDCAP_ISA);
const Kernels ENDCAP_JOIN(kernels_, ENDCAP_ISA) = {
    ENDCAP_TEXT(ENDCAP_ISA), pack, topN, topNListed, gram, alsSolve, adamBatches, adamCatchUp, peak,
};

}  // namespace endcap
