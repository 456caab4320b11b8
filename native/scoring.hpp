// Top-N scoring in two passes over blocks of candidates: products of bytes tell which candidates cannot be among the best,
// and the few others are scored with their factors. The answers are those of scoring all of them (packing.hpp says why).
#pragma once

#include "packing.hpp"

namespace endcap {
namespace {

constexpr uint32_t noRow = 0xFFFFFFFF;

// The best candidates of one query so far, best first, in the output arrays.
struct Selection {
  uint32_t* rows;
  float* scores;
  uint32_t size;
  const uint32_t* exclude;
  uint32_t excluded;
};

// Equal scores go to the lower row.
ENDCAP_INLINE bool ahead(float score, uint32_t row, float otherScore, uint32_t otherRow) {
  return score > otherScore || (score == otherScore && row < otherRow);
}

// Returns whether the candidate is among the best n.
ENDCAP_INLINE bool offer(Selection& s, uint32_t n, float score, uint32_t row) {
  if (s.size == n && !ahead(score, row, s.scores[n - 1], s.rows[n - 1])) return false;
  uint32_t at = s.size < n ? s.size++ : n - 1;
  for (; at > 0 && ahead(score, row, s.scores[at - 1], s.rows[at - 1]); at--) {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
  }
  s.scores[at] = score;
  s.rows[at] = row;
  return true;
}

// Marks the unused end.
ENDCAP_INLINE void finish(Selection& s, uint32_t n) {
  for (uint32_t i = s.size; i < n; i++) {
    s.rows[i] = noRow;
    s.scores[i] = 0;
  }
}

// Whether ascending rows hold this one.
ENDCAP_INLINE bool contains(const uint32_t* rows, uint32_t length, uint32_t row) {
  uint32_t from = 0;
  for (uint32_t left = length; left > 0;) {
    const uint32_t half = left / 2;
    const bool right = rows[from + half] < row;
    from = right ? from + half + 1 : from;
    left = right ? left - half - 1 : half;
  }
  return from < length && rows[from] == row;
}

struct Search {
  const float* queries;
  uint32_t stride;
  const float* packed;
  const float* candidates;
  const uint32_t* order;
  uint32_t count, factors, n;
  const uint32_t* mask;
  Selection* selections;  // by query of the call
};

// Candidates that the bytes could not leave out. They wait until their factors have come into the cache.
struct Waiting {
  static constexpr uint32_t enough = 64, most = enough + 512;  // a tile adds at most 384
  uint32_t count;
  uint32_t columns[most];  // of the tile
  uint32_t rows[most];
};

ENDCAP_INLINE void keep(const Search& search, Waiting& waiting, uint32_t r, uint32_t position) {
  if (position >= search.count) return;
  const uint32_t row = search.order[position];
  const float* factors = search.candidates + size_t(row) * search.stride;
  for (uint32_t k = 0; k < search.stride; k += 16) prefetch(factors + k);
  waiting.columns[waiting.count] = r;
  waiting.rows[waiting.count++] = row;
}

ENDCAP_INLINE void scoreWaiting(const Search& search, Waiting& waiting, Tile& tile, uint32_t firstQuery) {
  for (uint32_t i = 0; i < waiting.count; i++) {
    const uint32_t row = waiting.rows[i], r = waiting.columns[i];
    if (search.mask && !(search.mask[row / 32] >> row % 32 & 1)) continue;
    Selection& selection = search.selections[firstQuery + r];
    if (selection.excluded && contains(selection.exclude, selection.excluded, row)) continue;
    const float* q = search.queries + size_t(firstQuery + r) * search.stride;
    const float score = dotInSixteen(q, search.candidates + size_t(row) * search.stride, search.stride);
    if (offer(selection, search.n, score, row) && selection.size == search.n)
      setBar(tile, r, selection.scores[search.n - 1]);
  }
  waiting.count = 0;
}

ENDCAP_INLINE uint32_t lowestBit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward64(&index, bits);
  return index;
#else
  return uint32_t(__builtin_ctzll(bits));
#endif
}

// limits[r] = what the sum of products of query r must exceed for a candidate of this panel to have a chance.
ENDCAP_INLINE void limitsOf(const Tile& tile, const float* head, int32_t* limits) {
  const Lanes inverse = splat(head[inverseScale]), error = splat(-head[largestError]), length = splat(-head[largestLength]);
  for (uint32_t r = 0; r < tileWidth; r += Lanes::width) {
    Lanes x = fma(error, load(tile.lengths + r), inverse * load(tile.bars + r));
    x = fma(length, load(tile.errors + r), x);
    storeWhole(limits + r, maximum(minimum(x, splat(1e9f)), splat(-1e9f)) - splat(2));
  }
  for (uint32_t r = 0; r < tileWidth; r++) limits[r] += tile.offsets[r];
}

// R queries, packed as [quad][R], against V vectors of candidates from position `column` on.
template <int R, int V>
ENDCAP_INLINE void sweepTile(const Search& search, Waiting& waiting, Tile& tile, const int32_t* quads,
                             uint32_t firstQuery, uint32_t column) {
  constexpr int panels = (V * Lanes::width + int(panelWidth) - 1) / int(panelWidth);
  const uint32_t words = panelWords(search.factors);
  const float* head = search.packed + size_t(column / panelWidth) * words;
  const uint8_t* p[V];
  ENDCAP_UNROLL
  for (int v = 0; v < V; v++) {
    const uint32_t at = column % panelWidth + uint32_t(v) * Lanes::width;
    p[v] = reinterpret_cast<const uint8_t*>(head + at / panelWidth * words + panelHead + at % panelWidth);
  }
  Ints s[R][V];
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) s[r][v] = wholeSplat(0);
  }
  for (uint32_t k = 0; k < quadsOf(search.factors); k++, quads += R * quadWords) {
    Bytes c[V];
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) c[v] = loadBytes(p[v] + size_t(k) * panelWidth * 4);
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      const Quad q = splatQuad(quads + r * quadWords);
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = dot4(s[r][v], c[v], q);
    }
  }
  int32_t limits[panels][tileWidth];
  ENDCAP_UNROLL
  for (int i = 0; i < panels; i++) limitsOf(tile, head + i * words, limits[i]);
  uint64_t chances[R];
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    chances[r] = 0;
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) {
      const Ints limit = wholeSplat(limits[v * Lanes::width / int(panelWidth)][r]);
      chances[r] |= uint64_t(greater(s[r][v], limit)) << (v * Lanes::width);
    }
  }
  for (int r = 0; r < R; r++)
    for (uint64_t bits = chances[r]; bits; bits &= bits - 1)
      keep(search, waiting, uint32_t(r), column + lowestBit(bits));
  if (waiting.count >= Waiting::enough) scoreWaiting(search, waiting, tile, firstQuery);
}

// Whether a candidate of the panels [panel, panelEnd) may be long enough to be among the best of a query of the tile.
ENDCAP_INLINE bool mayReach(const Search& search, const Tile& tile, uint32_t queries, uint32_t panel, uint32_t panelEnd) {
  float norm = 0;
  for (; panel < panelEnd; panel++) {
    const float n = search.packed[size_t(panel) * panelWords(search.factors) + largestNorm];
    norm = n > norm ? n : norm;
  }
  for (uint32_t r = 0; r < queries; r++)
    if (!(tile.bars[r] > 1.001f * tile.lengths[r] * norm)) return true;
  return false;
}

template <int R, int V>
void sweep(const Search& search, Tile& tile, const int32_t* quads, uint32_t firstQuery, uint32_t column,
           uint32_t columnEnd) {
  constexpr int onePanel = int(panelWidth) / Lanes::width, rest = V < onePanel ? V : onePanel;
  Waiting waiting;
  waiting.count = 0;
  for (; column + V * Lanes::width <= columnEnd; column += V * Lanes::width)
    sweepTile<R, V>(search, waiting, tile, quads, firstQuery, column);
  for (; column < columnEnd; column += rest * Lanes::width)
    sweepTile<R, rest>(search, waiting, tile, quads, firstQuery, column);
  scoreWaiting(search, waiting, tile, firstQuery);
}

// Candidates that are swept at a time: some 32 KiB of them stay in a cache while the tiles of queries pass.
ENDCAP_INLINE uint32_t blockColumns(uint32_t factors) {
  const uint32_t panels = 8192 / panelWords(factors) / 4 * 4;
  return (panels < 4 ? 4 : panels) * panelWidth;
}

uint32_t topN(const float* queries, uint32_t stride, const float* packed, const float* candidates, const uint32_t* order,
              uint32_t count, uint32_t factors, const uint32_t* mask, const uint32_t* excludeOffsets,
              const uint32_t* excludeRows, uint32_t n, uint32_t* rows, float* scores, float* scratch, uint32_t begin,
              uint32_t end) {
  // A tile of few queries costs less one by one.
  constexpr uint32_t fewestInTile = tileQueries / 3 + 1;
  constexpr int oneQueryVectors = Lanes::width == 16 ? 4 : 8;
  const uint32_t asked = end - begin, width = asked < fewestInTile ? 1 : uint32_t(tileQueries);
  const uint32_t tileCount = (asked + width - 1) / width, quadsInTile = quadsOf(factors) * width * quadWords;
  Tile* tiles = reinterpret_cast<Tile*>(scratch);
  Selection* selections = reinterpret_cast<Selection*>(tiles + tileCount);
  int32_t* quads = reinterpret_cast<int32_t*>(selections + asked);
  for (uint32_t t = 0; t < tileCount; t++) {
    for (uint32_t r = 0; r < tileWidth; r++) closeColumn(tiles[t], r);
    for (uint32_t w = 0; w < quadsInTile; w++) quads[size_t(t) * quadsInTile + w] = 0;
  }
  for (uint32_t q = 0; q < asked; q++) {
    const uint32_t query = begin + q, first = excludeOffsets ? excludeOffsets[query] : 0;
    selections[q] = {rows + size_t(query) * n, scores + size_t(query) * n, 0, excludeRows + first,
                     excludeOffsets ? excludeOffsets[query + 1] - first : 0};
    const uint32_t t = q / width;
    int32_t* tileQuads = quads + size_t(t) * quadsInTile;
    if (!packQuery(queries + size_t(query) * stride, stride, factors, width, tiles[t], q % width, tileQuads)) return 1;
  }
  const Search search = {queries + size_t(begin) * stride, stride, packed, candidates, order, count, factors, n, mask,
                         selections};
  const uint32_t columns = (count + panelWidth - 1) / panelWidth * panelWidth, block = blockColumns(factors);
  for (uint32_t column = 0; column < columns; column += block) {
    const uint32_t columnEnd = columns - column < block ? columns : column + block;
    for (uint32_t t = 0; t < tileCount; t++) {
      const uint32_t first = t * width, real = asked - first < width ? asked - first : width;
      if (!mayReach(search, tiles[t], real, column / panelWidth, columnEnd / panelWidth)) continue;
      if (width == 1)
        sweep<1, oneQueryVectors>(search, tiles[t], quads + size_t(t) * quadsInTile, first, column, columnEnd);
      else
        sweep<tileQueries, tileVectors>(search, tiles[t], quads + size_t(t) * quadsInTile, first, column, columnEnd);
    }
  }
  for (uint32_t q = 0; q < asked; q++) finish(selections[q], n);
  return 0;
}

uint32_t topNListed(const float* queries, uint32_t stride, const float* candidates, const uint32_t* listOffsets,
                    const uint32_t* listRows, uint32_t n, uint32_t* rows, float* scores, float*, uint32_t begin,
                    uint32_t end) {
  for (uint32_t query = begin; query < end; query++) {
    Selection selection = {rows + size_t(query) * n, scores + size_t(query) * n, 0, nullptr, 0};
    const float* q = queries + size_t(query) * stride;
    if (!finite(largest(q, stride))) return 1;
    for (uint32_t at = listOffsets[query]; at < listOffsets[query + 1]; at++)
      offer(selection, n, dotInSixteen(q, candidates + size_t(listRows[at]) * stride, stride), listRows[at]);
    finish(selection, n);
  }
  return 0;
}

}  // namespace
}  // namespace endcap
