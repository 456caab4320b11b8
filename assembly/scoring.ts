import { fma, greater, lanes, lanesBytes, splat, spread } from './lanes';

const noRow: u32 = 0xffffffff;
const lowest: f32 = -Infinity;

const panelWidth: u32 = 16;
// From one factor of a panel to the next.
const panelStep: usize = panelWidth << 2;

// Registers of one scoring tile: queries x vectors of candidates. Eight sums, two vectors and four queries are as many
// as V8 keeps in registers; one more and it spills in the innermost loop.
const tileQueries: u32 = 4;
const tileVectors: u32 = 2;
const tileStep: usize = tileQueries << 2;

export function pack(
  candidates: usize, count: u32, stride: u32, factors: u32, packed: usize, begin: u32, end: u32,
): u32 {
  for (let panel = begin; panel < end; panel++) {
    const out = packed + panel * factors * panelStep;
    for (let lane: u32 = 0; lane < panelWidth; lane++) {
      const row = panel * panelWidth + lane;
      for (let k: u32 = 0; k < factors; k++)
        store<f32>(
          out + k * panelStep + (lane << 2),
          row < count ? load<f32>(candidates + ((row * stride + k) << 2)) : 0,
        );
    }
  }
  return 0;
}

// The best candidates of one query so far, best first, in the output arrays.
@unmanaged
class Selection {
  rows: usize;
  scores: usize;
  size: u32;
  // Next entry of the exclusion list; candidates come in ascending order, so it only moves forward.
  exclude: usize;
  excludeEnd: usize;
}

// Returns the score that the next candidate must beat. Candidates come in ascending order, so that of equal scores the
// lower row is in already and stays ahead.
function offer(s: Selection, n: u32, score: f32, row: u32): f32 {
  let at: usize = (s.size < n ? s.size++ : n - 1) << 2;
  for (; at > 0 && load<f32>(s.scores + at - 4) < score; at -= 4) {
    store<f32>(s.scores + at, load<f32>(s.scores + at - 4));
    store<u32>(s.rows + at, load<u32>(s.rows + at - 4));
  }
  store<f32>(s.scores + at, score);
  store<u32>(s.rows + at, row);
  return s.size == n ? load<f32>(s.scores + ((n - 1) << 2)) : lowest;
}

// Marks the unused end.
function finish(s: Selection, n: u32): void {
  for (let i = s.size; i < n; i++) {
    store<u32>(s.rows + (i << 2), noRow);
    store<f32>(s.scores + (i << 2), 0);
  }
}

// One call's search, at the start of its scratch.
@unmanaged
class Search {
  packed: usize;
  count: u32;
  factors: u32;
  n: u32;
  mask: usize;
  names: usize; // the row of each candidate where it is not its own index
  selections: usize; // by query of the call
  thresholds: usize; // by query of the call: what the next candidate must beat
  hits: usize; // room for the scores of one vector
}

// Offers the candidates from `column` on whose bit is set.
function offerAll(search: Search, query: u32, column: u32, scores: Lanes, bits: u32): void {
  const selection = changetype<Selection>(search.selections + query * offsetof<Selection>());
  const threshold = search.thresholds + (query << 2);
  store<Lanes>(search.hits, scores);
  for (; bits; bits &= bits - 1) {
    const lane = ctz(bits), candidate = column + lane;
    const score = load<f32>(search.hits + (lane << 2));
    if (!(score > load<f32>(threshold)) || candidate >= search.count) continue;
    const row = search.names ? load<u32>(search.names + (candidate << 2)) : candidate;
    if (search.mask && !((load<u32>(search.mask + ((row >> 5) << 2)) >> (row & 31)) & 1)) continue;
    while (selection.exclude < selection.excludeEnd && load<u32>(selection.exclude) < row) selection.exclude += 4;
    if (selection.exclude < selection.excludeEnd && load<u32>(selection.exclude) == row) continue;
    store<f32>(threshold, offer(selection, search.n, score, row));
  }
}

// Where the factors of the candidates from `column` on begin.
@inline
function candidatesAt(search: Search, column: u32): usize {
  return search.packed + (column / panelWidth) * search.factors * panelStep + ((column % panelWidth) << 2);
}

@inline
function offerBeats(search: Search, query: u32, column: u32, left: Lanes, right: Lanes): void {
  const threshold = spread(search.thresholds + (query << 2));
  const beatsLeft = greater(left, threshold), beatsRight = greater(right, threshold);
  if (beatsLeft) offerAll(search, query, column, left, beatsLeft);
  if (beatsRight) offerAll(search, query, column + lanes, right, beatsRight);
}

// Scores a tile's queries, packed as [factor][tileQueries], against the candidates [column, columnEnd), multiples of
// the panel width, and offers what beats the thresholds. A score is one sum over the factors in ascending order, as it
// is in sweepOne.
function sweepTile(search: Search, queries: usize, firstQuery: u32, column: u32, columnEnd: u32): void {
  const queriesEnd = queries + search.factors * tileStep;
  for (; column < columnEnd; column += tileVectors * lanes) {
    let s00 = splat(0), s01 = splat(0), s10 = splat(0), s11 = splat(0);
    let s20 = splat(0), s21 = splat(0), s30 = splat(0), s31 = splat(0);
    for (let q = queries, c = candidatesAt(search, column); q < queriesEnd; q += tileStep, c += panelStep) {
      const c0 = load<Lanes>(c), c1 = load<Lanes>(c, lanesBytes);
      const q0 = spread(q), q1 = spread(q + 4), q2 = spread(q + 8), q3 = spread(q + 12);
      s00 = fma(q0, c0, s00);
      s01 = fma(q0, c1, s01);
      s10 = fma(q1, c0, s10);
      s11 = fma(q1, c1, s11);
      s20 = fma(q2, c0, s20);
      s21 = fma(q2, c1, s21);
      s30 = fma(q3, c0, s30);
      s31 = fma(q3, c1, s31);
    }
    offerBeats(search, firstQuery, column, s00, s01);
    offerBeats(search, firstQuery + 1, column, s10, s11);
    offerBeats(search, firstQuery + 2, column, s20, s21);
    offerBeats(search, firstQuery + 3, column, s30, s31);
  }
}

// One query, not packed, against the candidates [column, columnEnd).
function sweepOne(search: Search, query: usize, index: u32, column: u32, columnEnd: u32): void {
  const queryEnd = query + (search.factors << 2);
  for (; column < columnEnd; column += 4 * lanes) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    for (let q = query, c = candidatesAt(search, column); q < queryEnd; q += 4, c += panelStep) {
      const x = spread(q);
      s0 = fma(x, load<Lanes>(c), s0);
      s1 = fma(x, load<Lanes>(c, lanesBytes), s1);
      s2 = fma(x, load<Lanes>(c, 2 * lanesBytes), s2);
      s3 = fma(x, load<Lanes>(c, 3 * lanesBytes), s3);
    }
    offerBeats(search, index, column, s0, s1);
    offerBeats(search, index, column + 2 * lanes, s2, s3);
  }
}

// Candidates that are swept at a time: 512 of 64 factors stay in a level-2 cache beside the queries.
function blockColumns(factors: u32): u32 {
  return max(((512 * 64) / factors / panelWidth) * panelWidth, 2 * panelWidth);
}

// Fewer queries than this cost less one by one than as a tile filled up with zeros.
const fewestInTile: u32 = tileQueries / 3 + 1;

// Queries [0, count) against all candidates. `packedQueries` has room for whole tiles: [tile][factor][tileQueries].
function sweepAll(search: Search, queries: usize, stride: u32, count: u32, packedQueries: usize): void {
  const columns = ((search.count + panelWidth - 1) / panelWidth) * panelWidth;
  const block = blockColumns(search.factors);
  const tiles = (count + tileQueries - fewestInTile) / tileQueries, tileBytes = search.factors * tileStep;
  for (let q: u32 = 0; q < tiles * tileQueries; q++) {
    const out = packedQueries + (q / tileQueries) * tileBytes + ((q % tileQueries) << 2);
    for (let k: u32 = 0; k < search.factors; k++)
      store<f32>(out + k * tileStep, q < count ? load<f32>(queries + ((q * stride + k) << 2)) : 0);
  }
  for (let column: u32 = 0; column < columns; column += block) {
    const columnEnd = column + min(columns - column, block);
    for (let t: u32 = 0; t < tiles; t++)
      sweepTile(search, packedQueries + t * tileBytes, t * tileQueries, column, columnEnd);
    for (let q = tiles * tileQueries; q < count; q++)
      sweepOne(search, queries + ((q * stride) << 2), q, column, columnEnd);
  }
}

// The search goes first in the scratch, then room for hits, which is kept on the vectors' boundaries.
function searchIn(scratch: usize, packed: usize, count: u32, factors: u32, n: u32): Search {
  const search = changetype<Search>(scratch);
  search.packed = packed;
  search.count = count;
  search.factors = factors;
  search.n = n;
  search.mask = 0;
  search.names = 0;
  search.hits = scratch + 48;
  search.thresholds = scratch + 64;
  return search;
}

function select(selection: usize, query: u32, n: u32, rows: usize, scores: usize): Selection {
  const s = changetype<Selection>(selection);
  s.rows = rows + ((query * n) << 2);
  s.scores = scores + ((query * n) << 2);
  s.size = 0;
  s.exclude = 0;
  s.excludeEnd = 0;
  return s;
}

export function topN(
  queries: usize, stride: u32, packed: usize, count: u32, factors: u32, mask: usize, excludeOffsets: usize,
  excludeRows: usize, n: u32, rows: usize, scores: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const asked = end - begin, search = searchIn(scratch, packed, count, factors, n);
  search.mask = mask;
  // A tile that is filled up with zeros has queries past the last one: nothing may beat these.
  const thresholdsEnd = search.thresholds + ((asked + tileQueries) << 2);
  search.selections = thresholdsEnd;
  for (let q: u32 = 0; q < asked; q++) {
    const query = begin + q;
    const s = select(search.selections + q * offsetof<Selection>(), query, n, rows, scores);
    if (excludeOffsets) {
      s.exclude = excludeRows + (load<u32>(excludeOffsets + (query << 2)) << 2);
      s.excludeEnd = excludeRows + (load<u32>(excludeOffsets + (query << 2), 4) << 2);
    }
    store<f32>(search.thresholds + (q << 2), lowest);
  }
  for (let t = search.thresholds + (asked << 2); t < thresholdsEnd; t += 4) store<f32>(t, -lowest);
  const packedQueries = (search.selections + asked * offsetof<Selection>() + 63) & ~63;
  sweepAll(search, queries + ((begin * stride) << 2), stride, asked, packedQueries);
  for (let q: u32 = 0; q < asked; q++) finish(changetype<Selection>(search.selections + q * offsetof<Selection>()), n);
  return 0;
}

export function topNListed(
  queries: usize, stride: u32, candidates: usize, candidateStride: u32, factors: u32, listOffsets: usize,
  listRows: usize, n: u32, rows: usize, scores: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const panel = scratch + 256, search = searchIn(scratch, panel, 0, factors, n);
  search.selections = scratch + 128;
  for (let query = begin; query < end; query++) {
    const selection = select(search.selections, query, n, rows, scores);
    store<f32>(search.thresholds, lowest);
    const listEnd = listRows + (load<u32>(listOffsets + (query << 2), 4) << 2);
    for (let at = listRows + (load<u32>(listOffsets + (query << 2)) << 2); at < listEnd; at += panelWidth << 2) {
      const listed = min<u32>((listEnd - at) >> 2, panelWidth);
      search.count = listed;
      search.names = at;
      for (let lane: u32 = 0; lane < panelWidth; lane++) {
        const from = lane < listed ? candidates + ((load<u32>(at + (lane << 2)) * candidateStride) << 2) : 0;
        for (let k: u32 = 0; k < factors; k++)
          store<f32>(panel + k * panelStep + (lane << 2), from ? load<f32>(from + (k << 2)) : 0);
      }
      sweepOne(search, queries + ((query * stride) << 2), 0, 0, panelWidth);
    }
    finish(selection, n);
  }
  return 0;
}
