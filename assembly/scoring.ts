// Top-N scoring in two passes over blocks of candidates; native/packing.hpp says why the first may rule out candidates.
import { dot4, even, exceeds, odd, quadBytes, wholeSplat } from './bytes';
import { add, choose, dotInSixteen, lanes, lanesBytes, largest, mul, splat, squareRoot, sub } from './lanes';
import {
  barAt, barOf, bars, errors, inverseScale, largestError, largestLength, largestNorm, largestPrior, lengths, offsets, packQuery,
  panelBytes, panelHead, panelWidth, quadsOf, quadStep, rootMargin, sharedGroup, slack, tileBytes, tileQueries, toReach,
} from './packing';
import {
  ascendingRows, barOfGroup, finish, find, findRaised, list, ListRules, mayBeListed, noGroup, noRow, offer, rulesBytes, select,
  Selection, selectionBytes, setRules,
} from './selection';

// The search of one call, at the start of its scratch.
@unmanaged
class Search {
  queries: usize;
  strideBytes: usize;
  packed: usize;
  candidates: usize;
  order: usize;
  count: u32;
  factors: u32;
  rules: ListRules;
  priors: usize;
  root: f32;
  candidateLengths: usize;
  mask: usize;
  selections: usize; // by query of the call
  limits: usize; // of the tile's queries in one panel
  panelGroups: usize; // of the candidates of one panel, if groups have a limit
  sums: usize; // of the products of one query
  bounds: usize; // of the scores of candidates with a bonus
  waiting: usize; // a column, a row, and a score for each
  waitingEnd: usize;
  waitingFull: usize;
  group: u32; // of all candidates of the panels that are swept; noGroup if they differ, or if groups have no limit
}

// Candidates whose bounds are computed at a time.
const boundedRows: u32 = 320, boundSteps: u32 = 64, boundsRoom: usize = (boundedRows << 2) + lanesBytes;
const boundsBytes: usize = 3 * boundsRoom + ((boundSteps + 2) << 2);

// Behind the Search are the rules of its lists, a tile's limits, a panel's groups, sums, and the candidates that wait.
const rulesAt: usize = 112, limitsAt: usize = rulesAt + rulesBytes, groupsAt: usize = limitsAt + (tileQueries << 2);
const sumsAt: usize = groupsAt + (panelWidth << 2), boundsAt: usize = sumsAt + 2 * lanesBytes;
const waitingAt: usize = (boundsAt + boundsBytes + 15) & ~15;

// The score without the bonus.
@inline
function scoreOf(query: usize, candidate: usize, bytes: usize, priors: usize, root: f32, row: u32): f32 {
  const product = dotInSixteen(query, candidate, bytes);
  return priors ? root * sqrt<f32>(max<f32>(product, 0)) + load<f32>(priors + (row << 2)) : product;
}

@inline
function eligible(search: Search, s: Selection, row: u32): bool {
  if (search.mask && !((load<u32>(search.mask + ((row >> 5) << 2)) >> (row & 31)) & 1)) return false;
  return !mayBeListed(s, row) || find(s.exclude, s.excluded, row) == s.excluded;
}

const largeBonusShare: f32 = 0.0625;

// Candidates with a larger bonus are offered before the sweep, since their scores raise the bar for all others. For the
// smaller ones it costs less to lower the bar by as much, unless their lengths are known: most can be left out by these.
@inline
function largeBonus(search: Search): f32 {
  return search.candidateLengths ? 0 : search.root * largeBonusShare;
}

function raiseBar(search: Search, s: Selection, tile: usize, r: u32): void {
  const column = tile + (r << 2);
  const bar = search.group == noGroup ? s.bar : max<f32>(s.bar, barOfGroup(search.rules, s, search.group));
  store<f32>(column + bars, barAt(column, bar, search.priors != 0, s.allowance));
}

// Offers the candidates with a large bonus. Returns false if a bonus is not finite.
function offerRaised(search: Search, s: Selection, query: usize): bool {
  const bytes = search.strideBytes, large = largeBonus(search);
  for (let i: u32 = 0; i < s.raises; i++) {
    const row = load<u32>(s.raised + (i << 2)), bonus = load<f32>(s.bonuses + (i << 2));
    if (!isFinite<f32>(bonus)) return false;
    if (bonus <= large) s.allowance = max<f32>(s.allowance, bonus);
    else if (eligible(search, s, row)) {
      const candidate = search.candidates + row * bytes;
      offer(search.rules, s, scoreOf(query, candidate, bytes, search.priors, search.root, row) + bonus, row);
    }
  }
  return true;
}

// Offers the candidates with a bonus above zero, roughly in the order of bounds of their scores, and scores only those whose
// bound reaches the bar; native/scoring.hpp says why. Returns false if a bonus is not finite.
function offerBounded(search: Search, s: Selection, query: usize): bool {
  const bytes = search.strideBytes, length: f32 = rootMargin * sqrt<f32>(dotInSixteen(query, query, bytes));
  const bounds = search.bounds, steps = bounds + boundsRoom, order = steps + boundsRoom, ends = order + boundsRoom;
  const lengthInLanes = splat(length), root = splat(search.root), slackInLanes = splat(slack);
  for (let first: u32 = 0; first < s.raises; first += boundedRows) {
    const end: usize = min<u32>(s.raises - first, boundedRows) << 2;
    const raised = s.raised + (first << 2), own = s.bonuses + (first << 2);
    // Bonuses and priors stand where the order and the steps will.
    for (let at: usize = 0; at < end; at += 4) {
      const row: usize = load<u32>(raised + at) << 2, bonus = load<f32>(own + at);
      if (!isFinite<f32>(bonus)) return false;
      store<f32>(bounds + at, rootMargin * load<f32>(search.candidateLengths + row));
      store<f32>(steps + at, load<f32>(search.priors + row));
      store<f32>(order + at, bonus);
    }
    for (let at = end; at < end + lanesBytes; at += 4) {
      store<f32>(bounds + at, load<f32>(bounds + end - 4));
      store<f32>(steps + at, load<f32>(steps + end - 4));
      store<f32>(order + at, load<f32>(order + end - 4));
    }
    let highest = splat(-Infinity), least = splat(Infinity);
    for (let at: usize = 0; at < end; at += lanesBytes) {
      const prior = load<Lanes>(steps + at), bonus = load<Lanes>(order + at);
      const taste = mul(root, squareRoot(mul(lengthInLanes, load<Lanes>(bounds + at))));
      const size = add(taste, add(choose(prior, prior, sub(splat(0), prior)), bonus));
      const bound = add(add(taste, add(prior, bonus)), mul(slackInLanes, size));
      store<Lanes>(bounds + at, bound);
      highest = choose(sub(bound, highest), bound, highest);
      least = choose(sub(least, bound), bound, least);
    }
    store<Lanes>(steps, highest);
    store<Lanes>(ends, least);
    let high = load<f32>(steps), low = load<f32>(ends);
    for (let lane: usize = 4; lane < lanesBytes; lane += 4) {
      high = max<f32>(high, load<f32>(steps + lane));
      low = min<f32>(low, load<f32>(ends + lane));
    }
    // Any order gives the same list. Those without a bonus above zero come last.
    const scale: f32 = high > low && isFinite<f32>(high - low) ? f32(boundSteps - 1) / (high - low) : 0;
    memory.fill(ends, 0, (boundSteps + 2) << 2);
    for (let at: usize = 0; at < end; at += 4) {
      const step = load<f32>(order + at) > 0 ? stepOf((high - load<f32>(bounds + at)) * scale) : boundSteps;
      store<u32>(steps + at, step);
      const after = ends + (step << 2);
      store<u32>(after, load<u32>(after, 4) + 1, 4);
    }
    for (let e = ends; e < ends + (boundSteps << 2); e += 4) store<u32>(e, load<u32>(e, 4) + load<u32>(e), 4);
    for (let at: usize = 0; at < end; at += 4) {
      const next = ends + (load<u32>(steps + at) << 2), to = load<u32>(next);
      store<u32>(order + (to << 2), u32(at));
      store<u32>(next, to + 1);
    }
    // Candidates two steps below the bar's have no chance.
    for (let o = order; o < order + (load<u32>(ends + (stepOf((high - s.bar) * scale + 1) << 2)) << 2); o += 4) {
      const at: usize = load<u32>(o), row = load<u32>(raised + at);
      if (load<f32>(bounds + at) < s.bar || !eligible(search, s, row)) continue;
      const score = scoreOf(query, search.candidates + row * bytes, bytes, search.priors, search.root, row);
      offer(search.rules, s, score + load<f32>(own + at), row);
    }
  }
  return true;
}

@inline
function stepOf(step: f32): u32 {
  return step < f32(boundSteps - 1) ? (step > 0 ? u32(step) : 0) : boundSteps - 1;
}

const maxWaiting: usize = 64, waitingBytes: usize = 12;

// Candidates that the bytes did not rule out wait until there are a few more.
function keep(search: Search, r: u32, position: u32, bits: u32): void {
  for (; bits; bits &= bits - 1) {
    const at = position + ctz(bits);
    if (at >= search.count) return;
    store<u32>(search.waitingEnd, r);
    store<u32>(search.waitingEnd, load<u32>(search.order + (at << 2)), 4);
    search.waitingEnd += waitingBytes;
  }
}

// Scores all before it offers any, so that no score waits for the list.
function scoreWaiting(search: Search, tile: usize, firstQuery: u32): void {
  const bytes = search.strideBytes;
  for (let w = search.waiting; w < search.waitingEnd; w += waitingBytes) {
    const query = search.queries + (firstQuery + load<u32>(w)) * bytes, row = load<u32>(w, 4);
    store<f32>(w, scoreOf(query, search.candidates + row * bytes, bytes, search.priors, search.root, row), 8);
  }
  for (let w = search.waiting; w < search.waitingEnd; w += waitingBytes) {
    const r = load<u32>(w), row = load<u32>(w, 4), score = load<f32>(w, 8);
    const s = changetype<Selection>(search.selections + (firstQuery + r) * selectionBytes);
    if (score + s.allowance < s.bar) continue;
    if (!eligible(search, s, row)) continue;
    const at = findRaised(s, row);
    const bonus: f32 = at < s.raises ? load<f32>(s.bonuses + (at << 2)) : 0;
    if (bonus > 0 && bonus > largeBonus(search)) continue;
    if (offer(search.rules, s, score + bonus, row)) raiseBar(search, s, tile, r);
  }
  search.waitingEnd = search.waiting;
}

const largestLimit: f32 = 1e9, limitMargin: i32 = 2;

// The sum of products with a query that a candidate of a panel must exceed to reach this dot product.
@inline
function limitOf(column: usize, head: usize, reached: f32): i32 {
  const inverse = load<f32>(head + inverseScale);
  const error = load<f32>(head + largestError), length = load<f32>(head + largestLength);
  const x = reached * inverse - error * load<f32>(column + lengths) - length * load<f32>(column + errors);
  return i32(max<f32>(min<f32>(x, largestLimit), -largestLimit)) - limitMargin + load<i32>(column + offsets);
}

// Sets the sum of products of each query that a candidate of this panel must exceed to have a chance.
@inline
function setLimits(search: Search, tile: usize, head: usize): void {
  const ranked = search.priors != 0, prior = load<f32>(head + largestPrior);
  for (let r: usize = 0; r < tileQueries << 2; r += 4)
    store<i32>(search.limits + r, limitOf(tile + r, head, barOf(tile + r, ranked, prior)));
}

// Sets the groups of a panel's candidates.
function setGroups(search: Search, panel: u32): void {
  const first = panel * panelWidth, length = min(search.count - first, panelWidth);
  for (let i: u32 = 0; i < length; i++) {
    const row = load<u32>(search.order + ((first + i) << 2));
    store<u32>(search.panelGroups + (i << 2), load<u32>(search.rules.groups + (row << 2)));
  }
}

// Takes the chance from candidates whose sums of products say that they cannot be among the best of their groups.
function chancesInGroups(
  search: Search, tile: usize, firstQuery: u32, r: u32, position: u32, bits: u32, left: Ints, right: Ints,
): u32 {
  const s = changetype<Selection>(search.selections + (firstQuery + r) * selectionBytes), rules = search.rules;
  const column = tile + (r << 2), ranked = search.priors != 0;
  const head = search.packed + (position / panelWidth) * panelBytes(search.factors), prior = load<f32>(head + largestPrior);
  const groups = search.panelGroups + ((position % panelWidth) << 2), sums = search.sums;
  store<Ints>(sums, left);
  store<Ints>(sums, right, lanesBytes);
  if (position + 2 * lanes > search.count) bits &= (1 << (max(search.count, position) - position)) - 1;
  for (let rest = bits; rest; rest &= rest - 1) {
    const i = ctz(rest) << 2;
    const bar = barAt(column, barOfGroup(rules, s, load<u32>(groups + i)), ranked, s.allowance);
    if (load<i32>(sums + i) <= limitOf(column, head, toReach(column, bar, ranked, prior))) bits &= ~(1 << (i >> 2));
  }
  return bits;
}

@inline
function take(
  search: Search, tile: usize, firstQuery: u32, r: u32, position: u32, left: Ints, right: Ints, limited: bool,
): void {
  const limit = wholeSplat(load<i32>(search.limits + (r << 2)));
  let bits = exceeds(left, limit) | (exceeds(right, limit) << lanes);
  if (limited && bits && search.group == noGroup) bits = chancesInGroups(search, tile, firstQuery, r, position, bits, left, right);
  if (bits) keep(search, r, position, bits);
}

// Compares the tile's `queries` queries, packed as [quad][tileQueries], with the panels [panel, panelEnd). `limited` says
// whether groups have a limit: bars lie far below the first scores then, and are compared with each panel.
@inline
function sweepTileIf(
  limited: bool, search: Search, tile: usize, quads: usize, firstQuery: u32, queries: u32, panel: u32, panelEnd: u32,
): void {
  const quadsEnd = quads + quadsOf(search.factors) * tileQueries * quadBytes;
  for (; panel < panelEnd; panel++) {
    const head = search.packed + panel * panelBytes(search.factors);
    if (limited && !mayEnter(tile, queries, load<f32>(head + largestNorm), search.priors != 0, load<f32>(head + largestPrior))) continue;
    setLimits(search, tile, head);
    if (limited && search.group == noGroup) setGroups(search, panel);
    for (let at: u32 = 0; at < panelWidth; at += 2 * lanes) {
      let s00 = wholeSplat(0), s01 = wholeSplat(0), s10 = wholeSplat(0), s11 = wholeSplat(0);
      let s20 = wholeSplat(0), s21 = wholeSplat(0), s30 = wholeSplat(0), s31 = wholeSplat(0);
      for (let q = quads, c = head + panelHead + (at << 2); q < quadsEnd; q += tileQueries * quadBytes, c += quadStep) {
        const c0 = load<Ints>(c), c1 = load<Ints>(c, lanesBytes);
        const e0 = even(c0), o0 = odd(c0), e1 = even(c1), o1 = odd(c1);
        s00 = dot4(s00, e0, o0, q);
        s01 = dot4(s01, e1, o1, q);
        s10 = dot4(s10, e0, o0, q + quadBytes);
        s11 = dot4(s11, e1, o1, q + quadBytes);
        s20 = dot4(s20, e0, o0, q + 2 * quadBytes);
        s21 = dot4(s21, e1, o1, q + 2 * quadBytes);
        s30 = dot4(s30, e0, o0, q + 3 * quadBytes);
        s31 = dot4(s31, e1, o1, q + 3 * quadBytes);
      }
      const position = panel * panelWidth + at;
      take(search, tile, firstQuery, 0, position, s00, s01, limited);
      if (queries > 1) take(search, tile, firstQuery, 1, position, s10, s11, limited);
      if (queries > 2) take(search, tile, firstQuery, 2, position, s20, s21, limited);
      if (queries > 3) take(search, tile, firstQuery, 3, position, s30, s31, limited);
    }
    if (search.waitingEnd >= search.waitingFull) scoreWaiting(search, tile, firstQuery);
  }
  scoreWaiting(search, tile, firstQuery);
}

// Compares one query, packed as [quad], with the panels [panel, panelEnd).
@inline
function sweepOneIf(
  limited: bool, search: Search, tile: usize, quads: usize, query: u32, panel: u32, panelEnd: u32,
): void {
  const quadsEnd = quads + quadsOf(search.factors) * quadBytes;
  for (; panel < panelEnd; panel++) {
    const head = search.packed + panel * panelBytes(search.factors);
    if (limited && !mayEnter(tile, 1, load<f32>(head + largestNorm), search.priors != 0, load<f32>(head + largestPrior))) continue;
    setLimits(search, tile, head);
    if (limited && search.group == noGroup) setGroups(search, panel);
    for (let at: u32 = 0; at < panelWidth; at += 4 * lanes) {
      let s0 = wholeSplat(0), s1 = wholeSplat(0), s2 = wholeSplat(0), s3 = wholeSplat(0);
      for (let q = quads, c = head + panelHead + (at << 2); q < quadsEnd; q += quadBytes, c += quadStep) {
        const c0 = load<Ints>(c), c1 = load<Ints>(c, lanesBytes);
        const c2 = load<Ints>(c, 2 * lanesBytes), c3 = load<Ints>(c, 3 * lanesBytes);
        s0 = dot4(s0, even(c0), odd(c0), q);
        s1 = dot4(s1, even(c1), odd(c1), q);
        s2 = dot4(s2, even(c2), odd(c2), q);
        s3 = dot4(s3, even(c3), odd(c3), q);
      }
      const position = panel * panelWidth + at;
      take(search, tile, query, 0, position, s0, s1, limited);
      take(search, tile, query, 0, position + 2 * lanes, s2, s3, limited);
    }
    if (search.waitingEnd >= search.waitingFull) scoreWaiting(search, tile, query);
  }
  scoreWaiting(search, tile, query);
}

// Each in a version of its own for lists without a limit for each group, whose code is as short as it can be.
function sweepTile(
  search: Search, tile: usize, quads: usize, firstQuery: u32, queries: u32, panel: u32, panelEnd: u32,
): void {
  sweepTileIf(false, search, tile, quads, firstQuery, queries, panel, panelEnd);
}

function sweepTileLimited(
  search: Search, tile: usize, quads: usize, firstQuery: u32, queries: u32, panel: u32, panelEnd: u32,
): void {
  sweepTileIf(true, search, tile, quads, firstQuery, queries, panel, panelEnd);
}

function sweepOne(search: Search, tile: usize, quads: usize, query: u32, panel: u32, panelEnd: u32): void {
  sweepOneIf(false, search, tile, quads, query, panel, panelEnd);
}

function sweepOneLimited(search: Search, tile: usize, quads: usize, query: u32, panel: u32, panelEnd: u32): void {
  sweepOneIf(true, search, tile, quads, query, panel, panelEnd);
}

// Whether a candidate with at most this norm and prior may be among the best of a query of the tile.
function mayEnter(tile: usize, queries: u32, norm: f32, ranked: bool, prior: f32): bool {
  for (let r: usize = 0; r < queries << 2; r += 4)
    if (!(barOf(tile + r, ranked, prior) > rootMargin * load<f32>(tile + lengths + r) * norm)) return true;
  return false;
}

@inline
function groupOfPanel(search: Search, panel: u32): u32 {
  return load<u32>(search.packed + panel * panelBytes(search.factors) + sharedGroup);
}

const blockBytes: u32 = 32768;

// Panels that are swept at a time: they stay in a level-1 cache while all tiles of queries pass over them.
function blockPanels(factors: u32): u32 {
  return max<u32>(1, blockBytes / u32(panelBytes(factors)));
}

export function topN(
  queries: usize, stride: u32, packed: usize, candidates: usize, order: usize, count: u32, factors: u32, priors: usize,
  root: f32, mask: usize, excludeOffsets: usize, excludeRows: usize, bonusOffsets: usize, bonusRows: usize,
  bonuses: usize, lengths: usize, groups: usize, groupLimit: u32, n: u32, rows: usize, scores: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const asked = end - begin, width: u32 = asked < 2 ? 1 : tileQueries, tiles = (asked + width - 1) / width;
  const ranked = priors != 0;
  const search = changetype<Search>(scratch);
  search.queries = queries + ((begin * stride) << 2);
  search.strideBytes = stride << 2;
  search.packed = packed;
  search.candidates = candidates;
  search.order = order;
  search.count = count;
  search.factors = factors;
  search.priors = priors;
  search.root = root;
  search.candidateLengths = lengths;
  search.mask = mask;
  search.group = noGroup;
  if (offsetof<Search>() > rulesAt) ERROR('a Search does not fit before its rules');
  const rules = changetype<ListRules>(scratch + rulesAt);
  search.rules = rules;
  search.limits = scratch + limitsAt;
  search.panelGroups = scratch + groupsAt;
  search.sums = scratch + sumsAt;
  search.bounds = scratch + boundsAt;
  search.waiting = search.waitingEnd = scratch + waitingAt;
  search.waitingFull = search.waiting + maxWaiting * waitingBytes;
  // One panel adds at most all its candidates for each query of a tile.
  const firstTile = search.waitingFull + tileQueries * panelWidth * waitingBytes;
  search.selections = firstTile + tiles * tileBytes;
  const firstQuads = (setRules(rules, n, groups, groupLimit, asked, search.selections + asked * selectionBytes) + 15) & ~15;
  const quadsStep = quadsOf(factors) * width * quadBytes;
  memory.fill(firstTile, 0, tiles * tileBytes);
  memory.fill(firstQuads, 0, tiles * quadsStep);
  for (let q: u32 = 0; q < asked; q++) {
    const row = begin + q, s = changetype<Selection>(search.selections + q * selectionBytes);
    select(rules, s, q, row, rows, scores);
    if (excludeOffsets) {
      const first = load<u32>(excludeOffsets + (row << 2));
      s.exclude = excludeRows + (first << 2);
      s.excluded = load<u32>(excludeOffsets + (row << 2), 4) - first;
      list(s, s.exclude, s.excluded);
    }
    const t = q / width, tile = firstTile + t * tileBytes;
    const query = search.queries + q * search.strideBytes, quads = firstQuads + t * quadsStep;
    if (!packQuery(query, stride << 2, factors, ranked, root, width, tile, q % width, quads)) return 1;
    if (!ranked || !bonusOffsets) continue;
    const first = load<u32>(bonusOffsets + (row << 2));
    s.raised = bonusRows + (first << 2);
    s.bonuses = bonuses + (first << 2);
    s.raises = load<u32>(bonusOffsets + (row << 2), 4) - first;
    while (s.raises && load<u32>(s.raised + ((s.raises - 1) << 2)) == noRow) s.raises--;
    s.ascending = ascendingRows(s.raised, s.raises);
    list(s, s.raised, s.ascending);
    if (!(lengths ? offerBounded(search, s, query) : offerRaised(search, s, query))) return 1;
    raiseBar(search, s, tile, q % width);
  }
  const panels = (count + panelWidth - 1) / panelWidth, block = blockPanels(factors);
  for (let panel: u32 = 0, panelEnd: u32 = 0; panel < panels; panel = panelEnd) {
    panelEnd = panel + min(panels - panel, block);
    let isOther = false;
    if (rules.groups) {
      // Of one group, or of panels that have several.
      const group = groupOfPanel(search, panel);
      isOther = group != search.group;
      search.group = group;
      let end = panel + 1;
      while (end < panelEnd && groupOfPanel(search, end) == group) end++;
      panelEnd = end;
    }
    let norm: f32 = 0, prior: f32 = -Infinity;
    for (let p = panel; p < panelEnd; p++) {
      const head = packed + p * panelBytes(factors);
      norm = max<f32>(norm, load<f32>(head + largestNorm));
      prior = max<f32>(prior, load<f32>(head + largestPrior));
    }
    for (let t: u32 = 0; t < tiles; t++) {
      const tile = firstTile + t * tileBytes, quads = firstQuads + t * quadsStep, first = t * width;
      const inTile = min(asked - first, width);
      if (isOther)
        for (let r: u32 = 0; r < inTile; r++)
          raiseBar(search, changetype<Selection>(search.selections + (first + r) * selectionBytes), tile, r);
      if (!mayEnter(tile, inTile, norm, ranked, prior)) continue;
      if (width == 1) {
        if (rules.groups) sweepOneLimited(search, tile, quads, first, panel, panelEnd);
        else sweepOne(search, tile, quads, first, panel, panelEnd);
      } else if (rules.groups) sweepTileLimited(search, tile, quads, first, inTile, panel, panelEnd);
      else sweepTile(search, tile, quads, first, inTile, panel, panelEnd);
    }
  }
  for (let q: u32 = 0; q < asked; q++)
    if (!finish(rules, changetype<Selection>(search.selections + q * selectionBytes))) return 1;
  return 0;
}

export function topNListed(
  queries: usize, stride: u32, candidates: usize, priors: usize, root: f32, listOffsets: usize, listRows: usize,
  listBonuses: usize, groups: usize, groupLimit: u32, n: u32, rows: usize, scores: usize, scratch: usize, begin: u32,
  end: u32,
): u32 {
  const rules = changetype<ListRules>(scratch), s = changetype<Selection>(scratch + rulesBytes), bytes: usize = stride << 2;
  setRules(rules, n, groups, groupLimit, 1, scratch + rulesBytes + selectionBytes);
  for (let query = begin; query < end; query++) {
    const q = queries + query * bytes;
    if (!isFinite<f32>(largest(q, bytes))) return 1;
    select(rules, s, 0, query, rows, scores);
    const listEnd = load<u32>(listOffsets + (query << 2), 4);
    for (let at = load<u32>(listOffsets + (query << 2)); at < listEnd; at++) {
      const row = load<u32>(listRows + (at << 2)), bonus: f32 = priors && listBonuses ? load<f32>(listBonuses + (at << 2)) : 0;
      if (!isFinite<f32>(bonus)) return 1;
      offer(rules, s, scoreOf(q, candidates + row * bytes, bytes, priors, root, row) + bonus, row);
    }
    if (!finish(rules, s)) return 1;
  }
  return 0;
}
