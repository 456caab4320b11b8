// Adam on the squared error of quantities, in time that grows with the rows that a batch touches, not with all rows.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

constexpr float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;

// One side's embeddings and Adam's state for each of them.
struct Embeddings {
  float* factors;
  float* means;
  float* variances;
  uint32_t* steps;  // the last step that a row has taken
  uint32_t stride;
  const float* stepSizes;
  const float* inverseRoots;
  const double* series;
};

// Below this root of a variance, a hundred times epsilon, a series has too few terms.
constexpr float smallestRoot = 1e-6f;

ENDCAP_INLINE double power(double base, uint32_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base = base * base)
    if (exponent & 1) result = result * base;
  return result;
}

// Updates between two checks of whether the weights still change.
constexpr uint32_t run = 8;

// Takes weights without a gradient through the steps [from, step], one by one. Once a run of updates has changed no bit of
// them, later ones cannot change any either, since they are smaller: the ratio of mean to root variance only falls after
// about ten steps.
ENDCAP_INLINE Lanes stepByStep(const Embeddings& e, uint32_t from, uint32_t step, Lanes w, Lanes m, Lanes v) {
  for (uint32_t t = from; t <= step;) {
    const Lanes before = w;
    const uint32_t stop = step - t < run ? step + 1 : t + run;
    const bool settled = t > 2 * run && stop == t + run;
    for (; t < stop; t++) {
      m = m * splat(beta1);
      v = v * splat(beta2);
      w = w - splat(e.stepSizes[t]) * m / fma(squareRoot(v), splat(e.inverseRoots[t]), splat(epsilon));
    }
    if (settled && equal(w, before)) break;
  }
  return w;
}

// Takes a row without a gradient from its last step to `step`. Its moments only decay, so with r = sqrt(v) and d = epsilon / r
// its weights move by m / r (S0 - d S1 + d^2 S2), in which S are the series of these steps: all that begins at the first of
// them without what follows the last.
ENDCAP_INLINE void catchUp(const Embeddings& e, uint32_t row, uint32_t step) {
  const uint32_t from = e.steps[row] + 1;
  if (from > step) return;
  e.steps[row] = step;
  const double *first = e.series + size_t(from) * seriesTerms, *after = e.series + (size_t(step) + 1) * seriesTerms;
  const uint32_t steps = step + 1 - from;
  Lanes s[seriesTerms];
  double rate = 0.9;
  for (uint32_t j = 0; j < seriesTerms; j++) {
    rate = rate / squareRoot(0.999);
    s[j] = splat(float(first[j] - power(rate, steps) * after[j]));
  }
  const Lanes meanDecay = splat(float(power(0.9, steps))), varianceDecay = splat(float(power(0.999, steps)));
  for (size_t k = size_t(row) * e.stride, end = k + e.stride; k < end; k += Lanes::width) {
    const Lanes w = load(e.factors + k), m = load(e.means + k), v = load(e.variances + k), root = squareRoot(v);
    if (greater(root, splat(0)) & greater(splat(smallestRoot), root)) {
      store(e.factors + k, stepByStep(e, from, step, w, m, v));
    } else {
      const Lanes inverse = splat(1) / root, d = splat(epsilon) * inverse;
      const Lanes moved = w - m * inverse * (s[0] - d * (s[1] - d * s[2]));
      store(e.factors + k, choose(root, moved, w));
    }
    store(e.means + k, m * meanDecay);
    store(e.variances + k, v * varianceDecay);
  }
}

ENDCAP_INLINE void update(const Embeddings& e, uint32_t row, uint32_t step, const float* gradient) {
  e.steps[row] = step;
  const Lanes size = splat(e.stepSizes[step]), root = splat(e.inverseRoots[step]);
  for (uint32_t j = 0; j < e.stride; j += Lanes::width) {
    const size_t k = size_t(row) * e.stride + j;
    const Lanes g = load(gradient + j);
    const Lanes m = fma(splat(beta1), load(e.means + k), splat(1 - beta1) * g);
    const Lanes v = fma(splat(beta2), load(e.variances + k), splat(1 - beta2) * g * g);
    store(e.means + k, m);
    store(e.variances + k, v);
    store(e.factors + k, load(e.factors + k) - size * m / fma(squareRoot(v), root, splat(epsilon)));
  }
}

// The rows of one side that a batch touches. Each has a place for its gradient.
struct Touched {
  uint32_t* slots;  // by row: 1 + its place, or 0
  uint32_t* rows;   // by place
  float* gradients;
  uint32_t count;
};

ENDCAP_INLINE void touch(Touched& touched, const Embeddings& e, uint32_t row, uint32_t step) {
  if (touched.slots[row]) return;
  catchUp(e, row, step);
  zero(touched.gradients + size_t(touched.count) * e.stride, e.stride);
  touched.rows[touched.count] = row;
  touched.slots[row] = ++touched.count;
}

ENDCAP_INLINE void updateTouched(const Touched& touched, const Embeddings& e, uint32_t step) {
  for (uint32_t i = 0; i < touched.count; i++) {
    update(e, touched.rows[i], step, touched.gradients + size_t(i) * e.stride);
    touched.slots[touched.rows[i]] = 0;
  }
}

uint32_t adamBatches(float* customerFactors, float* customerMeans, float* customerVariances, uint32_t* customerSteps,
                     float* productFactors, float* productMeans, float* productVariances, uint32_t* productSteps,
                     uint32_t stride, uint32_t* customerSlots, uint32_t* productSlots, const uint32_t* customers,
                     const uint32_t* products, const float* quantities, const uint32_t* order, uint32_t lines,
                     uint32_t batchSize, const float* stepSizes, const float* inverseRoots, const double* series,
                     uint32_t firstStep, double* losses, float* scratch, uint32_t begin, uint32_t end) {
  const Embeddings c = {customerFactors, customerMeans, customerVariances, customerSteps, stride, stepSizes, inverseRoots,
                        series};
  const Embeddings p = {productFactors, productMeans, productVariances, productSteps, stride, stepSizes, inverseRoots,
                        series};
  const size_t gradients = size_t(batchSize) * stride;
  uint32_t* places = reinterpret_cast<uint32_t*>(scratch + 2 * gradients);
  for (uint32_t batch = begin; batch < end; batch++) {
    const uint32_t step = firstStep + batch, first = batch * batchSize;
    const uint32_t last = lines - first < batchSize ? lines : first + batchSize;
    Touched tc = {customerSlots, places, scratch, 0}, tp = {productSlots, places + batchSize, scratch + gradients, 0};
    for (uint32_t i = first; i < last; i++) {
      touch(tc, c, customers[order[i]], step - 1);
      touch(tp, p, products[order[i]], step - 1);
    }
    double loss = 0;
    for (uint32_t i = first; i < last; i++) {
      const uint32_t line = order[i], customer = customers[line], product = products[line];
      const float* x = customerFactors + size_t(customer) * stride;
      const float* y = productFactors + size_t(product) * stride;
      const float error = dot(x, y, stride) - quantities[line];
      loss += double(error) * double(error);
      const float slope = 2 * error / float(last - first);
      axpy(slope, y, tc.gradients + size_t(tc.slots[customer] - 1) * stride, stride);
      axpy(slope, x, tp.gradients + size_t(tp.slots[product] - 1) * stride, stride);
    }
    updateTouched(tc, c, step);
    updateTouched(tp, p, step);
    losses[batch] = loss / double(last - first);
    if (!(losses[batch] - losses[batch] == 0)) return 1;
  }
  return 0;
}

uint32_t adamCatchUp(float* factors, float* means, float* variances, uint32_t* steps, uint32_t stride,
                     const float* stepSizes, const float* inverseRoots, const double* series, uint32_t step, uint32_t begin,
                     uint32_t end) {
  const Embeddings e = {factors, means, variances, steps, stride, stepSizes, inverseRoots, series};
  for (uint32_t row = begin; row < end; row++) catchUp(e, row, step);
  return 0;
}

}  // namespace
}  // namespace endcap
