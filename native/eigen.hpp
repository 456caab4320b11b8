// Eigenvectors of a symmetric matrix in double precision, and the rotation of rows of floats into their basis. The
// eigenvectors are the same bytes in every instruction set and in WebAssembly: each element is added and multiplied in one
// fixed order.
#pragma once

#include "gram.hpp"

namespace endcap {
namespace {

ENDCAP_INLINE double magnitude(double x) { return x < 0 ? -x : x; }

// Columns that go through all reflections and rotations at a time.
constexpr uint32_t stripWidth = 16;

// Subtracts row i of u w' + w u' from row i of A, and adds v[i] times the result to p.
ENDCAP_INLINE void updateRow(double* __restrict a, const double* __restrict u, const double* __restrict w, double ui,
                             double wi, double vi, double* __restrict p, uint32_t from, uint32_t length) {
  for (uint32_t c = from; c < length; c++) {
    const double value = a[c] - (ui * w[c] + wi * u[c]);
    a[c] = value;
    p[c] = p[c] + vi * value;
  }
}

// Does the same for four rows.
ENDCAP_INLINE void updateFourRows(double* __restrict a, uint32_t stride, const double* __restrict u,
                                  const double* __restrict w, const double* ui, const double* wi, const double* vi,
                                  double* __restrict p, uint32_t from, uint32_t length) {
  double *__restrict a0 = a, *__restrict a1 = a + stride, *__restrict a2 = a1 + stride, *__restrict a3 = a2 + stride;
  const double u0 = ui[0], u1 = ui[1], u2 = ui[2], u3 = ui[3], w0 = wi[0], w1 = wi[1], w2 = wi[2], w3 = wi[3];
  const double v0 = vi[0], v1 = vi[1], v2 = vi[2], v3 = vi[3];
  for (uint32_t c = from; c < length; c++) {
    const double uc = u[c], wc = w[c];
    const double x0 = a0[c] - (u0 * wc + w0 * uc), x1 = a1[c] - (u1 * wc + w1 * uc);
    const double x2 = a2[c] - (u2 * wc + w2 * uc), x3 = a3[c] - (u3 * wc + w3 * uc);
    a0[c] = x0;
    a1[c] = x1;
    a2[c] = x2;
    a3[c] = x3;
    p[c] = (((p[c] + v0 * x0) + v1 * x1) + v2 * x2) + v3 * x3;
  }
}

// Step k makes row and column k tridiagonal with the Householder reflection H = I - s v v', where v lies in [k + 1, size):
// A becomes H A H, which is A - v w' - w v' for w = s (A v - (s v'A v / 2) v). The pass over A that computes this step's A v
// also applies the last step's v and w, so each step reads and writes A once. v stays in row k and s in scales[k].
uint32_t tridiagonalize(const float* matrix, uint32_t stride, uint32_t size, double* reflections, double* tridiagonal,
                        uint32_t begin, uint32_t end) {
  double *diagonal = tridiagonal, *beside = diagonal + stride, *scales = beside + stride, *w = scales + stride;
  double* p = w + stride;
  if (begin == 0) {
    for (size_t i = 0; i < size_t(stride) * stride; i++) reflections[i] = double(matrix[i]);
    for (uint32_t i = 0; i < stride; i++) w[i] = 0;
  }
  for (uint32_t k = begin; k < end && k < size; k++) {
    double* v = reflections + size_t(k) * stride;
    const double* u = k == 0 ? w : v - stride;
    for (uint32_t c = k; c < size; c++) {
      v[c] = v[c] - (u[k] * w[c] + w[k] * u[c]);
      p[c] = 0;
    }
    diagonal[k] = v[k];
    beside[k] = scales[k] = 0;
    if (k + 1 == size) break;
    double squares = 0;
    for (uint32_t c = k + 2; c < size; c++) squares += v[c] * v[c];
    beside[k] = v[k + 1];
    if (squares > 0) {
      const double length = squareRoot(v[k + 1] * v[k + 1] + squares);
      beside[k] = v[k + 1] > 0 ? -length : length;
      v[k + 1] = v[k + 1] - beside[k];
      scales[k] = 2 / (v[k + 1] * v[k + 1] + squares);
    }
    uint32_t i = k + 1;
    for (; i + 4 <= size; i += 4)
      updateFourRows(reflections + size_t(i) * stride, stride, u, w, u + i, w + i, v + i, p, k + 1, size);
    for (; i < size; i++) updateRow(reflections + size_t(i) * stride, u, w, u[i], w[i], v[i], p, k + 1, size);
    double product = 0;
    for (uint32_t c = k + 1; c < size; c++) product += v[c] * p[c];
    const double half = scales[k] * product / 2;
    for (uint32_t c = k + 1; c < size; c++) w[c] = scales[k] * (p[c] - half * v[c]);
  }
  return 0;
}

// Rotations of a few sweeps of the QL algorithm that are yet to be applied. Sweep s rotates each of the rows tops[s],
// tops[s] - 1, ... of the eigenvectors with the row below it, by the cosines and sines that begin at starts[s].
constexpr uint32_t maxSweeps = 256;
struct Sweeps {
  double* turns;  // cosine, sine
  uint32_t capacity, used = 0, count = 0;
  uint32_t tops[maxSweeps] = {}, starts[maxSweeps + 1] = {};
};

// Multiplies x[size][stripWidth] by all reflections.
ENDCAP_INLINE void reflect(const double* reflections, const double* scales, uint32_t stride, uint32_t size, double* x) {
  for (uint32_t k = 0; k + 2 < size; k++) {
    if (scales[k] == 0) continue;
    const double* v = reflections + size_t(k) * stride;
    double t[stripWidth];
    for (uint32_t i = 0; i < stripWidth; i++) t[i] = 0;
    for (uint32_t c = k + 1; c < size; c++)
      for (uint32_t i = 0; i < stripWidth; i++) t[i] = t[i] + v[c] * x[size_t(c) * stripWidth + i];
    for (uint32_t i = 0; i < stripWidth; i++) t[i] = scales[k] * t[i];
    for (uint32_t c = k + 1; c < size; c++)
      for (uint32_t i = 0; i < stripWidth; i++)
        x[size_t(c) * stripWidth + i] = x[size_t(c) * stripWidth + i] - v[c] * t[i];
  }
}

ENDCAP_INLINE void applySweeps(const Sweeps& sweeps, double* x) {
  for (uint32_t s = 0; s < sweeps.count; s++) {
    double* upper = x + size_t(sweeps.tops[s]) * stripWidth;
    double lower[stripWidth];
    for (uint32_t i = 0; i < stripWidth; i++) lower[i] = upper[stripWidth + i];
    for (uint32_t turn = sweeps.starts[s]; turn < sweeps.starts[s + 1]; turn++, upper -= stripWidth) {
      const double cosine = sweeps.turns[2 * size_t(turn)], sine = sweeps.turns[2 * size_t(turn) + 1];
      for (uint32_t i = 0; i < stripWidth; i++) {
        const double a = upper[i], b = lower[i];
        upper[stripWidth + i] = sine * a + cosine * b;
        lower[i] = cosine * a - sine * b;
      }
    }
    for (uint32_t i = 0; i < stripWidth; i++) upper[stripWidth + i] = lower[i];
  }
}

// One sweep of the QL algorithm with implicit shift over rows [low, high] of the tridiagonal matrix (Martin, Wilkinson
// 1968).
ENDCAP_INLINE void sweep(double* d, double* e, uint32_t low, uint32_t high, Sweeps& sweeps) {
  const double slope = (d[low + 1] - d[low]) / (2 * e[low]), root = squareRoot(slope * slope + 1);
  double g = d[high] - d[low] + e[low] / (slope + (slope < 0 ? -root : root)), cosine = 1, sine = 1, shift = 0;
  double* turn = sweeps.turns + 2 * size_t(sweeps.used);
  uint32_t i = high;
  while (i > low) {
    i--;
    const double f = sine * e[i], b = cosine * e[i], length = squareRoot(f * f + g * g);
    e[i + 1] = length;
    if (length == 0) {
      // The matrix splits here; the part below gets its own sweep.
      d[i + 1] -= shift;
      e[high] = 0;
      i++;
      break;
    }
    sine = f / length;
    cosine = g / length;
    const double last = d[i + 1] - shift, r = (d[i] - last) * sine + 2 * cosine * b;
    shift = sine * r;
    d[i + 1] = last + shift;
    g = cosine * r - b;
    *turn++ = cosine;
    *turn++ = sine;
  }
  sweeps.tops[sweeps.count] = high - 1;
  sweeps.starts[sweeps.count++] = sweeps.used;
  sweeps.used += high - i;
  sweeps.starts[sweeps.count] = sweeps.used;
  if (i > low) return;
  d[low] -= shift;
  e[low] = g;
  e[high] = 0;
}

// The most sweeps for one eigenvalue; a matrix that takes more is not finite.
constexpr uint32_t maxTries = 64;
// Elements below this share of the norm count as zero: far less than floats can resolve.
constexpr double negligible = 1e-12;
// Room for rotations that are yet to be applied, for each column.
constexpr uint32_t rotationsPerColumn = 16;

// Every call computes all sweeps again: that takes a hundredth of the time to apply them to all columns.
uint32_t eigenvectors(const double* reflections, const double* tridiagonal, uint32_t stride, uint32_t size, float* vectors,
                      float* values, float* scratch, uint32_t begin, uint32_t end) {
  double *d = reinterpret_cast<double*>(scratch), *e = d + stride, *x = e + stride;
  const uint32_t strips = (end - begin + stripWidth - 1) / stripWidth;
  const size_t stripLength = size_t(size) * stripWidth;
  static_assert(4 + 4 * rotationsPerColumn <= ScratchFloats::eigenvectorsColumn, "the tridiagonal matrix and rotations");
  static_assert(stripWidth == ScratchFloats::eigenvectorsStrip, "columns in whole strips");
  Sweeps sweeps{x + strips * stripLength, rotationsPerColumn * stride};
  double norm = 0;
  for (uint32_t i = 0; i < size; i++) {
    d[i] = tridiagonal[i];
    e[i] = tridiagonal[stride + i];
    const double sum = magnitude(d[i]) + magnitude(e[i]);
    if (!finite(sum)) return 1;
    if (sum > norm) norm = sum;
  }
  for (uint32_t strip = 0; strip < strips; strip++) {
    double* own = x + strip * stripLength;
    for (size_t i = 0; i < stripLength; i++) own[i] = 0;
    for (uint32_t i = 0; i < stripWidth; i++) {
      const uint32_t row = begin + strip * stripWidth + i;
      if (row < size) own[row * stripWidth + i] = 1;
    }
    reflect(reflections, tridiagonal + 2 * stride, stride, size, own);
  }
  const double nothing = norm * negligible;
  const auto apply = [&] {
    for (uint32_t strip = 0; strip < strips; strip++) applySweeps(sweeps, x + strip * stripLength);
    sweeps.used = sweeps.count = 0;
  };
  for (uint32_t low = 0; low < size; low++) {
    for (uint32_t tries = 0;; tries++) {
      uint32_t high = low;
      while (high + 1 < size && magnitude(e[high]) > nothing) high++;
      if (high == low) break;
      if (tries == maxTries) return 1;
      if (sweeps.used + high - low > sweeps.capacity || sweeps.count == maxSweeps) apply();
      sweep(d, e, low, high, sweeps);
    }
  }
  apply();
  for (uint32_t row = begin; row < end; row++) {
    float* out = vectors + size_t(row) * stride;
    zero(out, stride);
    values[row] = row < size ? float(d[row]) : 0;
    const double* own = x + (row - begin) / stripWidth * stripLength + (row - begin) % stripWidth;
    for (uint32_t k = 0; row < size && k < size; k++) out[k] = float(own[size_t(k) * stripWidth]);
  }
  return 0;
}

// Rows of x that are rotated at a time: whole register tiles of every instruction set. Sums are split after so many terms.
constexpr uint32_t rotatedRows = 60, rotatedLength = 64;

// x = x Q in place, with Q in panels of as many columns as a register tile has: a part of a panel stays in a level-1 cache
// for all rows, wherever its columns are in Q.
uint32_t rotate(float* x, const float* vectors, uint32_t stride, float* scratch, uint32_t begin, uint32_t end) {
  static_assert(rotatedRows <= ScratchFloats::rotateRows, "rows before they are rotated");
  static_assert(rotatedRows % tileQueries == 0, "whole tiles");
  constexpr uint32_t wide = tileVectors * Lanes::width;
  float *before = scratch, *panels = before + size_t(rotatedRows) * stride;
  for (uint32_t column = 0; column < stride; column += wide) {
    const uint32_t width = stride - column < wide ? stride - column : wide;
    for (uint32_t k = 0; k < stride; k++)
      copy(vectors + size_t(k) * stride + column, panels + size_t(column) * stride + size_t(k) * width, width);
  }
  for (uint32_t from = begin; from < end; from += rotatedRows) {
    const uint32_t count = end - from < rotatedRows ? end - from : rotatedRows;
    float* rows = x + size_t(from) * stride;
    copy(rows, before, count * stride);
    zero(rows, count * stride);
    for (uint32_t column = 0; column < stride; column += wide) {
      const uint32_t width = stride - column < wide ? stride - column : wide;
      for (uint32_t k = 0; k < stride; k += rotatedLength) {
        const float* panel = panels + size_t(column) * stride + size_t(k) * width;
        const uint32_t length = stride - k < rotatedLength ? stride - k : rotatedLength;
        uint32_t row = 0;
        for (; row + tileQueries <= count; row += tileQueries) {
          const size_t at = size_t(row) * stride;
          multiplyRows<tileQueries, tileVectors, false>(before + at + k, panel, length, width, stride, rows + at + column);
        }
        for (; row < count; row++) {
          const size_t at = size_t(row) * stride;
          multiplyRows<1, tileVectors, false>(before + at + k, panel, length, width, stride, rows + at + column);
        }
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace endcap
