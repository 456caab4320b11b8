// Compiled once for each instruction set. See kernels.hpp for what each operation promises.
#include "kernels.hpp"

#include "lanes.hpp"

namespace endcap {
namespace {

constexpr uint32_t noRow = 0xFFFFFFFF;
constexpr float lowest = -__builtin_huge_valf();
// Rows are taken this many at a time: their sums of lanes come out of one transposition.
constexpr int group = 8;

ENDCAP_INLINE uint32_t lowestBit(uint32_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward(&index, bits);
  return index;
#else
  return uint32_t(__builtin_ctz(bits));
#endif
}

ENDCAP_INLINE bool finite(float x) { return x - x == 0; }

// ---- small vectors ---------------------------------------------------------------------------------------------------

ENDCAP_INLINE void zero(float* x, uint32_t length) {
  for (uint32_t k = 0; k < length; k += Lanes::width) store(x + k, splat(0));
}

ENDCAP_INLINE float dot(const float* a, const float* b, uint32_t length) {
  Lanes s = splat(0);
  for (uint32_t k = 0; k < length; k += Lanes::width) s = fma(load(a + k), load(b + k), s);
  return sum(s);
}

// y += a * x
ENDCAP_INLINE void axpy(float a, const float* x, float* y, uint32_t length) {
  const Lanes wide = splat(a);
  for (uint32_t k = 0; k < length; k += Lanes::width) store(y + k, fma(wide, load(x + k), load(y + k)));
}

// Eight rows side by side, vector by vector: vector v of row i begins at (8 v + i) * width. One pointer with constant
// offsets reaches all of them.
ENDCAP_INLINE void interleave(const float* row, uint32_t i, uint32_t stride, float* block) {
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(block + size_t(k) * group + i * Lanes::width, load(row + k));
}

// out[i] = row i of the block . x
ENDCAP_INLINE void dots8(const float* block, const float* x, uint32_t stride, float* out) {
  Lanes s[group];
  ENDCAP_UNROLL
  for (int i = 0; i < group; i++) s[i] = splat(0);
  for (uint32_t k = 0; k < stride; k += Lanes::width, block += group * Lanes::width) {
    const Lanes xk = load(x + k);
    ENDCAP_UNROLL
    for (int i = 0; i < group; i++) s[i] = fma(load(block + i * Lanes::width), xk, s[i]);
  }
  sums8(s, out);
}

// y += sum of a[i] * row i of the block; two chains of sums, so that one waits less for the other.
ENDCAP_INLINE void axpys8(const float* a, const float* block, float* y, uint32_t stride) {
  Lanes wide[group];
  ENDCAP_UNROLL
  for (int i = 0; i < group; i++) wide[i] = splat(a[i]);
  for (uint32_t k = 0; k < stride; k += Lanes::width, block += group * Lanes::width) {
    Lanes even = wide[0] * load(block), odd = wide[1] * load(block + Lanes::width);
    ENDCAP_UNROLL
    for (int i = 2; i < group; i += 2) {
      even = fma(wide[i], load(block + i * Lanes::width), even);
      odd = fma(wide[i + 1], load(block + (i + 1) * Lanes::width), odd);
    }
    store(y + k, load(y + k) + (even + odd));
  }
}

// ---- scoring ---------------------------------------------------------------------------------------------------------

uint32_t pack(const float* candidates, uint32_t count, uint32_t stride, uint32_t factors, float* packed, uint32_t begin,
              uint32_t end) {
  for (uint32_t panel = begin; panel < end; panel++) {
    float* out = packed + size_t(panel) * panelWidth * factors;
    for (uint32_t lane = 0; lane < panelWidth; lane++) {
      const uint32_t row = panel * panelWidth + lane;
      for (uint32_t k = 0; k < factors; k++)
        out[k * panelWidth + lane] = row < count ? candidates[size_t(row) * stride + k] : 0;
    }
  }
  return 0;
}

// The best candidates of one query so far, best first, in the output arrays.
struct Selection {
  uint32_t* rows;
  float* scores;
  uint32_t size;
  // Next entry of the exclusion list; candidates come in ascending order, so it only moves forward.
  const uint32_t* exclude;
  const uint32_t* excludeEnd;
};

// Returns the score that the next candidate must beat. Candidates come in ascending order, so that of equal scores the
// lower row is in already and stays ahead.
ENDCAP_INLINE float offer(Selection& s, uint32_t n, float score, uint32_t row) {
  uint32_t at = s.size < n ? s.size++ : n - 1;
  for (; at > 0 && s.scores[at - 1] < score; at--) {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
  }
  s.scores[at] = score;
  s.rows[at] = row;
  return s.size == n ? s.scores[n - 1] : lowest;
}

// Marks the unused end.
ENDCAP_INLINE void finish(Selection& s, uint32_t n) {
  for (uint32_t i = s.size; i < n; i++) {
    s.rows[i] = noRow;
    s.scores[i] = 0;
  }
}

struct Search {
  const float* packed;
  uint32_t count, factors, n;
  const uint32_t* mask;
  const uint32_t* names;  // the row of each candidate where it is not its own index
  Selection* selections;  // by query of the call
  float* thresholds;      // by query of the call: what the next candidate must beat
};

// Offers the candidates from `column` on whose bit is set.
void offerAll(const Search& search, uint32_t query, uint32_t column, const float* scores, uint32_t bits) {
  Selection& selection = search.selections[query];
  for (; bits; bits &= bits - 1) {
    const uint32_t lane = lowestBit(bits), candidate = column + lane;
    if (!(scores[lane] > search.thresholds[query]) || candidate >= search.count) continue;
    const uint32_t row = search.names ? search.names[candidate] : candidate;
    if (search.mask && !(search.mask[row / 32] >> row % 32 & 1)) continue;
    while (selection.exclude < selection.excludeEnd && *selection.exclude < row) selection.exclude++;
    if (selection.exclude < selection.excludeEnd && *selection.exclude == row) continue;
    search.thresholds[query] = offer(selection, search.n, scores[lane], row);
  }
}

// Scores `R` queries, packed as [factor][R], against V vectors of candidates from `column` on, and offers what beats the
// thresholds. A score is one sum over the factors in ascending order, whatever R and V are.
template <int R, int V>
ENDCAP_INLINE void tile(const Search& search, const float* queries, uint32_t firstQuery, uint32_t column) {
  const float* p[V];
  ENDCAP_UNROLL
  for (int v = 0; v < V; v++) {
    const uint32_t c = column + uint32_t(v) * Lanes::width;
    p[v] = search.packed + size_t(c / panelWidth) * panelWidth * search.factors + c % panelWidth;
  }
  Lanes s[R][V];
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) s[r][v] = splat(0);
  }
  for (uint32_t k = 0; k < search.factors; k++) {
    Lanes c[V];
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) c[v] = load(p[v] + size_t(k) * panelWidth);
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      const Lanes q = splat(queries[size_t(k) * R + r]);
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = fma(q, c[v], s[r][v]);
    }
  }
  uint32_t beats[R][V], any = 0;
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    const Lanes threshold = splat(search.thresholds[firstQuery + r]);
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) any |= beats[r][v] = greater(s[r][v], threshold);
  }
  if (!any) return;
  for (int r = 0; r < R; r++)
    for (int v = 0; v < V; v++)
      if (beats[r][v]) {
        float scores[Lanes::width];
        store(scores, s[r][v]);
        offerAll(search, firstQuery + uint32_t(r), column + uint32_t(v) * Lanes::width, scores, beats[r][v]);
      }
}

// R queries against the candidates [column, columnEnd), both multiples of the panel width.
template <int R, int V>
void sweep(const Search& search, const float* queries, uint32_t firstQuery, uint32_t column, uint32_t columnEnd) {
  constexpr int onePanel = int(panelWidth) / Lanes::width, rest = V < onePanel ? V : onePanel;
  for (; column + V * Lanes::width <= columnEnd; column += V * Lanes::width)
    tile<R, V>(search, queries, firstQuery, column);
  for (; column < columnEnd; column += rest * Lanes::width) tile<R, rest>(search, queries, firstQuery, column);
}

// Candidates that are swept at a time: 512 of 64 factors stay in a level-2 cache beside the queries.
ENDCAP_INLINE uint32_t blockColumns(uint32_t factors) {
  const uint32_t columns = 512 * 64 / factors / panelWidth * panelWidth;
  return columns < 2 * panelWidth ? 2 * panelWidth : columns;
}

// Fewer queries than this cost less one by one than as a tile filled up with zeros.
constexpr uint32_t fewestInTile = tileQueries / 3 + 1;

// Queries [0, count) against all candidates. `packedQueries` has room for whole tiles: [tile][factor][tileQueries].
ENDCAP_INLINE void sweepAll(const Search& search, const float* queries, uint32_t stride, uint32_t count,
                            float* packedQueries) {
  const uint32_t columns = (search.count + panelWidth - 1) / panelWidth * panelWidth;
  const uint32_t block = blockColumns(search.factors);
  const uint32_t tiles = (count + tileQueries - fewestInTile) / tileQueries;
  for (uint32_t t = 0; t < tiles; t++)
    for (uint32_t r = 0; r < uint32_t(tileQueries); r++)
      for (uint32_t k = 0, q = t * tileQueries + r; k < search.factors; k++)
        packedQueries[(size_t(t) * search.factors + k) * tileQueries + r] = q < count ? queries[size_t(q) * stride + k] : 0;
  for (uint32_t column = 0; column < columns; column += block) {
    const uint32_t columnEnd = columns - column < block ? columns : column + block;
    for (uint32_t t = 0; t < tiles; t++)
      sweep<tileQueries, tileVectors>(search, packedQueries + size_t(t) * search.factors * tileQueries, t * tileQueries,
                                      column, columnEnd);
    for (uint32_t q = tiles * tileQueries; q < count; q++)
      sweep<1, 8>(search, queries + size_t(q) * stride, q, column, columnEnd);
  }
}

uint32_t topN(const float* queries, uint32_t stride, const float* packed, uint32_t count, uint32_t factors,
              const uint32_t* mask, const uint32_t* excludeOffsets, const uint32_t* excludeRows, uint32_t n,
              uint32_t* rows, float* scores, float* scratch, uint32_t begin, uint32_t end) {
  const uint32_t asked = end - begin;
  Selection* selections = reinterpret_cast<Selection*>(scratch);
  float* thresholds = reinterpret_cast<float*>(selections + asked);
  for (uint32_t q = 0; q < asked; q++) {
    const uint32_t query = begin + q;
    selections[q] = {rows + size_t(query) * n, scores + size_t(query) * n, 0,
                     excludeOffsets ? excludeRows + excludeOffsets[query] : nullptr,
                     excludeOffsets ? excludeRows + excludeOffsets[query + 1] : nullptr};
    thresholds[q] = lowest;
  }
  // A tile that is filled up with zeros has queries past the last one: nothing may beat these.
  for (uint32_t q = asked; q < asked + tileQueries; q++) thresholds[q] = -lowest;
  const Search search = {packed, count, factors, n, mask, nullptr, selections, thresholds};
  sweepAll(search, queries + size_t(begin) * stride, stride, asked, thresholds + asked + tileQueries);
  for (uint32_t q = 0; q < asked; q++) finish(selections[q], n);
  return 0;
}

uint32_t topNListed(const float* queries, uint32_t stride, const float* candidates, uint32_t candidateStride,
                    uint32_t factors, const uint32_t* listOffsets, const uint32_t* listRows, uint32_t n, uint32_t* rows,
                    float* scores, float* scratch, uint32_t begin, uint32_t end) {
  for (uint32_t query = begin; query < end; query++) {
    Selection selection = {rows + size_t(query) * n, scores + size_t(query) * n, 0, nullptr, nullptr};
    float threshold = lowest;
    for (uint32_t at = listOffsets[query]; at < listOffsets[query + 1]; at += panelWidth) {
      const uint32_t left = listOffsets[query + 1] - at, count = left < panelWidth ? left : panelWidth;
      for (uint32_t lane = 0; lane < panelWidth; lane++)
        for (uint32_t k = 0; k < factors; k++)
          scratch[k * panelWidth + lane] =
              lane < count ? candidates[size_t(listRows[at + lane]) * candidateStride + k] : 0;
      const Search search = {scratch, count, factors, n, nullptr, listRows + at, &selection, &threshold};
      sweep<1, int(panelWidth) / Lanes::width>(search, queries + size_t(query) * stride, 0, 0, panelWidth);
    }
    finish(selection, n);
  }
  return 0;
}

// ---- training: implicit ALS ------------------------------------------------------------------------------------------

// out[8 rows][stride] += sum over `length` rows of a[row][0..8) x b[row][0..columns): one register tile a vector.
ENDCAP_INLINE void outer8(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t columns, float* out) {
  for (uint32_t j = 0; j < columns; j += Lanes::width) {
    Lanes s[group];
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) s[r] = splat(0);
    for (size_t row = 0; row < size_t(length) * stride; row += stride) {
      const Lanes bj = load(b + row + j);
      ENDCAP_UNROLL
      for (int r = 0; r < group; r++) s[r] = fma(splat(a[row + size_t(r)]), bj, s[r]);
    }
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) {
      float* o = out + size_t(r) * stride + j;
      store(o, load(o) + s[r]);
    }
  }
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
  constexpr uint32_t ahead = 16;
  if (pair + ahead < row.pairs) {
    const float* soon = row.fixed + size_t(row.indices[pair + ahead]) * row.stride;
    for (uint32_t k = 0; k < row.stride; k += 16) prefetch(soon + k);
  }
  return row.fixed + size_t(row.indices[pair]) * row.stride;
}

// The factors of pairs [at, at + count) in interleaved blocks, the last one filled up with zeros.
ENDCAP_INLINE void gather(const Row& row, uint32_t at, uint32_t count, float* blocks) {
  for (uint32_t i = 0; i < count; i++)
    interleave(factorsOf(row, at + i), i % group, row.stride, blocks + size_t(i / group) * group * row.stride);
  if (count % group == 0) return;
  float* last = blocks + size_t(count / group) * group * row.stride;
  for (uint32_t i = count % group; i < group; i++)
    for (uint32_t k = 0; k < row.stride; k += Lanes::width) store(last + size_t(k) * group + i * Lanes::width, splat(0));
}

// Floats of gathered factors that are passed over twice, once for their products with x and once for their sum: they stay
// in a level-1 cache, and neither pass waits for the sums of lanes of the other.
constexpr uint32_t chunkFloats = 4096;
constexpr uint32_t mostInChunk = chunkFloats / 16;

// out += sum over the gathered pairs [at, at + count) of (rights_i - weights_i * (y_i . x)) y_i. With no `start` the rights
// are left out; with one it gains rights_i * (y_i . x).
ENDCAP_INLINE void addPairs(const Row& row, const float* blocks, uint32_t at, uint32_t count, const float* x, double* start,
                            float* out) {
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
    for (uint32_t i = 0; i < length; i += group) axpys8(a + i, y + size_t(i) * stride, out, stride);
  }
}

// A symmetric matrix in interleaved blocks.
ENDCAP_INLINE void interleaveMatrix(const float* m, uint32_t stride, float* blocks) {
  for (uint32_t j = 0; j < stride; j++)
    interleave(m + size_t(j) * stride, j % group, stride, blocks + size_t(j / group) * group * stride);
}

// out -= M x for a symmetric matrix in interleaved blocks.
ENDCAP_INLINE void subtractProduct(const float* blocks, uint32_t stride, const float* x, float* out) {
  for (uint32_t j = 0; j < stride; j += group) {
    float a[group];
    for (int i = 0; i < group; i++) a[i] = -x[j + uint32_t(i)];
    ENDCAP_SETTLE();
    axpys8(a, blocks + size_t(j) * stride, out, stride);
  }
}

// The equation's matrix A = G + regularization I + sum of weights_i y_i y_i', its lower triangle in whole tiles of
// 8 x width, and b = sum of rights_i y_i.
ENDCAP_INLINE void formSystem(const Row& row, float* a, float* b, float* gathered) {
  constexpr uint32_t block = 32;
  const uint32_t stride = row.stride;
  float *y = gathered, *wy = gathered + block * stride;
  zero(b, stride);
  for (size_t k = 0; k < size_t(stride) * stride; k += Lanes::width) store(a + k, load(row.gram + k));
  for (uint32_t j = 0; j < stride; j++) a[size_t(j) * stride + j] += row.regularization;
  for (uint32_t at = 0; at < row.pairs; at += block) {
    const uint32_t count = row.pairs - at < block ? row.pairs - at : block;
    for (uint32_t i = 0; i < count; i++) {
      const float* factors = factorsOf(row, at + i);
      const Lanes w = splat(row.weights[at + i]), right = splat(row.rights[at + i]);
      for (uint32_t k = 0; k < stride; k += Lanes::width) {
        const Lanes yk = load(factors + k);
        store(y + size_t(i) * stride + k, yk);
        store(wy + size_t(i) * stride + k, w * yk);
        store(b + k, fma(right, yk, load(b + k)));
      }
    }
    for (uint32_t i = 0; i < stride; i += group) {
      const uint32_t columns = (i + group + Lanes::width - 1) / Lanes::width * Lanes::width;
      outer8(wy + i, y, stride, count, columns, a + size_t(i) * stride);
    }
  }
}

ENDCAP_INLINE void mirror(float* a, uint32_t stride) {
  for (uint32_t i = 0; i < stride; i++)
    for (uint32_t j = i + 1; j < stride; j++) a[size_t(i) * stride + j] = a[size_t(j) * stride + i];
}

// Where a row's gathered factors do not stay in cache, a wide machine multiplies faster by the matrix itself.
ENDCAP_INLINE bool formsMatrix(const Row& row) {
  return row.pairs * row.stride > residentFloats && row.factors <= uint32_t(Lanes::width) * 10;
}

// With A x = b the minimum's equation, the objective is x'Ax - 2x'b. At the start it is -x'b - x'r, and each step along p
// takes off alpha * r'r.
float conjugateGradient(const Row& row, const float* gramBlocks, float* x, uint32_t steps, float* scratch) {
  const uint32_t stride = row.stride, capacity = residentFloats / stride / group * group;
  float *r = scratch, *p = r + stride, *minusAp = p + stride, *blocks = minusAp + stride;
  float *a = blocks + size_t(stride) * stride, *gathered = a + size_t(stride) * stride;
  const bool matrix = formsMatrix(row), resident = row.pairs <= capacity;
  double start = 0;
  // out += b - A v, or with no `start` out -= A v.
  const auto addResidual = [&](const float* v, double* started, float* out) {
    if (matrix) return subtractProduct(blocks, stride, v, out);
    for (uint32_t at = 0; at < row.pairs; at += capacity) {
      const uint32_t count = row.pairs - at < capacity ? row.pairs - at : capacity;
      if (!resident || started) gather(row, at, count, gathered);
      addPairs(row, gathered, at, count, v, started, out);
    }
    axpy(-row.regularization, v, out, stride);
    subtractProduct(gramBlocks, stride, v, out);
  };
  if (matrix) {
    formSystem(row, a, r, gathered);
    mirror(a, stride);
    interleaveMatrix(a, stride, blocks);
    start = double(dot(x, r, stride));
  } else {
    zero(r, stride);
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
    axpy(alpha, p, x, stride);
    axpy(alpha, minusAp, r, stride);
    objective -= double(alpha) * double(residual);
    const float next = dot(r, r, stride);
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
  interleaveMatrix(gram, stride, scratch);
  float* rest = scratch + size_t(stride) * stride;
  for (uint32_t u = begin; u < end; u++) {
    float* x = solved + size_t(u) * stride;
    const uint32_t first = offsets[u], pairs = offsets[u + 1] - first;
    objective[u] = 0;
    if (pairs == 0) {
      zero(x, stride);
      continue;
    }
    const Row row = {fixed, gram, stride, factors, pairs, indices + first, weights + first, rights + first, regularization[u]};
    const bool exact = solver == 2 || (solver == 0 && exactIsCheaper(pairs, factors, steps));
    objective[u] = exact ? cholesky(row, x, rest) : conjugateGradient(row, scratch, x, steps, rest);
    if (!finite(objective[u]) || !finite(dot(x, x, stride))) return 1;
  }
  return 0;
}

// ---- training: Adam on the squared error of quantities ---------------------------------------------------------------

constexpr float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;

// One side's embeddings and what Adam keeps of each.
struct Embeddings {
  float* factors;
  float* means;
  float* variances;
  uint32_t* steps;  // the step up to which a row is done
  uint32_t stride;
  const float* stepSizes;
  const float* inverseRoots;
};

// Takes a row without gradient from its own step to `step`. Once a run of updates has changed no bit of the weights the
// later and smaller ones cannot either (the ratio of mean to root variance only falls after some ten steps), and only
// the moments go on decaying: the result is that of the dense update, bit for bit.
ENDCAP_INLINE void catchUp(const Embeddings& e, uint32_t row, uint32_t step) {
  constexpr uint32_t run = 8;
  const uint32_t from = e.steps[row] + 1;
  if (from > step) return;
  e.steps[row] = step;
  for (size_t k = size_t(row) * e.stride, end = k + e.stride; k < end; k += Lanes::width) {
    Lanes w = load(e.factors + k), m = load(e.means + k), v = load(e.variances + k);
    uint32_t t = from;
    for (bool moving = true; moving && t <= step;) {
      const Lanes before = w;
      const uint32_t stop = step - t < run ? step + 1 : t + run;
      const bool settled = t > 2 * run && stop == t + run;
      for (; t < stop; t++) {
        m = m * splat(beta1);
        v = v * splat(beta2);
        w = w - splat(e.stepSizes[t]) * m / fma(squareRoot(v), splat(e.inverseRoots[t]), splat(epsilon));
      }
      moving = !(settled && equal(w, before));
    }
    for (; t <= step; t++) {
      m = m * splat(beta1);
      v = v * splat(beta2);
    }
    store(e.factors + k, w);
    store(e.means + k, m);
    store(e.variances + k, v);
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

// The rows of one side that a batch touches, each with a place for its gradient.
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
                     uint32_t batchSize, const float* stepSizes, const float* inverseRoots, uint32_t firstStep,
                     double* losses, float* scratch, uint32_t begin, uint32_t end) {
  const Embeddings c = {customerFactors, customerMeans, customerVariances, customerSteps, stride, stepSizes, inverseRoots};
  const Embeddings p = {productFactors, productMeans, productVariances, productSteps, stride, stepSizes, inverseRoots};
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
                     const float* stepSizes, const float* inverseRoots, uint32_t step, uint32_t begin, uint32_t end) {
  const Embeddings e = {factors, means, variances, steps, stride, stepSizes, inverseRoots};
  for (uint32_t row = begin; row < end; row++) catchUp(e, row, step);
  return 0;
}

// ---- measuring -------------------------------------------------------------------------------------------------------

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
