// Top-N scoring in two passes over blocks of candidates; native/packing.hpp says why the first may leave candidates out.
import { dot4, even, exceeds, largest, odd, quadBytes, wholeSplat } from './bytes';
import { dotInSixteen, lanes, lanesBytes } from './lanes';
import {
  bars, errors, inverseScale, largestError, largestLength, largestNorm, lengths, offsets, packQuery, panelBytes, panelHead,
  panelWidth, quadsOf, quadStep, setBar, tileBytes, tileQueries,
} from './packing';

const noRow: u32 = 0xffffffff;

// The best candidates of one query so far, best first, in the output arrays.
@unmanaged
class Selection {
  rows: usize;
  scores: usize;
  size: u32;
  exclude: usize;
  excluded: u32;
}

// Equal scores go to the lower row.
@inline
function ahead(score: f32, row: u32, s: Selection, at: usize): bool {
  const other = load<f32>(s.scores + at);
  return score > other || (score == other && row < load<u32>(s.rows + at));
}

// Returns whether the candidate is among the best n.
function offer(s: Selection, n: u32, score: f32, row: u32): bool {
  if (s.size == n && !ahead(score, row, s, (n - 1) << 2)) return false;
  let at: usize = (s.size < n ? s.size++ : n - 1) << 2;
  for (; at > 0 && ahead(score, row, s, at - 4); at -= 4) {
    store<f32>(s.scores + at, load<f32>(s.scores + at - 4));
    store<u32>(s.rows + at, load<u32>(s.rows + at - 4));
  }
  store<f32>(s.scores + at, score);
  store<u32>(s.rows + at, row);
  return true;
}

// Marks the unused end.
function finish(s: Selection, n: u32): void {
  for (let i = s.size; i < n; i++) {
    store<u32>(s.rows + (i << 2), noRow);
    store<f32>(s.scores + (i << 2), 0);
  }
}

// Whether ascending rows hold this one.
function contains(rows: usize, length: u32, row: u32): bool {
  let from: u32 = 0;
  for (let left = length; left > 0;) {
    const half = left >> 1;
    if (load<u32>(rows + ((from + half) << 2)) < row) {
      from += half + 1;
      left -= half + 1;
    } else left = half;
  }
  return from < length && load<u32>(rows + (from << 2)) == row;
}

// One call's search, at the start of its scratch.
@unmanaged
class Search {
  queries: usize;
  strideBytes: usize;
  packed: usize;
  candidates: usize;
  order: usize;
  count: u32;
  factors: u32;
  n: u32;
  mask: usize;
  selections: usize; // by query of the call
  limits: usize; // of the tile's queries in one panel
  waiting: usize; // pairs of a column and a row
  waitingEnd: usize;
  waitingFull: usize;
}

const mostWaiting: usize = 64;

// Candidates that the bytes could not leave out wait for a few more.
function keep(search: Search, r: u32, position: u32, bits: u32): void {
  for (; bits; bits &= bits - 1) {
    const at = position + ctz(bits);
    if (at >= search.count) return;
    store<u32>(search.waitingEnd, r);
    store<u32>(search.waitingEnd, load<u32>(search.order + (at << 2)), 4);
    search.waitingEnd += 8;
  }
}

function scoreWaiting(search: Search, tile: usize, firstQuery: u32): void {
  const n = search.n, mask = search.mask;
  for (let w = search.waiting; w < search.waitingEnd; w += 8) {
    const r = load<u32>(w), row = load<u32>(w, 4);
    if (mask && !((load<u32>(mask + ((row >> 5) << 2)) >> (row & 31)) & 1)) continue;
    const s = changetype<Selection>(search.selections + (firstQuery + r) * offsetof<Selection>());
    if (s.excluded && contains(s.exclude, s.excluded, row)) continue;
    const query = search.queries + (firstQuery + r) * search.strideBytes;
    const score = dotInSixteen(query, search.candidates + row * search.strideBytes, search.strideBytes);
    if (offer(s, n, score, row) && s.size == n) setBar(tile, r, load<f32>(s.scores + ((n - 1) << 2)));
  }
  search.waitingEnd = search.waiting;
}

// What the sum of products of each query must exceed for a candidate of this panel to have a chance.
@inline
function setLimits(search: Search, tile: usize, head: usize): void {
  const inverse = load<f32>(head + inverseScale);
  const error = load<f32>(head + largestError), length = load<f32>(head + largestLength);
  for (let r: usize = 0; r < tileQueries << 2; r += 4) {
    const x =
      load<f32>(tile + bars + r) * inverse - error * load<f32>(tile + lengths + r) - length * load<f32>(tile + errors + r);
    const limit = i32(max<f32>(min<f32>(x, 1e9), -1e9)) - 2;
    store<i32>(search.limits + r, limit + load<i32>(tile + offsets + r));
  }
}

@inline
function take(search: Search, r: u32, position: u32, left: Ints, right: Ints): void {
  const limit = wholeSplat(load<i32>(search.limits + (r << 2)));
  const bits = exceeds(left, limit) | (exceeds(right, limit) << lanes);
  if (bits) keep(search, r, position, bits);
}

// A tile's queries, packed as [quad][tileQueries], against the panels [panel, panelEnd).
function sweepTile(search: Search, tile: usize, quads: usize, firstQuery: u32, panel: u32, panelEnd: u32): void {
  const quadsEnd = quads + quadsOf(search.factors) * tileQueries * quadBytes;
  for (; panel < panelEnd; panel++) {
    const head = search.packed + panel * panelBytes(search.factors);
    setLimits(search, tile, head);
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
      take(search, 0, position, s00, s01);
      take(search, 1, position, s10, s11);
      take(search, 2, position, s20, s21);
      take(search, 3, position, s30, s31);
    }
    if (search.waitingEnd >= search.waitingFull) scoreWaiting(search, tile, firstQuery);
  }
  scoreWaiting(search, tile, firstQuery);
}

// One query, packed as [quad], against the panels [panel, panelEnd).
function sweepOne(search: Search, tile: usize, quads: usize, query: u32, panel: u32, panelEnd: u32): void {
  const quadsEnd = quads + quadsOf(search.factors) * quadBytes;
  for (; panel < panelEnd; panel++) {
    const head = search.packed + panel * panelBytes(search.factors);
    setLimits(search, tile, head);
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
      take(search, 0, position, s0, s1);
      take(search, 0, position + 2 * lanes, s2, s3);
    }
    if (search.waitingEnd >= search.waitingFull) scoreWaiting(search, tile, query);
  }
  scoreWaiting(search, tile, query);
}

// Whether a candidate of the panels [panel, panelEnd) may be long enough to be among the best of a query of the tile.
function mayReach(search: Search, tile: usize, queries: u32, panel: u32, panelEnd: u32): bool {
  let norm: f32 = 0;
  for (; panel < panelEnd; panel++)
    norm = max<f32>(norm, load<f32>(search.packed + panel * panelBytes(search.factors) + largestNorm));
  for (let r: usize = 0; r < queries << 2; r += 4)
    if (!(load<f32>(tile + bars + r) > 1.001 * load<f32>(tile + lengths + r) * norm)) return true;
  return false;
}

// Candidates that are swept at a time: some 32 KiB of them stay in a cache while the tiles of queries pass.
function blockPanels(factors: u32): u32 {
  return max<u32>(1, 32768 / u32(panelBytes(factors)));
}

function select(s: Selection, query: u32, n: u32, rows: usize, scores: usize): void {
  s.rows = rows + ((query * n) << 2);
  s.scores = scores + ((query * n) << 2);
  s.size = 0;
  s.exclude = 0;
  s.excluded = 0;
}

export function topN(
  queries: usize, stride: u32, packed: usize, candidates: usize, order: usize, count: u32, factors: u32, mask: usize,
  excludeOffsets: usize, excludeRows: usize, n: u32, rows: usize, scores: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const asked = end - begin, width: u32 = asked < 2 ? 1 : tileQueries, tiles = (asked + width - 1) / width;
  const search = changetype<Search>(scratch);
  search.queries = queries + ((begin * stride) << 2);
  search.strideBytes = stride << 2;
  search.packed = packed;
  search.candidates = candidates;
  search.order = order;
  search.count = count;
  search.factors = factors;
  search.n = n;
  search.mask = mask;
  search.limits = scratch + 64;
  search.waiting = search.waitingEnd = scratch + 80;
  search.waitingFull = search.waiting + mostWaiting * 8;
  // One panel of a tile adds as many again at the most.
  const firstTile = search.waitingFull + tileQueries * panelWidth * 8;
  search.selections = firstTile + tiles * tileBytes;
  const firstQuads = (search.selections + asked * offsetof<Selection>() + 15) & ~15;
  const quadsStep = quadsOf(factors) * width * quadBytes;
  memory.fill(firstTile, 0, tiles * tileBytes);
  memory.fill(firstQuads, 0, tiles * quadsStep);
  for (let q: u32 = 0; q < asked; q++) {
    const row = begin + q, s = changetype<Selection>(search.selections + q * offsetof<Selection>());
    select(s, row, n, rows, scores);
    if (excludeOffsets) {
      const first = load<u32>(excludeOffsets + (row << 2));
      s.exclude = excludeRows + (first << 2);
      s.excluded = load<u32>(excludeOffsets + (row << 2), 4) - first;
    }
    const t = q / width, tile = firstTile + t * tileBytes;
    const query = search.queries + q * search.strideBytes, quads = firstQuads + t * quadsStep;
    if (!packQuery(query, stride << 2, factors, width, tile, q % width, quads)) return 1;
  }
  // Columns that no query fills up: no candidate has a chance there.
  for (let q = asked; q < tiles * tileQueries && width > 1; q++)
    store<f32>(firstTile + (q / width) * tileBytes + bars + ((q % width) << 2), 3e37);
  const panels = (count + panelWidth - 1) / panelWidth, block = blockPanels(factors);
  for (let panel: u32 = 0; panel < panels; panel += block) {
    const panelEnd = panel + min(panels - panel, block);
    for (let t: u32 = 0; t < tiles; t++) {
      const tile = firstTile + t * tileBytes, quads = firstQuads + t * quadsStep, first = t * width;
      if (!mayReach(search, tile, min(asked - first, width), panel, panelEnd)) continue;
      if (width == 1) sweepOne(search, tile, quads, first, panel, panelEnd);
      else sweepTile(search, tile, quads, first, panel, panelEnd);
    }
  }
  for (let q: u32 = 0; q < asked; q++) finish(changetype<Selection>(search.selections + q * offsetof<Selection>()), n);
  return 0;
}

export function topNListed(
  queries: usize, stride: u32, candidates: usize, listOffsets: usize, listRows: usize, n: u32, rows: usize, scores: usize,
  scratch: usize, begin: u32, end: u32,
): u32 {
  const s = changetype<Selection>(scratch), bytes: usize = stride << 2;
  for (let query = begin; query < end; query++) {
    const q = queries + query * bytes;
    if (!isFinite<f32>(largest(q, bytes))) return 1;
    select(s, query, n, rows, scores);
    const listEnd = listRows + (load<u32>(listOffsets + (query << 2), 4) << 2);
    for (let at = listRows + (load<u32>(listOffsets + (query << 2)) << 2); at < listEnd; at += 4) {
      const row = load<u32>(at);
      offer(s, n, dotInSixteen(q, candidates + row * bytes, bytes), row);
    }
    finish(s, n);
  }
  return 0;
}
