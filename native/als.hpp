// Implicit ALS: the Gram matrix, and the half-step that solves one side's rows.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// out[8 rows][columns] += sum over `length` rows of a[row][0..8) x b[row][0..columns), one register tile of V vectors after
// the other.
template <int V>
ENDCAP_INLINE uint32_t outerTiles(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t column,
                                  uint32_t columns, float* out) {
  for (; column + V * Lanes::width <= columns; column += V * Lanes::width) {
    Lanes s[group][V];
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = splat(0);
    }
    for (size_t row = 0; row < size_t(length) * stride; row += stride) {
      Lanes bj[V];
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) bj[v] = load(b + row + column + v * Lanes::width);
      ENDCAP_UNROLL
      for (int r = 0; r < group; r++) {
        const Lanes ar = splat(a[row + size_t(r)]);
        ENDCAP_UNROLL
        for (int v = 0; v < V; v++) s[r][v] = fma(ar, bj[v], s[r][v]);
      }
    }
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) {
        float* o = out + size_t(r) * stride + column + v * Lanes::width;
        store(o, load(o) + s[r][v]);
      }
    }
  }
  return column;
}

ENDCAP_INLINE void outer8(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t columns, float* out) {
  const uint32_t column = outerTiles<outerVectors>(a, b, stride, length, 0, columns, out);
  outerTiles<1>(a, b, stride, length, column, columns, out);
}

uint32_t gram(const float* x, uint32_t count, uint32_t stride, float scale, float* out, uint32_t begin, uint32_t end) {
  // So many rows of X are summed before they are added to the total: long f32 sums lose digits, and 128 rows of 64
  // factors stay in a level-1 cache.
  constexpr uint32_t block = 128;
  for (uint32_t i = begin; i < end; i++) zero(out + size_t(i) * stride, stride);
  for (uint32_t from = 0; from < count; from += block) {
    const float* rows = x + size_t(from) * stride;
    const uint32_t length = count - from < block ? count - from : block;
    for (uint32_t i = begin; i < end; i += group) outer8(rows + i, rows, stride, length, stride, out + size_t(i) * stride);
  }
  for (uint32_t i = begin; i < end; i++)
    for (uint32_t j = 0; j < stride; j += Lanes::width) {
      float* o = out + size_t(i) * stride + j;
      store(o, splat(scale) * load(o));
    }
  return 0;
}

// One row's problem: its pairs, and the other side's factors they point to.
struct Row {
  const float* fixed;
  const float* gram;
  uint32_t stride, factors, pairs;
  const uint32_t* indices;
  const float* weights;
  const float* rights;
  float regularization;
};

// Floats of gathered factors that stay in a level-2 cache over all the steps of a row.
constexpr uint32_t residentFloats = 65536;

ENDCAP_INLINE const float* factorsOf(const Row& row, uint32_t pair) {
  return row.fixed + size_t(row.indices[pair]) * row.stride;
}

// Factors that will be wanted soon: they are asked for a few at a time, between other work.
struct Upcoming {
  const float* fixed;
  uint32_t stride;
  const uint32_t* next;
  const uint32_t* end;
};

ENDCAP_INLINE void fetch(Upcoming& upcoming, uint32_t pairs) {
  for (; pairs > 0 && upcoming.next < upcoming.end; pairs--, upcoming.next++) {
    const float* y = upcoming.fixed + size_t(*upcoming.next) * upcoming.stride;
    for (uint32_t k = 0; k < upcoming.stride; k += 16) prefetch(y + k);
  }
}

// The factors of pairs [at, at + count) in interleaved blocks, the last one filled up with zeros.
ENDCAP_INLINE void gather(const Row& row, uint32_t at, uint32_t count, const float* zeros, float* blocks) {
  for (uint32_t i = 0; i < count; i += group, blocks += group * row.stride) {
    const float* rows[group];
    ENDCAP_UNROLL
    for (uint32_t r = 0; r < group; r++) rows[r] = i + r < count ? factorsOf(row, at + i + r) : zeros;
    interleave(rows, row.stride, blocks);
  }
}

// Floats of gathered factors that are passed over twice, once for their products with x and once for their sum: they stay
// in a level-1 cache, and neither pass waits for the sums of lanes of the other.
constexpr uint32_t chunkFloats = 4096;
constexpr uint32_t mostInChunk = chunkFloats / 16;

// out += sum over the gathered pairs [at, at + count) of (rights_i - weights_i * (y_i . x)) y_i. With no `start` the rights
// are left out; with one it gains rights_i * (y_i . x).
ENDCAP_INLINE void addPairs(const Row& row, const float* blocks, uint32_t at, uint32_t count, const float* x, double* start,
                            Upcoming& upcoming, float* out) {
  const uint32_t stride = row.stride, chunk = chunkFloats / stride < group ? group : chunkFloats / stride / group * group;
  for (uint32_t from = 0; from < count; from += chunk) {
    const uint32_t length = count - from < chunk ? count - from : chunk;
    const float *y = blocks + size_t(from) * stride, *weights = row.weights + at + from, *rights = row.rights + at + from;
    float a[mostInChunk];
    for (uint32_t i = 0; i < length; i += group) dots8(y + size_t(i) * stride, x, stride, a + i);
    if (start) {
      float reached = 0;
      for (uint32_t i = 0; i < length; i++) {
        reached += rights[i] * a[i];
        a[i] = rights[i] - weights[i] * a[i];
      }
      *start += double(reached);
    } else {
      for (uint32_t i = 0; i < length; i++) a[i] = -weights[i] * a[i];
    }
    // Past the last pair the products are zero, and so are these coefficients.
    ENDCAP_SETTLE();
    for (uint32_t i = 0; i < length; i += group) {
      axpys8(a + i, y + size_t(i) * stride, out, stride);
      fetch(upcoming, 3);
    }
  }
}

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
ENDCAP_INLINE void formSystem(const Row& row, float* a, float* b, float* y) {
  constexpr uint32_t most = formedFloats / 16;
  const uint32_t stride = row.stride, block = formedFloats / stride < group ? group : formedFloats / stride;
  const uint32_t* indices = row.indices;
  Upcoming upcoming = {row.fixed, stride, indices + (block < row.pairs ? block : row.pairs), indices + row.pairs};
  zero(b, stride);
  for (size_t k = 0; k < size_t(stride) * stride; k += Lanes::width) store(a + k, load(row.gram + k));
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
      fetch(upcoming, (block * group + stride - 1) / stride);
      const uint32_t columns = (i + group + Lanes::width - 1) / Lanes::width * Lanes::width;
      outer8(y + i, y, stride, count, columns, a + size_t(i) * stride);
    }
  }
}

ENDCAP_INLINE void mirror(float* a, uint32_t stride) {
  for (uint32_t i = 0; i < stride; i++)
    for (uint32_t j = i + 1; j < stride; j++) a[size_t(i) * stride + j] = a[size_t(j) * stride + i];
}

// Where a row's gathered factors do not stay in cache, a wide machine multiplies faster by the matrix itself.
ENDCAP_INLINE bool formsMatrix(const Row& row) {
  return size_t(row.pairs) * row.stride > residentFloats && row.factors <= uint32_t(Lanes::width) * 10;
}

// With A x = b the minimum's equation, the objective is x'Ax - 2x'b. At the start it is -x'b - x'r, and each step along p
// takes off alpha * r'r.
float conjugateGradient(const Row& row, float* x, uint32_t steps, Upcoming& upcoming, float* scratch) {
  const uint32_t stride = row.stride, capacity = residentFloats / stride / group * group;
  float *r = scratch, *p = r + stride, *minusAp = p + stride, *zeros = minusAp + stride, *a = zeros + stride;
  float* gathered = a + size_t(stride) * stride;
  const bool matrix = formsMatrix(row), resident = row.pairs <= capacity;
  double start = 0;
  // out += b - A v, or with no `start` out -= A v.
  const auto addResidual = [&](const float* v, double* started, float* out) {
    if (matrix) return subtractProduct(a, stride, v, out);
    for (uint32_t at = 0; at < row.pairs; at += capacity) {
      const uint32_t count = row.pairs - at < capacity ? row.pairs - at : capacity;
      if (!resident || started) gather(row, at, count, zeros, gathered);
      addPairs(row, gathered, at, count, v, started, upcoming, out);
    }
    axpy(-row.regularization, v, out, stride);
    subtractProduct(row.gram, stride, v, out);
  };
  if (matrix) {
    formSystem(row, a, r, gathered);
    mirror(a, stride);
    start = double(dot(x, r, stride));
  } else {
    zero(r, stride);
    zero(zeros, stride);
  }
  addResidual(x, &start, r);
  double objective = -start - double(dot(x, r, stride));
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(p + k, load(r + k));
  float residual = dot(r, r, stride);
  for (uint32_t step = 0; step < steps && residual > 1e-20f; step++) {
    zero(minusAp, stride);
    addResidual(p, nullptr, minusAp);
    const float curvature = -dot(p, minusAp, stride);
    if (!(curvature > 0)) break;
    const float alpha = residual / curvature;
    objective -= double(alpha) * double(residual);
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
    residual = next;
  }
  return float(objective);
}

// A = L L', lower triangles; L L' x = b. At the minimum the objective is -x'b.
float cholesky(const Row& row, float* x, float* scratch) {
  const uint32_t stride = row.stride, factors = row.factors;
  float *b = scratch, *a = scratch + stride;
  formSystem(row, a, b, a + size_t(stride) * stride);
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
                  const uint32_t* offsets, const uint32_t* indices, const float* weights, const float* rights,
                  const float* regularization, uint32_t steps, uint32_t solver, float* objective, float* scratch,
                  uint32_t begin, uint32_t end) {
  for (uint32_t u = begin; u < end; u++) {
    float* x = solved + size_t(u) * stride;
    const uint32_t first = offsets[u], pairs = offsets[u + 1] - first;
    objective[u] = 0;
    if (pairs == 0) {
      zero(x, stride);
      continue;
    }
    const Row row = {fixed, gram, stride, factors, pairs, indices + first, weights + first, rights + first, regularization[u]};
    // While this row is solved, the factors of the next one come into the cache.
    const uint32_t nextEnd = u + 1 < end ? offsets[u + 2] : offsets[u + 1], most = residentFloats / 2 / stride;
    const uint32_t ahead = nextEnd - offsets[u + 1] < most ? nextEnd - offsets[u + 1] : most;
    Upcoming upcoming = {fixed, stride, indices + offsets[u + 1], indices + offsets[u + 1] + ahead};
    const bool exact = solver == 2 || (solver == 0 && exactIsCheaper(pairs, factors, steps));
    objective[u] = exact ? cholesky(row, x, scratch) : conjugateGradient(row, x, steps, upcoming, scratch);
    if (!finite(objective[u]) || !finite(dot(x, x, stride))) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace endcap
