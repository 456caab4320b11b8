// The half-step of implicit ALS: one side's rows are solved while the other side stays.
#pragma once

#include "gradients.hpp"

namespace endcap {
namespace {

// Floats of factors whose outer products are summed in registers before they are added to a matrix.
constexpr uint32_t formedFloats = 2048;

// out += sum over rows of a[row] * y[row], V vectors of columns at a time. Returns the first column that is left.
template <int V>
ENDCAP_INLINE uint32_t addRows(const float* a, const float* y, uint32_t stride, uint32_t count, uint32_t column, float* out) {
  for (; column + V * Lanes::width <= stride; column += V * Lanes::width) {
    Lanes s[V];
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) s[v] = load(out + column + v * Lanes::width);
    for (uint32_t i = 0; i < count; i++) {
      const Lanes ai = splat(a[i]);
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[v] = fma(ai, load(y + size_t(i) * stride + column + v * Lanes::width), s[v]);
    }
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) store(out + column + v * Lanes::width, s[v]);
  }
  return column;
}

// The equation's matrix A = G + regularization I + sum of weights_i y_i y_i', its lower triangle in whole tiles of
// 8 x width, and b = sum of rights_i y_i. Factors are taken times the root of their weight.
ENDCAP_INLINE void formSystem(const Row& row, const float* gram, float* a, float* b, float* y) {
  constexpr uint32_t most = formedFloats / 16;
  const uint32_t stride = row.stride, block = formedFloats / stride < group ? group : formedFloats / stride;
  zero(b, stride);
  for (size_t k = 0; k < size_t(stride) * stride; k += Lanes::width) store(a + k, load(gram + k));
  for (uint32_t j = 0; j < stride; j++) a[size_t(j) * stride + j] += row.regularization;
  for (uint32_t at = 0; at < row.pairs; at += block) {
    const uint32_t count = row.pairs - at < block ? row.pairs - at : block;
    float roots[most], rights[most];
    for (uint32_t i = 0; i < count; i++) {
      roots[i] = squareRoot(row.weights[at + i]);
      rights[i] = row.rights[at + i] / roots[i];
    }
    for (uint32_t i = 0; i < count; i++) {
      const Lanes root = splat(roots[i]);
      const float* factors = factorsOf(row, at + i);
      for (uint32_t k = 0; k < stride; k += Lanes::width) store(y + size_t(i) * stride + k, root * load(factors + k));
    }
    addRows<1>(rights, y, stride, count, addRows<4>(rights, y, stride, count, 0, b), b);
    for (uint32_t i = 0; i < stride; i += group) {
      const uint32_t columns = (i + group + Lanes::width - 1) / Lanes::width * Lanes::width;
      outer8(y + i, y, stride, count, columns, a + size_t(i) * stride);
    }
  }
}

// A = L L', lower triangles; L L' x = b. At the minimum the objective is -x'b.
float cholesky(const Row& row, const float* gram, uint32_t factors, float* scratch) {
  const uint32_t stride = row.stride;
  float *x = row.x, *b = scratch, *a = scratch + stride;
  formSystem(row, gram, a, b, a + size_t(stride) * stride);
  for (uint32_t i = 0; i < factors; i++) {
    float* ai = a + size_t(i) * stride;
    for (uint32_t j = 0; j <= i; j++) {
      const float* aj = a + size_t(j) * stride;
      const uint32_t whole = j / Lanes::width * Lanes::width;
      float s = ai[j] - dot(ai, aj, whole);
      for (uint32_t k = whole; k < j; k++) s -= ai[k] * aj[k];
      ai[j] = i == j ? squareRoot(s) : s / aj[j];
    }
  }
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(x + k, load(b + k));
  for (uint32_t i = 0; i < factors; i++) {
    const float* ai = a + size_t(i) * stride;
    float s = x[i];
    for (uint32_t k = 0; k < i; k++) s -= ai[k] * x[k];
    x[i] = s / ai[i];
  }
  for (uint32_t i = factors; i-- > 0;) {
    const float* ai = a + size_t(i) * stride;
    x[i] /= ai[i];
    for (uint32_t k = 0; k < i; k++) x[k] -= ai[k] * x[i];
  }
  return -dot(x, b, stride);
}

// Floating-point operations of either way, for the choice between them.
ENDCAP_INLINE bool exactIsCheaper(uint32_t pairs, uint32_t factors, uint32_t steps) {
  const double f = factors, exact = pairs * f * f + f * f * f / 3 + 2 * f * f;
  const double iterative = (steps + 1.0) * (4.0 * pairs * f + 2 * f * f);
  return exact < iterative;
}

uint32_t alsSolve(float* solved, const float* fixed, const float* gram, uint32_t stride, uint32_t factors,
                  const uint32_t* order, const uint32_t* offsets, const uint32_t* indices, const float* weights,
                  const float* rights, const float* regularization, uint32_t steps, uint32_t solver, float* objective,
                  float* scratch, uint32_t begin, uint32_t end) {
  Batch small, large;
  for (uint32_t at = begin; at < end; at++) {
    const uint32_t u = order[at], first = offsets[u], pairs = offsets[u + 1] - first;
    const Row row = {fixed, stride, pairs, indices + first, weights + first, rights + first, regularization[u],
                     solved + size_t(u) * stride, objective + u};
    if (pairs == 0) {
      zero(row.x, stride);
      objective[u] = 0;
    } else if (solver == 2 || (solver == 0 && exactIsCheaper(pairs, factors, steps))) {
      objective[u] = cholesky(row, gram, factors, scratch);
    } else if (pairs > longFloats / stride) {
      if (large.count == mostTogether) conjugateGradients(large, gram, steps, scratch);
      large.add(row);
    } else {
      const bool full = small.count == group || small.floats + floatsOf(row) > cachedFloats;
      if (full) conjugateGradients(small, gram, steps, scratch);
      small.add(row);
    }
  }
  conjugateGradients(small, gram, steps, scratch);
  conjugateGradients(large, gram, steps, scratch);
  for (uint32_t at = begin; at < end; at++) {
    const float* x = solved + size_t(order[at]) * stride;
    if (!finite(objective[order[at]]) || !finite(dot(x, x, stride))) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace endcap
