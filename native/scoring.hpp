// Top-N scoring: candidates in packed panels, a tile of queries in registers, selection as the scores come out.
#pragma once

#include "kernels.hpp"
#include "lanes.hpp"

namespace endcap {
namespace {

constexpr uint32_t noRow = 0xFFFFFFFF;
constexpr float lowest = -__builtin_huge_valf();

ENDCAP_INLINE uint32_t lowestBit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward64(&index, bits);
  return index;
#else
  return uint32_t(__builtin_ctzll(bits));
#endif
}

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

// Candidates come in ascending order, so that of equal scores the lower row is in already and stays ahead.
ENDCAP_INLINE void offer(Selection& s, uint32_t n, float score, uint32_t row) {
  uint32_t at = s.size < n ? s.size++ : n - 1;
  for (; at > 0 && s.scores[at - 1] < score; at--) {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
  }
  s.scores[at] = score;
  s.rows[at] = row;
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
void offerAll(const Search& search, uint32_t query, uint32_t column, const float* scores, uint64_t bits) {
  Selection& selection = search.selections[query];
  for (; bits; bits &= bits - 1) {
    const uint32_t lane = lowestBit(bits), candidate = column + lane;
    if (!(scores[lane] > search.thresholds[query]) || candidate >= search.count) continue;
    const uint32_t row = search.names ? search.names[candidate] : candidate;
    if (search.mask && !(search.mask[row / 32] >> row % 32 & 1)) continue;
    while (selection.exclude < selection.excludeEnd && *selection.exclude < row) selection.exclude++;
    if (selection.exclude < selection.excludeEnd && *selection.exclude == row) continue;
    offer(selection, search.n, scores[lane], row);
    if (selection.size == search.n) search.thresholds[query] = selection.scores[search.n - 1];
  }
}

// Scores R queries, packed as [factor][R], against V vectors of candidates from `column` on. A score is one sum over the
// factors in ascending order, whatever R and V are.
template <int R, int V>
ENDCAP_INLINE void multiply(const Search& search, const float* queries, uint32_t column, Lanes (&s)[R][V]) {
  const float* p[V];
  ENDCAP_UNROLL
  for (int v = 0; v < V; v++) {
    const uint32_t c = column + uint32_t(v) * Lanes::width;
    p[v] = search.packed + size_t(c / panelWidth) * panelWidth * search.factors + c % panelWidth;
  }
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
}

// Scores a tile and offers what beats the thresholds.
template <int R, int V>
ENDCAP_INLINE void tile(const Search& search, const float* queries, uint32_t firstQuery, uint32_t column) {
  Lanes s[R][V];
  multiply<R, V>(search, queries, column, s);
  uint64_t beats[R], any = 0;
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    const Lanes threshold = splat(search.thresholds[firstQuery + r]);
    beats[r] = 0;
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) beats[r] |= uint64_t(greater(s[r][v], threshold)) << (v * Lanes::width);
    any |= beats[r];
  }
  if (!any) return;
  for (int r = 0; r < R; r++) {
    if (!beats[r]) continue;
    float scores[V * Lanes::width];
    for (int v = 0; v < V; v++) store(scores + v * Lanes::width, s[r][v]);
    offerAll(search, firstQuery + uint32_t(r), column, scores, beats[r]);
  }
}

// Gives the queries of a tile a first threshold, so that they need not offer their way up to it: among the best scores of
// so many groups of candidates, the n-th is beaten or met by n candidates. An excluded candidate may be the best of one
// group, and counts as one more.
ENDCAP_INLINE void raiseThresholds(const Search& search, const float* queries, uint32_t firstQuery, uint32_t count) {
  constexpr uint32_t columns = 512, groups = tileVectors * Lanes::width;
  if (search.mask || search.n > groups || search.count < 2 * columns) return;
  Lanes most[tileQueries][tileVectors];
  multiply<tileQueries, tileVectors>(search, queries, 0, most);
  for (uint32_t column = groups; column < columns; column += groups) {
    Lanes s[tileQueries][tileVectors];
    multiply<tileQueries, tileVectors>(search, queries, column, s);
    ENDCAP_UNROLL
    for (int r = 0; r < tileQueries; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < tileVectors; v++) most[r][v] = maximum(most[r][v], s[r][v]);
    }
  }
  for (uint32_t r = 0; r < count; r++) {
    const Selection& selection = search.selections[firstQuery + r];
    uint32_t place = search.n;
    for (const uint32_t* e = selection.exclude; e < selection.excludeEnd && *e < columns; e++) place++;
    if (place > groups) continue;
    float scores[groups];
    uint32_t rows[groups];
    Selection best = {rows, scores, 0, nullptr, nullptr};
    float values[groups];
    for (int v = 0; v < tileVectors; v++) store(values + v * Lanes::width, most[r][v]);
    for (uint32_t i = 0; i < groups; i++)
      if (best.size < place || values[i] > scores[place - 1]) offer(best, place, values[i], i);
    // A little below it: what equals it must still get in.
    const float bound = scores[place - 1];
    search.thresholds[firstQuery + r] = bound - (bound < 0 ? -bound : bound) * 1e-6f - 1e-30f;
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

// A tile of one query: as many sums as keep the multipliers busy, in 64 lanes at the most.
constexpr int oneQueryVectors = Lanes::width == 16 ? 4 : 8;

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
  for (uint32_t first = 0; first < tiles * tileQueries; first += tileQueries) {
    const uint32_t real = count - first < uint32_t(tileQueries) ? count - first : uint32_t(tileQueries);
    raiseThresholds(search, packedQueries + size_t(first) * search.factors, first, real);
  }
  for (uint32_t column = 0; column < columns; column += block) {
    const uint32_t columnEnd = columns - column < block ? columns : column + block;
    for (uint32_t t = 0; t < tiles; t++)
      sweep<tileQueries, tileVectors>(search, packedQueries + size_t(t) * search.factors * tileQueries, t * tileQueries,
                                      column, columnEnd);
    for (uint32_t q = tiles * tileQueries; q < count; q++)
      sweep<1, oneQueryVectors>(search, queries + size_t(q) * stride, q, column, columnEnd);
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

}  // namespace
}  // namespace endcap
