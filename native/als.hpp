// The half-step of implicit ALS: the rows of one side are solved while the other side is fixed.
#pragma once

#include "cholesky.hpp"
#include "gradients.hpp"

namespace endcap {
namespace {

// Outer products of this many floats of factors are summed in registers before they are added to a matrix.
constexpr uint32_t formedFloats = 2048;

// out += sum over rows of a[row] * y[row], V vectors of columns at a time. Returns the first column that is not done.
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

// Forms the equation's matrix A = G + regularization I + sum of weights_i y_i y_i', of which only the lower triangle in
// whole tiles of 8 x width, and b = sum of rights_i y_i. Factors are multiplied by the root of their weight first.
ENDCAP_INLINE void formSystem(const Row& row, const float* gram, float* a, float* b, float* y) {
  constexpr uint32_t maxBlock = formedFloats / 16;
  const uint32_t stride = row.stride, block = formedFloats / stride < group ? group : formedFloats / stride;
  zero(b, stride);
  for (size_t k = 0; k < size_t(stride) * stride; k += Lanes::width) store(a + k, load(gram + k));
  for (uint32_t j = 0; j < stride; j++) a[size_t(j) * stride + j] += row.regularization;
  for (uint32_t at = 0; at < row.pairs; at += block) {
    const uint32_t count = row.pairs - at < block ? row.pairs - at : block;
    float roots[maxBlock], rights[maxBlock];
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

// Solves A x = b by A = L L'. At the minimum, the objective is -x'b.
float solvePrimal(const Row& row, const float* gram, uint32_t factors, float* scratch) {
  const uint32_t stride = row.stride;
  const size_t square = size_t(stride) * stride;
  float *b = scratch, *a = b + stride, *l = a + square;
  formSystem(row, gram, a, b, l);
  factorize<false>(a, stride, factors, l, stride);
  solveFactorized(l, stride, factors, b, row.x);
  return -dot(row.x, b, stride);
}

// Solves the same in a basis in which G is diagonal, by a system of the size of the row's pairs. With
// D = (G + regularization I)^-1 and B = sqrt(W) Y sqrt(D), the Woodbury identity turns the equation into
// (I + B B') v = sqrt(W)^-1 c with x = sqrt(D) B' v.
float solveDual(const Row& row, const float* eigenvalues, float* scratch) {
  const uint32_t stride = row.stride, pairs = row.pairs, rows = (pairs + group - 1) / group * group;
  const uint32_t lStride = wholeLanes(pairs);
  float *d = scratch, *right = d + stride, *v = right + lStride, *b = v + lStride, *l = b + size_t(rows) * stride;
  const Lanes one = splat(1), regularization = splat(row.regularization);
  for (uint32_t k = 0; k < stride; k += Lanes::width)
    store(d + k, squareRoot(one / (load(eigenvalues + k) + regularization)));
  for (uint32_t i = 0; i < pairs; i++) {
    if (i + pairsAhead < pairs)
      for (uint32_t k = 0; k < stride; k += 16) prefetch(factorsOf(row, i + pairsAhead) + k);
    const float *y = factorsOf(row, i), root = squareRoot(row.weights[i]);
    right[i] = row.rights[i] / root;
    const Lanes wide = splat(root);
    for (uint32_t k = 0; k < stride; k += Lanes::width) store(b + size_t(i) * stride + k, wide * load(y + k) * load(d + k));
  }
  for (uint32_t i = pairs; i < rows; i++) zero(b + size_t(i) * stride, stride);
  factorize<true>(b, stride, pairs, l, lStride);
  solveFactorized(l, lStride, pairs, right, v);
  for (uint32_t i = pairs; i < lStride; i++) v[i] = 0;
  zero(row.x, stride);
  for (uint32_t i = 0; i < pairs; i += group) {
    const float* rowsOfB[group];
    for (uint32_t j = 0; j < uint32_t(group); j++) rowsOfB[j] = b + size_t(i + j) * stride;
    axpys(v + i, rowsOfB, group, row.x, stride);
  }
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(row.x + k, load(d + k) * load(row.x + k));
  double objective = 0;
  for (uint32_t i = 0; i < pairs; i++) objective -= double(right[i]) * (double(right[i]) - double(v[i]));
  return float(objective);
}

// Floating-point operations of each solver; src/kernel/operations/operations.ts has the same formulas.
ENDCAP_INLINE double primalCost(double pairs, double factors) {
  return pairs * factors * factors + factors * factors * factors / 3 + 2 * factors * factors;
}
ENDCAP_INLINE double dualCost(double pairs, double factors) {
  return pairs * pairs * factors + pairs * pairs * pairs / 3 + 4 * pairs * factors;
}
ENDCAP_INLINE double gradientsCost(double pairs, double factors, double steps) {
  return (steps + 1) * (4 * pairs * factors + 2 * factors * factors);
}

uint32_t alsSolve(float* solved, const float* fixed, const float* gram, uint32_t stride, uint32_t factors,
                  const uint32_t* order, const uint32_t* offsets, const uint32_t* indices, const float* weights,
                  const float* rights, const float* regularization, uint32_t steps, uint32_t solver, float* objective,
                  float* scratch, uint32_t begin, uint32_t end) {
  static_assert(3 * maxBatch + 1 <= ScratchFloats::alsSolveRows, "conjugate gradients of a batch");
  static_assert(formedFloats <= ScratchFloats::alsSolveCall, "factors times the roots of their weights");
  Batch small, large;
  const bool diagonal = solver >= Solver::exact;
  float* eigenvalues = scratch;
  if (diagonal) {
    // 1 in the padding: it is divided by, and regularization may be 0.
    for (uint32_t k = 0; k < stride; k++) eigenvalues[k] = k < factors ? gram[size_t(k) * stride + k] : 1;
    scratch += stride;
  }
  const Prior prior = {gram, diagonal ? eigenvalues : nullptr};
  const bool isCheapest = solver == Solver::cheapest || solver == Solver::cheapestDiagonal;
  // With a diagonal matrix, rows take turns only to fill the gaps between sums that depend on one another.
  const size_t fullBatch = diagonal ? closeFloats : cachedFloats;
  for (uint32_t at = begin; at < end; at++) {
    const uint32_t u = order[at], first = offsets[u], pairs = offsets[u + 1] - first;
    const Row row = {fixed, stride, pairs, indices + first, weights + first, rights + first, regularization[u],
                     solved + size_t(u) * stride, objective + u};
    if (pairs == 0) {
      zero(row.x, stride);
      objective[u] = 0;
    } else if (solver == Solver::exact && pairs < factors && dualCost(pairs, factors) < primalCost(pairs, factors)) {
      objective[u] = solveDual(row, eigenvalues, scratch);
    } else if (solver == Solver::exact || solver == Solver::primal ||
               (isCheapest && primalCost(pairs, factors) < gradientsCost(pairs, factors, steps))) {
      objective[u] = solvePrimal(row, gram, factors, scratch);
    } else if (pairs > longFloats / stride) {
      if (large.count == maxBatch) conjugateGradients(large, prior, steps, scratch);
      large.add(row);
    } else {
      prefetchFactors(row, 0, pairsAhead);
      const bool full = small.count == group || small.floats + floatsOf(row) > fullBatch;
      if (full) conjugateGradients(small, prior, steps, scratch);
      small.add(row);
    }
  }
  conjugateGradients(small, prior, steps, scratch);
  conjugateGradients(large, prior, steps, scratch);
  for (uint32_t at = begin; at < end; at++) {
    const float* x = solved + size_t(order[at]) * stride;
    if (!finite(objective[order[at]]) || !finite(dot(x, x, stride))) return 1;
  }
  return 0;
}

uint32_t alsProducts(const float* fixed, const float* gram, uint32_t stride, uint32_t factors, uint32_t pairs,
                     const uint32_t* indices, const float* weights, float regularization, const uint32_t* solved,
                     const uint32_t* met, uint32_t others, float* products, float* scratch, uint32_t begin, uint32_t end) {
  float *x = scratch, *b = x + stride, *a = b + stride, *l = a + size_t(stride) * stride;
  formSystem({fixed, stride, pairs, indices, weights, weights, regularization, x, nullptr}, gram, a, b, l);
  factorize<false>(a, stride, factors, l, stride);
  float total = 0;
  for (uint32_t k = begin; k < end; k++) {
    solveFactorized(l, stride, factors, fixed + size_t(solved[k]) * stride, x);
    float* out = products + size_t(k) * others;
    for (uint32_t j = 0; j < others; j++) {
      out[j] = dot(fixed + size_t(met[j]) * stride, x, stride);
      total += out[j] - out[j];
    }
  }
  return finite(total) ? 0 : 1;
}

uint32_t alsResiduals(const float* solved, const float* fixed, uint32_t stride, const uint32_t* offsets,
                      const uint32_t* indices, const float* weights, const float* rights, float* residuals, float* squares,
                      float* scratch, uint32_t begin, uint32_t end) {
  (void)scratch;
  float total = 0;
  for (uint32_t u = begin; u < end; u++) {
    const uint32_t first = offsets[u], pairs = offsets[u + 1] - first;
    if (pairs == 0) continue;
    const float* x = solved + size_t(u) * stride;
    const Row row = {fixed, stride, pairs, indices + first, weights + first, rights ? rights + first : nullptr, 0, nullptr, nullptr};
    if (residuals) {
      float* out = residuals + size_t(u) * stride;
      if (rights) addPairs<Pass::start>(row, 0, pairs, x, out);
      else addPairs<Pass::step>(row, 0, pairs, x, out);
      total += dot(out, out, stride);
    }
    if (squares) {
      squares[u] += float(addPairs<Pass::last>(row, 0, pairs, x, nullptr));
      total += squares[u];
    }
    total -= total;
    if (!finite(total)) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace endcap
