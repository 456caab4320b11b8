// The operations that training and scoring are made of. Plain functions over pointers: they allocate nothing, keep no
// pointer, throw nothing, and trust that the caller has checked every bound. assembly/kernels.ts holds their twins.
//
// Floats are f32, row-major. A `stride` is the distance between rows in floats, a multiple of 16; lanes past the last
// factor are zero. Sparse matrices are `offsets` (rows + 1), `indices` and values. Work is cut by rows: every operation
// that may run on several threads ends with the half-open range [begin, end) that the call covers, and writes nothing
// outside of it. `scratch` is the calling thread's own, of the size that src/kernel/operations.ts states.
#pragma once

#include <stdint.h>

namespace endcap {

// Candidates are packed in panels of this many.
constexpr uint32_t panelWidth = 16;
// Operations keep a row of factors in arrays of this length.
constexpr uint32_t maxFactors = 2048;
// Marks the unused end of a short list.
constexpr uint32_t noRow = 0xFFFFFFFF;
// alsSolve takes rows of more floats of factors than this together.
constexpr uint32_t longFloats = 1 << 20;

// The values of alsSolve's `solver`.
namespace Solver {
enum : uint32_t { cheapest = 0, gradients = 1, primal = 2, exact = 3 };
}

// How many floats of scratch the operations may use: for each query and each call of topN, and so on. From these numbers
// src/kernel/operations.ts computes the lengths; asserts beside the structs hold them against what is used.
namespace ScratchFloats {
constexpr uint32_t topNQuery = 88, topNCall = 640, topNTile = 12, topNQuad = 2, topNListed = 64;
constexpr uint32_t eigenvectorsColumn = 68, eigenvectorsStrip = 16, eigenvectorsCall = 1024;
constexpr uint32_t rotateRows = 68;
constexpr uint32_t alsSolveMatrices = 3, alsSolveRows = 400, alsSolveCall = 65536;
constexpr uint32_t adamBatchesCall = 64;
}  // namespace ScratchFloats

struct Kernels {
  const char* isa;

  // The score of candidate c for query q, in all of the next three, is their dot product; where there are priors (one a
  // candidate, else null) it is
  //   root * sqrt(max(0, q.c)) + priors[c] + bonus(q, c)
  // with root >= 0 and a bonus for few candidates of each query, 0 for all others.

  // Packs candidates[count][stride] for topN, sixteen to a panel, in the given order: position i holds row order[i], and
  // any permutation will do; it is quickest when those come first that are the best for most. The range is of panels.
  // Returns 1 where a factor or a prior is not finite.
  uint32_t (*pack)(const float* candidates, const uint32_t* order, uint32_t count, uint32_t stride, uint32_t factors,
                   const float* priors, float* packed, uint32_t begin, uint32_t end);

  // The n best of `count` candidates for each query: best first, ties to the lower row; rows 0xFFFFFFFF and scores 0 where
  // fewer are eligible. `packed`, `order` and `priors` are pack's. `mask` (one bit a row, 1 = eligible), the exclusion
  // lists and the bonus lists (both of ascending rows; a bonus makes nothing eligible, and without priors there is none)
  // may be null. A score does not depend on which queries are asked together. The range is of queries. Returns 1 where a
  // query or a bonus is not finite.
  uint32_t (*topN)(const float* queries, uint32_t stride, const float* packed, const float* candidates,
                   const uint32_t* order, uint32_t count, uint32_t factors, const float* priors, float root,
                   const uint32_t* mask, const uint32_t* excludeOffsets, const uint32_t* excludeRows,
                   const uint32_t* bonusOffsets, const uint32_t* bonusRows, const float* bonuses, uint32_t n,
                   uint32_t* rows, float* scores, float* scratch, uint32_t begin, uint32_t end);

  // The n best of the candidates listed for each query (ascending rows), with a bonus for each of them (or null for none);
  // scores equal those of topN bit for bit.
  uint32_t (*topNListed)(const float* queries, uint32_t stride, const float* candidates, const float* priors, float root,
                         const uint32_t* listOffsets, const uint32_t* listRows, const float* listBonuses, uint32_t n,
                         uint32_t* rows, float* scores, float* scratch, uint32_t begin, uint32_t end);

  // gram = scale * X'X for X[count][stride]; the range is of rows of the gram matrix, in multiples of 8.
  uint32_t (*gram)(const float* x, uint32_t count, uint32_t stride, float scale, float* gram, uint32_t begin,
                   uint32_t end);

  // Householder's reflections that make the first `size` rows and columns of a symmetric matrix tridiagonal. Both outputs
  // serve `eigenvectors`: `reflections` has the matrix's shape, `tridiagonal` five times its stride. The range is of steps,
  // in sequence: one thread.
  uint32_t (*tridiagonalize)(const float* matrix, uint32_t stride, uint32_t size, double* reflections, double* tridiagonal,
                             uint32_t begin, uint32_t end);

  // The eigenvectors as columns of vectors[stride][stride], and the eigenvalues in the same order, which is no particular
  // one, from what `tridiagonalize` found (implicit QL: Martin, Wilkinson 1968). In double precision, the same bytes in
  // every instruction set. The range is of rows of `vectors` and of values, in multiples of 16. Returns 1 where the matrix
  // is not finite.
  uint32_t (*eigenvectors)(const double* reflections, const double* tridiagonal, uint32_t stride, uint32_t size,
                           float* vectors, float* values, float* scratch, uint32_t begin, uint32_t end);

  // x = x * vectors for rows [begin, end) of x, in place.
  uint32_t (*rotate)(float* x, const float* vectors, uint32_t stride, float* scratch, uint32_t begin, uint32_t end);

  // For each row u of order[begin .. end) minimizes, with the other side's factors Y fixed,
  //   x'(G + regularization[u] I + sum_i weights[i] y_i y_i') x - 2 x' sum_i rights[i] y_i
  // over the pairs i of u, indices ascending and weights above zero: the half-step of implicit ALS (Hu, Koren, Volinsky
  // 2008, eq. 4). `solver` is 0: `steps` steps of conjugate gradients from the present x (Takács, Pilászy, Tikk 2011), or
  // Cholesky where that costs less; 1: always conjugate gradients; 2: always Cholesky; 3, for a diagonal G: exactly, by a
  // system of the size of u's pairs or of its factors, whichever costs less. objective[u] is the value reached. Rows
  // without pairs become zero. Long rows are quicker where one call has many of them. Returns 1 when a value left the
  // finite numbers.
  uint32_t (*alsSolve)(float* solved, const float* fixed, const float* gram, uint32_t stride, uint32_t factors,
                       const uint32_t* order, const uint32_t* offsets, const uint32_t* indices, const float* weights,
                       const float* rights, const float* regularization, uint32_t steps, uint32_t solver,
                       float* objective, float* scratch, uint32_t begin, uint32_t end);

  // Batches [begin, end) of one epoch of Adam (Kingma, Ba 2015) on the squared error of dot products, with the result of
  // the dense update (rows without a gradient move too) at the cost of the touched rows: a row's overdue steps are made
  // up when it is next touched. `order` is the epoch's permutation of the lines. stepSizes[t] is lr / (1 - 0.9^t) and
  // inverseRoots[t] 1 / sqrt(1 - 0.999^t) for step t >= 1; batch b is step firstStep + b. losses[b] is the batch's mean
  // squared error. `slots` (customers + products) is zero on entry and on return. Batches are in sequence: one thread.
  uint32_t (*adamBatches)(float* customerFactors, float* customerMeans, float* customerVariances,
                          uint32_t* customerSteps, float* productFactors, float* productMeans, float* productVariances,
                          uint32_t* productSteps, uint32_t stride, uint32_t* customerSlots, uint32_t* productSlots,
                          const uint32_t* customers, const uint32_t* products, const float* quantities,
                          const uint32_t* order, uint32_t lines, uint32_t batchSize, const float* stepSizes,
                          const float* inverseRoots, uint32_t firstStep, double* losses, float* scratch, uint32_t begin,
                          uint32_t end);

  // Makes up the overdue steps of rows [begin, end) so that all stand at `step`.
  uint32_t (*adamCatchUp)(float* factors, float* means, float* variances, uint32_t* steps, uint32_t stride,
                          const float* stepSizes, const float* inverseRoots, uint32_t step, uint32_t begin,
                          uint32_t end);

  // Runs `rounds` rounds of independent fused multiply-adds in registers; returns the floating-point operations of one
  // round. The measure that benchmarks hold the other operations against.
  uint32_t (*peak)(uint32_t rounds, float* sink);

  // Reads `count` floats, a multiple of 128, in one go: the other measure.
  uint32_t (*bandwidth)(const float* values, uint32_t count, float* sink);
};

// The instruction sets that this build holds and this CPU can run, best first.
uint32_t availableKernels(const Kernels** out, uint32_t capacity);

}  // namespace endcap
