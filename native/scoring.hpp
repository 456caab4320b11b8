// Top-N scoring in two passes over blocks of candidates: products of bytes rule out the candidates that cannot be among the
// best, and the few others are scored with their factors. The lists are those of scoring all candidates; packing.hpp says
// why.
#pragma once

#include "packing.hpp"
#include "selection.hpp"

namespace endcap {
namespace {

struct Search {
  const float* queries;
  uint32_t stride;
  const float* packed;
  const float* candidates;
  const uint32_t* order;
  uint32_t count, factors;
  ListRules rules;
  const float* priors;
  float root;
  const float* lengths;
  const uint32_t* mask;
  Selection* selections;  // by query of the call
  uint32_t group;         // of all candidates of the block that is swept; noGroup if they differ, or if groups have no limit
};

// The score without the bonus.
ENDCAP_INLINE float scoreOf(const float* query, const float* candidate, uint32_t stride, const float* priors, float root,
                            uint32_t row) {
  const float product = dotInSixteen(query, candidate, stride);
  if (!priors) return product;
  return root * squareRoot(product <= 0 ? 0 : product) + priors[row];
}

ENDCAP_INLINE bool eligible(const Search& search, const Selection& s, uint32_t row) {
  if (search.mask && !(search.mask[row / 32] >> row % 32 & 1)) return false;
  return !mayBeListed(s, row) || find(s.exclude, s.excluded, row) == s.excluded;
}

ENDCAP_INLINE void fetch(const Search& search, uint32_t row) {
  const float* factors = search.candidates + size_t(row) * search.stride;
  for (uint32_t k = 0; k < search.stride; k += 16) prefetch(factors + k);
}

// Candidates with a larger bonus are offered before the sweep, since their scores raise the bar for all others. For the
// smaller ones it costs less to lower the bar by as much, unless their lengths are known: most can be left out by these.
constexpr float largeBonusShare = 0.0625f;
ENDCAP_INLINE float largeBonus(const Search& search) { return search.lengths ? 0 : search.root * largeBonusShare; }

ENDCAP_INLINE void raiseBar(const Search& search, const Selection& s, Tile& tile, uint32_t r) {
  const float own = search.group == noGroup ? lowest : barOfGroup(search.rules, s, search.group);
  tile.bars[r] = barAt(tile, r, own > s.bar ? own : s.bar, search.priors, s.allowance);
}

// Candidates with a bonus that are scored before any of them is offered, so that no score waits for the list.
constexpr uint32_t raisedAtOnce = 8;
ENDCAP_INLINE void offerPlaces(const Search& search, Selection& s, const float* q, const uint32_t* places, uint32_t count) {
  float scores[raisedAtOnce];
  for (uint32_t j = 0; j < count; j++) {
    const uint32_t row = s.raised[places[j]];
    const float* candidate = search.candidates + size_t(row) * search.stride;
    scores[j] = scoreOf(q, candidate, search.stride, search.priors, search.root, row) + s.bonuses[places[j]];
  }
  for (uint32_t j = 0; j < count; j++) offer(search.rules, s, scores[j], s.raised[places[j]]);
}

// Offers the candidates with a large bonus. Returns false if a bonus is not finite.
ENDCAP_INLINE bool offerRaised(const Search& search, uint32_t query) {
  Selection& s = search.selections[query];
  const float most = largestOf(s.bonuses, s.raises), large = largeBonus(search);
  if (!finite(most)) return false;
  if (most <= large) {
    s.allowance = most;
    return true;
  }
  const float* q = search.queries + size_t(query) * search.stride;
  uint32_t places[raisedAtOnce];
  for (uint32_t i = 0, ahead = 0; i < s.raises;) {
    for (; ahead < s.raises && ahead < i + 3 * raisedAtOnce; ahead++) fetch(search, s.raised[ahead]);
    uint32_t count = 0;
    for (; i < s.raises && count < raisedAtOnce; i++) {
      if (s.bonuses[i] <= large) s.allowance = s.bonuses[i] > s.allowance ? s.bonuses[i] : s.allowance;
      else if (eligible(search, s, s.raised[i])) places[count++] = i;
    }
    offerPlaces(search, s, q, places, count);
  }
  return true;
}

// Scores are at most this for candidates of this length with these sums of prior and bonus. A dot product is at most the product
// of the lengths, which their margins raise by far more than rounding takes from it; see packing.hpp for the rest.
ENDCAP_INLINE Lanes boundsOf(const Search& search, float queryLength, Lanes lengths, Lanes others, Lanes sizes) {
  const Lanes taste = splat(search.root) * squareRoot(splat(queryLength) * lengths);
  return fma(splat(slack), taste + sizes, taste + others);
}

// Candidates whose bounds are computed at a time.
constexpr uint32_t boundedRows = 320, boundSteps = 64;

// Offers the candidates with a bonus above zero, roughly in the order of bounds of their scores, and scores only those whose
// bound reaches the bar. Returns false if a bonus is not finite.
bool offerBounded(const Search& search, uint32_t query) {
  Selection& s = search.selections[query];
  if (!finite(largestOf(s.bonuses, s.raises))) return false;
  const float* q = search.queries + size_t(query) * search.stride;
  const float length = rootMargin * squareRoot(dotInSixteen(q, q, search.stride));
  float bounds[boundedRows + Lanes::width], priors[boundedRows + Lanes::width], bonuses[boundedRows + Lanes::width];
  int32_t stepsOf[boundedRows + Lanes::width];
  uint32_t order[boundedRows];
  for (uint32_t first = 0; first < s.raises; first += boundedRows) {
    const uint32_t count = s.raises - first < boundedRows ? s.raises - first : boundedRows;
    const uint32_t* const raised = s.raised + first;
    for (uint32_t at = 0; at < count; at++) {
      bounds[at] = rootMargin * search.lengths[raised[at]];
      priors[at] = search.priors[raised[at]];
      bonuses[at] = s.bonuses[first + at];
    }
    for (uint32_t at = count; at < count + Lanes::width; at++) {
      bounds[at] = bounds[count - 1];
      priors[at] = priors[count - 1];
      bonuses[at] = bonuses[count - 1];
    }
    Lanes highest = splat(lowest), least = splat(-lowest);
    for (uint32_t at = 0; at < count; at += Lanes::width) {
      const Lanes prior = load(priors + at), bonus = load(bonuses + at), size = maximum(prior, splat(0) - prior) + bonus;
      const Lanes bound = boundsOf(search, length, load(bounds + at), prior + bonus, size);
      store(bounds + at, bound);
      highest = maximum(highest, bound);
      least = minimum(least, bound);
    }
    float highs[Lanes::width], lows[Lanes::width], high = lowest, low = -lowest;
    store(highs, highest);
    store(lows, least);
    for (uint32_t lane = 0; lane < Lanes::width; lane++) {
      high = highs[lane] > high ? highs[lane] : high;
      low = lows[lane] < low ? lows[lane] : low;
    }
    // Any order gives the same list. Those without a bonus above zero come last.
    const float scale = high > low && finite(high - low) ? (boundSteps - 1) / (high - low) : 0;
    uint32_t ends[boundSteps + 2] = {};
    for (uint32_t at = 0; at < count; at += Lanes::width) {
      const Lanes step = minimum(maximum((splat(high) - load(bounds + at)) * splat(scale), splat(0)), splat(boundSteps - 1));
      storeWhole(stepsOf + at, choose(load(bonuses + at), step, splat(boundSteps)));
    }
    for (uint32_t at = 0; at < count; at++) ends[stepsOf[at] + 1]++;
    for (uint32_t step = 0; step < boundSteps; step++) ends[step + 1] += ends[step];
    for (uint32_t at = 0; at < count; at++) order[ends[stepsOf[at]]++] = at;
    // Candidates two steps below the bar's have no chance: one step is more than rounding makes of a bound at the bar.
    const auto endOf = [&](float bar) {
      const float step = (high - bar) * scale + 1;
      return ends[step < boundSteps - 1 ? step > 0 ? uint32_t(step) : 0 : boundSteps - 1];
    };
    uint32_t end = endOf(s.bar);
    for (uint32_t at = 0, ahead = 0; at < end; end = endOf(s.bar)) {
      for (; ahead < end && ahead < at + 3 * raisedAtOnce; ahead++)
        if (!(bounds[order[ahead]] < s.bar)) fetch(search, raised[order[ahead]]);
      uint32_t chosen[raisedAtOnce], chosenCount = 0;
      for (; at < end && chosenCount < raisedAtOnce; at++)
        if (!(bounds[order[at]] < s.bar) && eligible(search, s, raised[order[at]])) chosen[chosenCount++] = first + order[at];
      offerPlaces(search, s, q, chosen, chosenCount);
    }
  }
  return true;
}

// How many rows at the beginning are in ascending order.
ENDCAP_INLINE uint32_t ascendingRows(const uint32_t* rows, uint32_t length) {
  uint32_t ascending = length ? 1 : 0;
  while (ascending < length && rows[ascending - 1] < rows[ascending]) ascending++;
  return ascending;
}

// Candidates that the bytes did not rule out. They wait until their factors are in the cache.
constexpr uint32_t maxWaiting = 64;
struct Waiting {
  static constexpr uint32_t capacity = maxWaiting + 512;  // a tile adds at most 384
  uint32_t count;
  uint32_t columns[capacity];  // of the tile
  uint32_t rows[capacity];
};

ENDCAP_INLINE void keep(const Search& search, Waiting& waiting, uint32_t r, uint32_t position) {
  if (position >= search.count) return;
  const uint32_t row = search.order[position];
  fetch(search, row);
  waiting.columns[waiting.count] = r;
  waiting.rows[waiting.count++] = row;
}

// Scores all before it offers any, so that no score waits for the list.
ENDCAP_INLINE void scoreWaiting(const Search& search, Waiting& waiting, Tile& tile, uint32_t firstQuery) {
  float scores[Waiting::capacity];
  for (uint32_t i = 0; i < waiting.count; i++) {
    const float* q = search.queries + size_t(firstQuery + waiting.columns[i]) * search.stride;
    const float* candidate = search.candidates + size_t(waiting.rows[i]) * search.stride;
    scores[i] = scoreOf(q, candidate, search.stride, search.priors, search.root, waiting.rows[i]);
  }
  for (uint32_t i = 0; i < waiting.count; i++) {
    const uint32_t row = waiting.rows[i], r = waiting.columns[i];
    Selection& s = search.selections[firstQuery + r];
    if (scores[i] + s.allowance < s.bar) continue;
    if (!eligible(search, s, row)) continue;
    const uint32_t at = findRaised(s, row);
    const float bonus = at < s.raises ? s.bonuses[at] : 0;
    if (bonus > 0 && bonus > largeBonus(search)) continue;
    if (offer(search.rules, s, scores[i] + bonus, row)) raiseBar(search, s, tile, r);
  }
  waiting.count = 0;
}

// The sums of products, without the offsets of queries, that candidates of a panel must exceed to reach these dot products.
constexpr float largestLimit = 1e9f, limitMargin = 2;
ENDCAP_INLINE Lanes limitsOf(const float* head, Lanes reached, Lanes lengths, Lanes errors) {
  Lanes x = fma(splat(-head[largestError]), lengths, splat(head[inverseScale]) * reached);
  x = fma(splat(-head[largestLength]), errors, x);
  return maximum(minimum(x, splat(largestLimit)), splat(-largestLimit)) - splat(limitMargin);
}

// limits[r] = the sum of products of query r that a candidate of this panel must exceed to have a chance.
ENDCAP_INLINE void setLimits(const Tile& tile, const float* head, bool ranked, int32_t* limits) {
  for (uint32_t r = 0; r < tileWidth; r += Lanes::width) {
    const Lanes reached = barsOf(tile, r, ranked, head[largestPrior]);
    storeWhole(limits + r, limitsOf(head, reached, load(tile.lengths + r), load(tile.errors + r)));
  }
  for (uint32_t r = 0; r < tileWidth; r++) limits[r] += tile.offsets[r];
}

// Takes the chance from candidates whose sums of products say that they cannot be among the best of their groups.
template <int R, int V>
void ruleOutInGroups(const Search& search, const Tile& tile, uint32_t firstQuery, uint32_t queries, uint32_t column,
                     const int32_t (*sums)[V * Lanes::width], uint64_t* chances) {
  constexpr uint32_t columns = V * Lanes::width;
  const bool ranked = search.priors;
  uint32_t groups[columns];
  for (uint32_t i = 0; i < columns; i++)
    groups[i] = column + i < search.count ? search.rules.groups[search.order[column + i]] : noGroup;
  for (uint32_t r = 0; r < queries; r++) {
    if (!chances[r] || tile.lengths[r] == unbounded) continue;
    const Selection& s = search.selections[firstQuery + r];
    uint64_t left = 0;
    for (uint32_t at = 0; at < columns; at += Lanes::width) {
      if (!(chances[r] >> at & ((1u << Lanes::width) - 1))) continue;
      const float* head = search.packed + size_t((column + at) / panelWidth) * panelWords(search.factors);
      float thresholds[Lanes::width];
      int32_t limits[Lanes::width];
      for (uint32_t i = 0; i < Lanes::width; i++) thresholds[i] = barOfGroup(search.rules, s, groups[at + i]);
      const Lanes bars = barsAt(tile, r, load(thresholds), ranked, s.allowance);
      const Lanes reached = toReach(bars, splat(tile.inverses[r]), ranked, head[largestPrior]);
      storeWhole(limits, limitsOf(head, reached, splat(tile.lengths[r]), splat(tile.errors[r])));
      for (uint32_t i = 0; i < Lanes::width; i++) limits[i] += tile.offsets[r];
      left |= uint64_t(exceeds(loadWhole(sums[r] + at), loadWhole(limits))) << at;
    }
    chances[r] &= left;
  }
}

// Compares the tile's `queries` queries, packed as [quad][R], with V vectors of candidates from position `column` on. `limited`
// says whether groups have a limit: the code for lists without one is as short as it can be.
template <bool limited, int R, int V>
ENDCAP_INLINE void sweepTile(const Search& search, Waiting& waiting, Tile& tile, const int32_t* quads,
                             uint32_t firstQuery, uint32_t queries, uint32_t column) {
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
  for (int i = 0; i < panels; i++) setLimits(tile, head + i * words, search.priors, limits[i]);
  uint64_t chances[R];
  ENDCAP_UNROLL
  for (int r = 0; r < R; r++) {
    chances[r] = 0;
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) {
      const Ints limit = wholeSplat(limits[v * Lanes::width / int(panelWidth)][r]);
      chances[r] |= uint64_t(exceeds(s[r][v], limit)) << (v * Lanes::width);
    }
  }
  if constexpr (limited) {
    uint64_t any = 0;
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) any |= chances[r];
    if (any && search.group == noGroup) {
      int32_t sums[R][V * Lanes::width];
      ENDCAP_UNROLL
      for (int r = 0; r < R; r++) {
        ENDCAP_UNROLL
        for (int v = 0; v < V; v++) storeWhole(sums[r] + v * Lanes::width, s[r][v]);
      }
      ruleOutInGroups<R, V>(search, tile, firstQuery, queries, column, sums, chances);
    }
  }
  const auto keepAll = [&](uint32_t columns) {
    for (uint32_t r = 0; r < columns; r++)
      for (uint64_t bits = chances[r]; bits; bits &= bits - 1) keep(search, waiting, r, column + lowestBit(bits));
  };
  if (queries == R) keepAll(R);
  else keepAll(queries);
  if (waiting.count >= maxWaiting) scoreWaiting(search, waiting, tile, firstQuery);
}

// The largest norm and prior of the candidates of some panels.
struct Reach {
  float norm, prior;
};
ENDCAP_INLINE Reach reachIn(const Search& search, uint32_t panel, uint32_t panelEnd) {
  Reach most = {0, lowest};
  for (; panel < panelEnd; panel++) {
    const float* head = search.packed + size_t(panel) * panelWords(search.factors);
    most.norm = head[largestNorm] > most.norm ? head[largestNorm] : most.norm;
    most.prior = head[largestPrior] > most.prior ? head[largestPrior] : most.prior;
  }
  return most;
}

// Whether a candidate within this reach may be among the best of a query of the tile.
ENDCAP_INLINE bool mayEnter(const Tile& tile, uint32_t queries, const Reach& reach, bool ranked) {
  const Lanes norm = splat(rootMargin * reach.norm);
  for (uint32_t r = 0; r < queries; r += Lanes::width) {
    const uint32_t out = greater(barsOf(tile, r, ranked, reach.prior), load(tile.lengths + r) * norm);
    const uint32_t asked = queries - r < Lanes::width ? (1u << (queries - r)) - 1 : (1u << Lanes::width) - 1;
    if (asked & ~out) return true;
  }
  return false;
}

ENDCAP_INLINE uint32_t groupOfPanel(const Search& search, uint32_t column) {
  PanelGroup shared;
  shared.word = search.packed[size_t(column / panelWidth) * panelWords(search.factors) + sharedGroup];
  return shared.group;
}

// Sweeps the columns [column, columnEnd), which begin and end with a panel. With a limit for each group, lists are compared
// with each panel, since bars lie far below the first scores then; without one, that costs more than it spares.
template <bool limited, int R, int V>
void sweep(const Search& search, Tile& tile, const int32_t* quads, uint32_t firstQuery, uint32_t queries,
           uint32_t column, uint32_t columnEnd) {
  constexpr int onePanel = int(panelWidth) / Lanes::width, rest = V < onePanel ? V : onePanel;
  // Of a panel that is swept in parts, the first part decides for all.
  bool enters = true;
  const auto mayEnterAt = [&](uint32_t vectors) {
    const uint32_t panel = column / panelWidth, panels = (vectors * Lanes::width + panelWidth - 1) / panelWidth;
    if (limited && column % panelWidth == 0)
      enters = mayEnter(tile, queries, reachIn(search, panel, panel + panels), search.priors);
    return enters;
  };
  Waiting waiting;
  waiting.count = 0;
  // The first two panels are taken one by one: the first fills the lists, which raises the bar for the second.
  for (uint32_t filled = column == 0 ? 2 * panelWidth : 0; column < filled && column < columnEnd;
       column += rest * Lanes::width) {
    sweepTile<limited, R, rest>(search, waiting, tile, quads, firstQuery, queries, column);
    scoreWaiting(search, waiting, tile, firstQuery);
  }
  for (; column + V * Lanes::width <= columnEnd; column += V * Lanes::width)
    if (mayEnterAt(V)) sweepTile<limited, R, V>(search, waiting, tile, quads, firstQuery, queries, column);
  for (; column < columnEnd; column += rest * Lanes::width)
    if (mayEnterAt(rest)) sweepTile<limited, R, rest>(search, waiting, tile, quads, firstQuery, queries, column);
  scoreWaiting(search, waiting, tile, firstQuery);
}

// Panels that are swept at a time: they stay in a level-1 cache while all tiles of queries pass over them.
constexpr uint32_t blockBytes = 32768;
ENDCAP_INLINE uint32_t blockPanels(uint32_t factors) {
  const uint32_t panels = blockBytes / 4 / panelWords(factors) / 4 * 4;
  return panels < 4 ? 4 : panels;
}

uint32_t topN(const float* queries, uint32_t stride, const float* packed, const float* candidates, const uint32_t* order,
              uint32_t count, uint32_t factors, const float* priors, float root, const uint32_t* mask,
              const uint32_t* excludeOffsets, const uint32_t* excludeRows, const uint32_t* bonusOffsets,
              const uint32_t* bonusRows, const float* bonuses, const float* lengths, const uint32_t* groups,
              uint32_t groupLimit, uint32_t n, uint32_t* rows, float* scores, float* scratch, uint32_t begin, uint32_t end) {
  // Fewer queries than this cost less one by one.
  constexpr uint32_t minInTile = tileQueries / 3 + 1;
  constexpr int oneQueryVectors = Lanes::width == 16 ? 4 : 8;
  const uint32_t asked = end - begin, width = asked < minInTile ? 1 : uint32_t(tileQueries);
  const uint32_t tileCount = (asked + width - 1) / width, quadsInTile = quadsOf(factors) * width * quadWords;
  Tile* tiles = reinterpret_cast<Tile*>(scratch);
  Selection* selections = reinterpret_cast<Selection*>(tiles + tileCount);
  ListRules rules;
  int32_t* quads = static_cast<int32_t*>(setRules(rules, n, groups, groupLimit, asked, selections + asked));
  for (uint32_t t = 0; t < tileCount; t++) {
    tiles[t] = {};
    for (uint32_t w = 0; w < quadsInTile; w++) quads[size_t(t) * quadsInTile + w] = 0;
  }
  static_assert(sizeof(Selection) + sizeof(Tile) / tileQueries <= 4 * ScratchFloats::topNQuery, "a query in a tile");
  static_assert(sizeof(Tile) <= 4 * ScratchFloats::topNCall, "the last tile");
  static_assert((minInTile - 1) * (sizeof(Selection) + sizeof(Tile)) <= 4 * ScratchFloats::topNCall, "queries one by one");
  static_assert(4 * sizeof(GroupOnList) + 4 <= 4 * ScratchFloats::groupsQuery, "groups of a list");
  static_assert(tileQueries <= int(ScratchFloats::topNTile) && quadWords <= ScratchFloats::topNQuad, "queries as bytes");
  Search search = {queries + size_t(begin) * stride, stride, packed, candidates, order, count, factors, rules,
                   priors, root, lengths, mask, selections, noGroup};
  for (uint32_t q = 0; q < asked; q++) {
    const uint32_t query = begin + q, t = q / width;
    const uint32_t exclude = excludeOffsets ? excludeOffsets[query] : 0;
    const uint32_t raise = priors && bonusOffsets ? bonusOffsets[query] : 0;
    select(rules, selections[q], q, query, rows, scores);
    selections[q].exclude = excludeRows + exclude;
    selections[q].excluded = excludeOffsets ? excludeOffsets[query + 1] - exclude : 0;
    selections[q].raised = bonusRows + raise;
    selections[q].bonuses = bonuses + raise;
    selections[q].raises = priors && bonusOffsets ? bonusOffsets[query + 1] - raise : 0;
    while (selections[q].raises && bonusRows[raise + selections[q].raises - 1] == noRow) selections[q].raises--;
    list(selections[q], selections[q].exclude, selections[q].excluded);
    selections[q].ascending = ascendingRows(selections[q].raised, selections[q].raises);
    list(selections[q], selections[q].raised, selections[q].ascending);
    if (!packQuery(queries + size_t(query) * stride, stride, factors, priors, root, width, tiles[t], q % width,
                   quads + size_t(t) * quadsInTile))
      return 1;
    if (!selections[q].raises) continue;
    if (lengths && q + 1 < asked) {
      const uint32_t next = bonusOffsets[query + 1], length = bonusOffsets[query + 2] - next;
      fetchLines(bonusRows + next, length < boundedRows ? length : boundedRows);
      fetchLines(bonuses + next, length < boundedRows ? length : boundedRows);
    }
    if (!(lengths ? offerBounded(search, q) : offerRaised(search, q))) return 1;
    raiseBar(search, selections[q], tiles[t], q % width);
  }
  const auto sweepOf = width == 1 ? rules.groups ? sweep<true, 1, oneQueryVectors> : sweep<false, 1, oneQueryVectors>
                       : rules.groups ? sweep<true, tileQueries, tileVectors> : sweep<false, tileQueries, tileVectors>;
  const uint32_t columns = (count + panelWidth - 1) / panelWidth * panelWidth, block = blockPanels(factors) * panelWidth;
  for (uint32_t column = 0, columnEnd; column < columns; column = columnEnd) {
    columnEnd = columns - column < block ? columns : column + block;
    bool isOther = false;
    if (rules.groups) {
      // Of one group, or of panels that have several.
      const uint32_t group = groupOfPanel(search, column);
      isOther = group != search.group;
      search.group = group;
      uint32_t end = column + panelWidth;
      while (end < columnEnd && groupOfPanel(search, end) == group) end += panelWidth;
      columnEnd = end;
    }
    const Reach reach = reachIn(search, column / panelWidth, columnEnd / panelWidth);
    for (uint32_t t = 0; t < tileCount; t++) {
      const uint32_t first = t * width, inTile = asked - first < width ? asked - first : width;
      const int32_t* tileQuads = quads + size_t(t) * quadsInTile;
      if (isOther)
        for (uint32_t r = 0; r < inTile; r++) raiseBar(search, selections[first + r], tiles[t], r);
      if (!mayEnter(tiles[t], inTile, reach, priors)) continue;
      sweepOf(search, tiles[t], tileQuads, first, inTile, column, columnEnd);
    }
  }
  for (uint32_t q = 0; q < asked; q++)
    if (!finish(rules, selections[q])) return 1;
  return 0;
}

uint32_t topNListed(const float* queries, uint32_t stride, const float* candidates, const float* priors, float root,
                    const uint32_t* listOffsets, const uint32_t* listRows, const float* listBonuses, const uint32_t* groups,
                    uint32_t groupLimit, uint32_t n, uint32_t* rows, float* scores, float* scratch, uint32_t begin,
                    uint32_t end) {
  ListRules rules;
  setRules(rules, n, groups, groupLimit, 1, scratch);
  for (uint32_t query = begin; query < end; query++) {
    Selection selection;
    select(rules, selection, 0, query, rows, scores);
    const float* q = queries + size_t(query) * stride;
    if (!finite(largest(q, stride))) return 1;
    for (uint32_t at = listOffsets[query]; at < listOffsets[query + 1]; at++) {
      const uint32_t row = listRows[at];
      const float bonus = priors && listBonuses ? listBonuses[at] : 0;
      if (!finite(bonus)) return 1;
      offer(rules, selection, scoreOf(q, candidates + size_t(row) * stride, stride, priors, root, row) + bonus, row);
    }
    if (!finish(rules, selection)) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace endcap
