// The operations that training and scoring are made of: plain functions over pointers. They allocate nothing, keep no
// pointers, throw nothing, and trust that src/kernel/operations/arguments.ts has checked every length. assembly/kernels.ts has their
// twins; test/kernel/twins.test.ts compares the two with the table in src/kernel/operations/definitions.ts.
//
// Floats are f32, row-major. A `stride` is the distance between rows in floats, a multiple of 16; lanes past the last
// factor are zero. Sparse matrices are `offsets` (rows + 1), `indices`, and values. Work is cut by rows: every operation
// that may run on several threads ends with the half-open range [begin, end) that the call covers, and writes nothing
// outside it. `scratch` belongs to the calling thread; src/kernel/operations/operations.ts computes its length.
#pragma once

#include <stdint.h>

namespace endcap {

// Candidates in one packed panel.
constexpr uint32_t panelWidth = 16;
// Operations keep a row of factors in arrays of this length.
constexpr uint32_t maxFactors = 2048;
// Scores of factors, priors, bonuses, and a root of at most this magnitude are finite: 2048 products of 1e30 are far from the
// largest float. Operations stay within their arrays whatever numbers they get, and say if they made one that is not finite.
constexpr float maxMagnitude = 1e15f;
// Marks the unused end of a short list.
constexpr uint32_t noRow = 0xFFFFFFFF;
// The group of candidates that belong to none.
constexpr uint32_t noGroup = 0xFFFFFFFF;
// Terms of the series by which rows without a gradient move in Adam's steps.
constexpr uint32_t seriesTerms = 3;
// Longer lists are sorted now and then, in scratch; up to this length, they are in order all the time.
constexpr uint32_t shortList = 512;
// alsSolve solves rows with more floats of factors than this together.
constexpr uint32_t longFloats = 1 << 20;
// Rows of a matrix that one step of its inversion eliminates.
constexpr uint32_t pivotRows = 64;

// The values of alsSolve's `solver`.
namespace Solver {
enum : uint32_t { cheapest = 0, gradients = 1, primal = 2, exact = 3, cheapestDiagonal = 4, gradientsDiagonal = 5 };
}

// Floats of scratch that each operation may use, for example for each query and for each call of topN. From the same
// numbers src/kernel/operations/operations.ts computes lengths; static asserts next to the structs compare them with what is used.
namespace ScratchFloats {
constexpr uint32_t topNQuery = 96, topNCall = 1536, topNTile = 12, topNQuad = 2, topNListed = 96;
constexpr uint32_t longQuery = 4, longCall = 4, longSort = 2080, groupsQuery = 21;
constexpr uint32_t neighboursCount = 3, neighboursCall = 80;
constexpr uint32_t eigenvectorsColumn = 68, eigenvectorsStrip = 16, eigenvectorsCall = 1024;
constexpr uint32_t rotateRows = 68;
constexpr uint32_t alsSolveMatrices = 3, alsSolveRows = 400, alsSolveCall = 65536;
constexpr uint32_t adamBatchesCall = 64;
}  // namespace ScratchFloats

// Places in cleanRecords' `format`. Those from formatCustomer on are numbers of columns, `width` or more for none.
namespace RecordFormat {
enum : uint32_t {
  formatSeparator = 0, formatLineBreak = 1, formatWidth = 2, formatLeftOut = 3, formatHeaderLength = 4, formatHeader = 5,
  formatCustomer = 6, formatProduct = 7, formatQuantity = 8, formatOrder = 9, formatTime = 10, formatPrice = 11,
  formatName = 12, formatCategory = 13
};
}
// Places in its `state`; the last two are the first of seven of NumberingCount.
namespace RecordState {
enum : uint32_t {
  stateAt = 0, stateLine = 1, stateRecords = 2, stateDateOrder = 3, stateBlock = 4, statePurchases = 5,
  statePurchaseRoom = 6, stateReturns = 7, stateReturnRoom = 8, stateCancelled = 9, stateCancelledRoom = 10, stateDeferred = 11,
  stateDeferredRoom = 12, stateSeen = 13, stateProductRoom = 14, stateCustomers = 15, stateProducts = 22
};
}
namespace NumberingCount {
enum : uint32_t {
  countSlots = 0, countStoreRoom = 1, countFreshRoom = 2, countIds = 3, countCells = 4, countStored = 5, countFresh = 6
};
}
// Why cleanRecords stopped.
namespace Stopped {
enum : uint32_t { atEnd = 0, atRecord = 1, forRoom = 2 };
}

struct Kernels {
  const char* isa;

  // In the next three operations, the score of candidate c for query q is their dot product. With priors (one for each
  // candidate, or null), it is
  //   root * sqrt(max(0, q.c)) + priors[c] + bonus(q, c)
  // where root >= 0 and each query gives a bonus to a few candidates and 0 to all others.

  // Packs candidates[count][stride] for topN, sixteen to a panel, in the given order: position i holds row order[i]. Any
  // permutation works; scoring is fastest if the candidates that are best for most queries come first. With `groups` (one for
  // each candidate, or null), lists with a limit for each of these groups are fastest if most panels are of one group. The
  // range is of panels. Returns 1 if a factor or a prior is not finite.
  uint32_t (*pack)(const float* candidates, const uint32_t* order, uint32_t count, uint32_t stride, uint32_t factors,
                   const float* priors, const uint32_t* groups, float* packed, uint32_t begin, uint32_t end);

  // The n best of `count` candidates for each query, best first, ties to the lower row; if fewer are eligible, the rest of
  // the list has rows noRow and scores 0. With `groups` (one for each candidate, or null) and a `groupLimit` above 0, it is
  // the list that results if candidates are taken in this order and those whose group has `groupLimit` candidates on the
  // list are skipped; noGroup has no limit. `packed`, `order`, and `priors` are those of `pack`, and so are `groups` if it had
  // them. `mask` (one bit for each row, 1 = eligible), the exclusion lists, and the bonus lists may be null. Lists hold
  // ascending rows; those of bonuses need not go on so after a beginning, and may end with noRow. A bonus does not make a candidate eligible, and without priors there
  // are no bonuses. `lengths` (of each candidate, or null) changes no list: it pays if queries give a bonus to hundreds. A
  // score does not depend on the other queries of the
  // call. The range is of queries. Returns 1 if a query, a bonus, or a score on a list is not finite.
  uint32_t (*topN)(const float* queries, uint32_t stride, const float* packed, const float* candidates,
                   const uint32_t* order, uint32_t count, uint32_t factors, const float* priors, float root,
                   const uint32_t* mask, const uint32_t* excludeOffsets, const uint32_t* excludeRows,
                   const uint32_t* bonusOffsets, const uint32_t* bonusRows, const float* bonuses, const float* lengths,
                   const uint32_t* groups, uint32_t groupLimit, uint32_t n, uint32_t* rows, float* scores, float* scratch,
                   uint32_t begin, uint32_t end);

  // The n best of the candidates listed for each query, in ascending rows, with a bonus for each of them or null for none.
  // Scores are those of topN, bit for bit, and so are limits of groups. The range is of queries. Returns 1 if a query, a bonus,
  // or a score on a list is not finite.
  uint32_t (*topNListed)(const float* queries, uint32_t stride, const float* candidates, const float* priors, float root,
                         const uint32_t* listOffsets, const uint32_t* listRows, const float* listBonuses,
                         const uint32_t* groups, uint32_t groupLimit, uint32_t n, uint32_t* rows, float* scores,
                         float* scratch, uint32_t begin, uint32_t end);

  // Bonus lists of the item-item term for topN. The sum of a product i is that of strengths(j, i) over the rows j that a query
  // bought, in their order, where strengths is a sparse matrix of `count` rows and columns with ascending columns. Query q has
  // the room bonusOffsets[q] .. bonusOffsets[q + 1] of the lists, at least one place for each row bought. They get
  //   - all rows bought, with boughtBonuses, or 0 if that is null, + weight * sqrt(max(0, sum))
  //   - as many of the others as still have room, those with the largest sums above 0, ties to the lower row, with
  //     weight * sqrt(sum), in any order
  // and the rest of the room gets noRow and 0. The range is of queries.
  uint32_t (*neighbourBonuses)(const uint32_t* boughtOffsets, const uint32_t* boughtRows, const float* boughtBonuses,
                               const uint32_t* neighbourOffsets, const uint32_t* neighbourRows, const float* strengths,
                               uint32_t count, float weight, const uint32_t* bonusOffsets, uint32_t* bonusRows,
                               float* bonuses, float* scratch, uint32_t begin, uint32_t end);

  // Chooses n of a ranked pool of candidates for each query by maximal marginal relevance (Carbonell, Goldstein 1998):
  // repeatedly the one with the largest
  //   (1 - diversity) * relevance - diversity * largest cosine with a candidate chosen before
  // whose group is not full, where relevance is the score scaled to 0..1 over the pool, the first choice has no cosine, and
  // ties go to the better ranked. A pool is `pool` rows and scores, best first, noRow past the end. `groups` and
  // `groupLimit` are those of topN. The call takes the steps [firstStep, firstStep + steps), one choice each; the earlier
  // ones were taken by calls with the same arrays. `closeness`, one number for each row of a pool, is theirs. If the pool
  // runs out, the rest of the list has rows noRow and scores 0. The range is of queries.
  uint32_t (*diversify)(const float* candidates, uint32_t stride, const uint32_t* poolRows, const float* poolScores,
                        uint32_t pool, float diversity, const uint32_t* groups, uint32_t groupLimit, uint32_t n,
                        uint32_t firstStep, uint32_t steps, float* closeness, uint32_t* rows, float* scores,
                        float* scratch, uint32_t begin, uint32_t end);

  // gram = scale * X'X for X[count][stride]. The range is of rows of the Gram matrix, in multiples of 8.
  uint32_t (*gram)(const float* x, uint32_t count, uint32_t stride, float scale, float* gram, uint32_t begin,
                   uint32_t end);

  // Householder reflections that make the first `size` rows and columns of a symmetric matrix tridiagonal. Both outputs
  // are inputs of `eigenvectors`: `reflections` has the shape of the matrix, `tridiagonal` has 5 * stride elements. The
  // range is of steps, which run in order on one thread.
  uint32_t (*tridiagonalize)(const float* matrix, uint32_t stride, uint32_t size, double* reflections, double* tridiagonal,
                             uint32_t begin, uint32_t end);

  // The eigenvectors, as columns of vectors[stride][stride], and the eigenvalues in the same unspecified order, from the
  // results of `tridiagonalize` (implicit QL: Martin, Wilkinson 1968). Computed in double precision, with the same bytes in
  // every instruction set. The range is of rows of `vectors` and of values, in multiples of 16. Returns 1 if the matrix is
  // not finite.
  uint32_t (*eigenvectors)(const double* reflections, const double* tridiagonal, uint32_t stride, uint32_t size,
                           float* vectors, float* values, float* scratch, uint32_t begin, uint32_t end);

  // x = x * vectors for the rows [begin, end) of x, in place.
  uint32_t (*rotate)(float* x, const float* vectors, uint32_t stride, float* scratch, uint32_t begin, uint32_t end);

  // For each row u of order[begin .. end), minimizes with the other side's factors Y fixed
  //   x'(G + regularization[u] I + sum_i weights[i] y_i y_i') x - 2 x' sum_i rights[i] y_i
  // over the pairs i of u, with ascending indices and weights above zero: the half-step of implicit ALS (Hu, Koren,
  // Volinsky 2008, eq. 4). `solver` is
  //   0: `steps` steps of conjugate gradients from the present x (Takács, Pilászy, Tikk 2011), or Cholesky if that costs less
  //   1: always conjugate gradients
  //   2: always Cholesky
  //   3: for a diagonal G, exactly, by a system of the size of u's pairs or of its factors, whichever costs less
  //   4, 5: for a diagonal G, as 0 and 1: its products cost hardly anything.
  // objective[u] is the value reached. Rows without pairs become zero. Long rows are solved faster if one call has many of
  // them. Returns 1 if a value becomes infinite or NaN.
  uint32_t (*alsSolve)(float* solved, const float* fixed, const float* gram, uint32_t stride, uint32_t factors,
                       const uint32_t* order, const uint32_t* offsets, const uint32_t* indices, const float* weights,
                       const float* rights, const float* regularization, uint32_t steps, uint32_t solver,
                       float* objective, float* scratch, uint32_t begin, uint32_t end);

  // products[k * others + j] = y_s' A^-1 y_o with s = solved[k] and o = met[j], for one row's matrix of alsSolve,
  //   A = G + regularization I + sum_i weights[i] y_i y_i'
  // over its pairs i. Multiplied by rights[o], it is what pair o adds to the row's dot product with s (Hu, Koren, Volinsky
  // 2008, section 5). Each call forms and factorizes A once, and then solves one system for each k: the range. Returns 1 if
  // a product is not finite.
  uint32_t (*alsProducts)(const float* fixed, const float* gram, uint32_t stride, uint32_t factors, uint32_t pairs,
                          const uint32_t* indices, const float* weights, float regularization, const uint32_t* solved,
                          const uint32_t* met, uint32_t others, float* products, float* scratch, uint32_t begin,
                          uint32_t end);

  // What the pairs of each row u in [begin, end) add to alsSolve's equation at x_u, for sums over pairs that lie in several
  // places. With `residuals`,
  //   residuals[u] += sum_i (rights[i] - weights[i] (y_i . x_u)) y_i
  // where `rights` may be null for zeros, and with `squares`, squares[u] += sum_i weights[i] (y_i . x_u)^2; either may be null.
  // Returns 1 if a sum is not finite.
  uint32_t (*alsResiduals)(const float* solved, const float* fixed, uint32_t stride, const uint32_t* offsets,
                           const uint32_t* indices, const float* weights, const float* rights, float* residuals,
                           float* squares, float* scratch, uint32_t begin, uint32_t end);

  // A step of the inversion of a symmetric matrix by the sweep operator (Goodnight 1979, "A tutorial on the SWEEP operator"),
  // `pivotRows` rows at a time: matrix[width][width] += pivots' middle pivots in the rows [begin, end), on and below the
  // diagonal, for pivots[pivotRows][width] and a symmetric middle[pivotRows][pivotRows]. Above the diagonal the rows of the
  // range hold anything afterwards. Row i of products[width][pivotRows] becomes column i of the pivots times the middle.
  // The width is a multiple of 16. Ranges are of whole groups of eight rows. Returns 0.
  uint32_t (*sweep)(float* matrix, uint32_t width, const float* pivots, const float* middle, float* products, uint32_t begin,
                    uint32_t end);

  // Batches [begin, end) of one epoch of Adam (Kingma, Ba 2015) on the squared error of dot products. The result is that of
  // the dense update, in which rows without a gradient move too, but only the rows that a batch touches cost time: the steps
  // that a row has missed are made up when it is next touched. `order` is the epoch's permutation of the lines. For step
  // t >= 1, stepSizes[t] is lr / (1 - 0.9^t) and inverseRoots[t] is 1 / sqrt(1 - 0.999^t); batch b is step firstStep + b.
  // series[seriesTerms * t + j], for t up to one past the last step, is the sum over the steps i >= t of
  // (0.9 / 0.999^((j + 1) / 2))^(i - t + 1) * stepSizes[i] / inverseRoots[i]^(j + 1).
  // losses[b] becomes the batch's mean squared error. The slots are zero on entry and on return. The batches run in order on
  // one thread. Returns 1 if a loss is not finite.
  uint32_t (*adamBatches)(float* customerFactors, float* customerMeans, float* customerVariances,
                          uint32_t* customerSteps, float* productFactors, float* productMeans, float* productVariances,
                          uint32_t* productSteps, uint32_t stride, uint32_t* customerSlots, uint32_t* productSlots,
                          const uint32_t* customers, const uint32_t* products, const float* quantities,
                          const uint32_t* order, uint32_t lines, uint32_t batchSize, const float* stepSizes,
                          const float* inverseRoots, const double* series, uint32_t firstStep, double* losses, float* scratch, uint32_t begin,
                          uint32_t end);

  // Makes up the missed steps of the rows [begin, end), so that all of them are at `step`.
  uint32_t (*adamCatchUp)(float* factors, float* means, float* variances, uint32_t* steps, uint32_t stride,
                          const float* stepSizes, const float* inverseRoots, const double* series, uint32_t step, uint32_t begin,
                          uint32_t end);

  // Cleans records of CSV from state[stateAt] on, as src/orders/csv/records/clean.ts does, which has the same memory and goes on where
  // this stops: at the end of the text, at a record that is unusual in any way, or if there is no room. After the text come a
  // line break, a quote, and more bytes that may be read, 64 together. Appends
  //   purchases: eight integers for each, see src/orders/csv/records/block-lines.ts
  //   returns: six numbers for each, likewise
  //   cancelled: the line of each purchase that may be a return, and where its order id starts and ends
  //   deferred: where each record starts that is dropped, whatever the reason, and its line
  //   newCustomers, newProducts: where each new id starts and ends
  //   seen: products that the block has; `places` and `prices` have what it says of each
  // and widens `spans`, the first and last time of purchases and the same with day and month swapped. An id is found by the
  // bytes of its cell in a hash table of four integers a slot (number + 2, length, and the cell itself or its hash and place in
  // the store), whose length is a power of 2. `cells` has room for the starts and ends of a record's cells. Returns why it stopped.
  uint32_t (*cleanRecords)(const uint8_t* text, uint32_t length, const uint32_t* format, const uint8_t* header,
                           uint32_t* state, double* spans, uint32_t* cells, uint32_t* customerSlots,
                           uint8_t* customerStore, uint32_t* newCustomers, uint32_t* productSlots, uint8_t* productStore,
                           uint32_t* newProducts, uint32_t* places, double* prices, uint32_t* seen, uint32_t* purchases,
                           double* returns, uint32_t* cancelled, uint32_t* deferred);

  // Runs `rounds` rounds of independent fused multiply-adds in registers and returns the floating-point operations of one
  // round. Benchmarks compare the other operations with it.
  uint32_t (*peak)(uint32_t rounds, float* sink);

  // Reads `count` floats, a multiple of 128, from the first to the last. The other yardstick of benchmarks.
  uint32_t (*bandwidth)(const float* values, uint32_t count, float* sink);
};

// What an instruction set has of its own that differs from another one only in products of bytes.
struct ListKernels {
  const char* isa;
  decltype(Kernels::pack) pack;
  decltype(Kernels::topN) topN;
  decltype(Kernels::topNListed) topNListed;
};

// The instruction sets that this build has and this CPU runs, best first. Returns how many there are.
uint32_t availableKernels(Kernels* out, uint32_t capacity);

}  // namespace endcap
