// Conjugate gradients for the rows of an ALS half-step (Takács, Pilászy, Tikk 2011). Several rows advance in step, so that
// the Gram matrix is read once for all of them. If it is diagonal, they do so only to share the other side's factors.
#pragma once

#include "gram.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// One row's problem: its pairs, and the factors of the other side that they point to. x and the objective are results.
struct Row {
  const float* fixed;
  uint32_t stride, pairs;
  const uint32_t* indices;
  const float* weights;
  const float* rights;
  float regularization;
  float* x;
  float* objective;
};

ENDCAP_INLINE const float* factorsOf(const Row& row, uint32_t pair) {
  return row.fixed + size_t(row.indices[pair]) * row.stride;
}

ENDCAP_INLINE size_t floatsOf(const Row& row) { return size_t(row.pairs) * row.stride; }

// Floats of factors that fit in a level-2 cache next to the Gram matrix. Rows with fewer are solved several at a time.
constexpr uint32_t cachedFloats = 1 << 17;
// The same for a level-1 cache.
constexpr uint32_t closeFloats = 1 << 13;
// Rows with more than longFloats go through the other side's factors in blocks of blockFloats, many rows at a time, so that
// each block comes from memory once for all of them.
constexpr uint32_t blockFloats = 1 << 16;
constexpr uint32_t maxBatch = 128;

struct Batch {
  Row rows[maxBatch];
  uint32_t count = 0;
  size_t floats = 0;
  void add(const Row& row) {
    rows[count++] = row;
    floats += floatsOf(row);
  }
};

// The Gram matrix: either all of it, or its diagonal if the rest is zero.
struct Prior {
  const float* gram;
  const float* diagonal;
};

// out = -(D + regularization I) v, where D is the prior if it is diagonal, and zero if not.
ENDCAP_INLINE void scaleByPrior(const Row& row, const Prior& prior, const float* v, float* out) {
  const Lanes regularization = splat(row.regularization), zero = splat(0);
  for (uint32_t k = 0; k < row.stride; k += Lanes::width) {
    const Lanes d = prior.diagonal ? regularization + load(prior.diagonal + k) : regularization;
    store(out + k, zero - d * load(v + k));
  }
}

// Conjugate gradients stop when r'r is no larger.
constexpr float convergedSquares = 1e-20f;

// `start` computes the residual b - A x, `step` computes -A p, and `last` computes only p'A p, since no step follows.
enum class Pass { start, step, last };

// Pairs are taken in chunks, in one pass for their products and another for their sum: their factors stay in a level-1
// cache, and neither pass waits for the horizontal sums of the other.
constexpr uint32_t chunkFloats = 4096;
constexpr uint32_t maxInChunk = chunkFloats / 16;

// Replaces the products y_i . v of the pairs [at, at + length) by the coefficients with which the y_i are added, followed
// by zeros up to a whole group. Returns the sum of rights_i * (y_i . x) for a start, of weights_i * (y_i . p)^2 for a last
// step.
template <Pass pass>
ENDCAP_INLINE double coefficients(const Row& row, uint32_t at, uint32_t length, float* a) {
  const float *weights = row.weights + at, *rights = row.rights + at;
  double sum = 0;
  for (uint32_t i = 0; i < length; i++) {
    if (pass == Pass::start) sum += double(rights[i] * a[i]);
    if (pass == Pass::last) sum += double(weights[i] * a[i] * a[i]);
    a[i] = (pass == Pass::start ? rights[i] : 0) - weights[i] * a[i];
  }
  for (uint32_t i = length; i % group; i++) a[i] = 0;
  ENDCAP_SETTLE();
  return sum;
}

// Factors are prefetched this many pairs ahead.
constexpr uint32_t pairsAhead = 16;

ENDCAP_INLINE void prefetchFactors(const Row& row, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to && i < row.pairs; i++) {
    const float* factors = factorsOf(row, i);
    ENDCAP_UNROLL
    for (uint32_t k = 0; k < row.stride; k += 16) prefetch(factors + k);
  }
}

// Adds the part of the pairs [from, to) of a row to out. Returns the sum of `coefficients`.
template <Pass pass>
double addPairs(const Row& row, uint32_t from, uint32_t to, const float* v, float* out) {
  const uint32_t stride = row.stride, chunk = chunkFloats / stride < group ? group : chunkFloats / stride / group * group;
  const bool fetches = pass == Pass::start || floatsOf(row) > cachedFloats;
  double sum = 0;
  for (uint32_t at = from; at < to; at += chunk) {
    const uint32_t length = to - at < chunk ? to - at : chunk;
    const float* rows[maxInChunk];
    float a[maxInChunk];
    for (uint32_t i = 0; i < length; i++) rows[i] = factorsOf(row, at + i);
    for (uint32_t i = length; i % group; i++) rows[i] = rows[length - 1];
    for (uint32_t i = 0; i < length; i += group) {
      if (fetches) prefetchFactors(row, at + i + pairsAhead, at + i + pairsAhead + group);
      if (i + 4 < length) dots<group>(rows + i, v, stride, a + i);
      else dots<4>(rows + i, v, stride, a + i);
    }
    sum += coefficients<pass>(row, at, length, a);
    if (pass == Pass::last) continue;
    axpys(a, rows, length, out, stride);
  }
  return sum;
}

// Adds the pairs' part of every row of a batch to out, in blocks of `blockRows` rows of the other side; sums[i] become the
// sums of `coefficients`.
template <Pass pass>
void addBlocks(const Batch& batch, uint32_t blockRows, const float* v, float* out, double* sums) {
  const uint32_t stride = batch.rows[0].stride;
  uint32_t done[maxBatch] = {};
  for (uint32_t i = 0; i < batch.count; i++) sums[i] = 0;
  bool left = true;
  for (uint32_t border = blockRows; left; border += blockRows) {
    left = false;
    for (uint32_t i = 0; i < batch.count; i++) {
      const Row& row = batch.rows[i];
      uint32_t to = done[i];
      while (to < row.pairs && row.indices[to] < border) to++;
      sums[i] += addPairs<pass>(row, done[i], to, v + size_t(i) * stride, out + size_t(i) * stride);
      done[i] = to;
      left = left || to < row.pairs;
    }
  }
}

// out = b - A v for a start, -A v for a step. For a last step, the pairs' part is in the sums and not in out.
template <Pass pass>
ENDCAP_INLINE void residuals(const Batch& batch, const Prior& prior, const float* v, float* out, double* sums) {
  const uint32_t stride = batch.rows[0].stride;
  for (uint32_t i = 0; i < batch.count; i++)
    scaleByPrior(batch.rows[i], prior, v + size_t(i) * stride, out + size_t(i) * stride);
  if (batch.rows[0].pairs > longFloats / stride) addBlocks<pass>(batch, blockFloats / stride, v, out, sums);
  else
    for (uint32_t i = 0; i < batch.count; i++)
      sums[i] = addPairs<pass>(batch.rows[i], 0, batch.rows[i].pairs, v + size_t(i) * stride, out + size_t(i) * stride);
  if (!prior.diagonal) subtractProducts(v, prior.gram, batch.count, stride, out);
}

// One step of a row: x += alpha p, r -= alpha A p, p = r + beta p. Returns the new r'r.
ENDCAP_INLINE float stepAlong(float alpha, float residual, const float* minusAp, uint32_t stride, float* x, float* r,
                              float* p) {
  const Lanes wide = splat(alpha);
  Lanes squares = splat(0);
  for (uint32_t k = 0; k < stride; k += Lanes::width) {
    store(x + k, fma(wide, load(p + k), load(x + k)));
    const Lanes rk = fma(wide, load(minusAp + k), load(r + k));
    store(r + k, rk);
    squares = fma(rk, rk, squares);
  }
  const float next = sum(squares);
  const Lanes beta = splat(next / residual);
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(p + k, fma(beta, load(p + k), load(r + k)));
  return next;
}

// Solves the rows of a batch and empties it. The minimum satisfies A x = b, and the objective is x'Ax - 2x'b: at the start
// that is -x'b - x'r, and each step along p reduces it by alpha * r'r.
void conjugateGradients(Batch& batch, const Prior& prior, uint32_t steps, float* scratch) {
  if (batch.count == 0) return;
  const uint32_t stride = batch.rows[0].stride;
  const size_t all = size_t((batch.count + group - 1) / group * group) * stride;
  float *p = scratch, *r = p + all, *minusAp = r + all;
  double sums[maxBatch], objectives[maxBatch];
  float squares[maxBatch];
  for (uint32_t i = 0; i < batch.count; i++) copy(batch.rows[i].x, p + i * size_t(stride), stride);
  residuals<Pass::start>(batch, prior, p, r, sums);
  for (uint32_t i = 0; i < batch.count; i++) {
    const size_t at = i * size_t(stride);
    objectives[i] = -sums[i] - double(dot(p + at, r + at, stride));
    squares[i] = dot(r + at, r + at, stride);
    copy(r + at, p + at, stride);
  }
  for (uint32_t step = 1; step <= steps; step++) {
    const bool last = step == steps;
    if (last) residuals<Pass::last>(batch, prior, p, minusAp, sums);
    else residuals<Pass::step>(batch, prior, p, minusAp, sums);
    for (uint32_t i = 0; i < batch.count; i++) {
      const size_t at = i * size_t(stride);
      const float curvature = float((last ? sums[i] : 0) - double(dot(p + at, minusAp + at, stride)));
      if (!(squares[i] > convergedSquares && curvature > 0)) {
        squares[i] = 0;
        continue;
      }
      const float alpha = squares[i] / curvature;
      objectives[i] -= double(alpha) * double(squares[i]);
      squares[i] = stepAlong(alpha, squares[i], minusAp + at, stride, batch.rows[i].x, r + at, p + at);
    }
  }
  for (uint32_t i = 0; i < batch.count; i++) *batch.rows[i].objective = float(objectives[i]);
  batch.count = 0;
  batch.floats = 0;
}

}  // namespace
}  // namespace endcap
