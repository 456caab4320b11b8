// Factors as bytes: panels of candidates, and tiles of queries; native/packing.hpp says why they lose no candidate.
import {
  byteOffset, bytesOf, candidateBytes, lostOf, quadBytes, queryBytes, squaresOf, storeQuad, sumOfBytes,
} from './bytes';
import { largest } from './lanes';
import { noGroup } from './selection';

// A panel begins with what holds for all its candidates, followed by their values, four to a word.
export const panelWidth: u32 = 16;
export const panelHead: usize = 64;
export const quadStep: usize = panelWidth << 2;
export const inverseScale: usize = 0, largestError: usize = 4, largestLength: usize = 8, largestNorm: usize = 12;
export const largestPrior: usize = 16, sharedGroup: usize = 20;
const unbounded: f32 = 1e30, smallestScale: f32 = 1e-15, largestValue: f32 = 1e30;
// What a threshold or a prior may lose by rounding, relative to its size.
export const slack: f32 = 1e-6;
// The root of a sum of squares is raised by this factor, since the sum is rounded.
export const rootMargin: f32 = 1.001;
// The square in a bar is lowered by this factor, since it is rounded.
const squareMargin: f32 = 0.99999;
// Rounding takes less than (factors + dotRoundings) * dotRounding of |q| |c| from a dot product.
const dotRoundings: u32 = 32;
const dotRounding: f32 = 1.1920928955078125e-7;
// Products of larger numbers would overflow.
const farAway: f32 = 3e37, largestGap: f32 = 1e15, largestInverse: f32 = 1e30;

@inline
export function quadsOf(factors: u32): u32 {
  return (factors + 3) >> 2;
}

@inline
export function panelBytes(factors: u32): usize {
  return panelHead + quadsOf(factors) * quadStep;
}

export function pack(
  candidates: usize, order: usize, count: u32, stride: u32, factors: u32, priors: usize, groups: usize, packed: usize,
  begin: u32, end: u32,
): u32 {
  const quads = quadsOf(factors);
  for (let panel = begin; panel < end; panel++) {
    const head = packed + panel * panelBytes(factors), listed = order + ((panel * panelWidth) << 2);
    const length = min(count - panel * panelWidth, panelWidth);
    let most: f32 = 0, lost: f32 = 0, squares = 0, highest: f32 = -Infinity;
    for (let i: u32 = 0; i < length; i++) {
      const row = load<u32>(listed + (i << 2)), prior: f32 = priors ? load<f32>(priors + (row << 2)) : 0;
      if (!isFinite<f32>(prior)) return 1;
      most = max<f32>(most, largest(candidates + ((row * stride) << 2), stride << 2));
      highest = max<f32>(highest, prior);
    }
    if (!isFinite<f32>(most)) return 1;
    const scale = max<f32>(most / candidateBytes, smallestScale), inverse: f32 = 1 / scale;
    for (let i: u32 = 0; i < panelWidth; i++) {
      const c = i < length ? candidates + ((load<u32>(listed + (i << 2)) * stride) << 2) : 0;
      const out = head + panelHead + (i << 2);
      if (!c) {
        for (let k: u32 = 0; k < quads; k++) store<u32>(out + k * quadStep, byteOffset * 0x01010101);
        continue;
      }
      let square = 0;
      for (let k: u32 = 0; k < quads; k++) {
        square += squaresOf(bytesOf(c + (k << 4), inverse, 0));
        store<u32>(out + k * quadStep, bytesOf(c + (k << 4), inverse, byteOffset));
      }
      squares = max(squares, square);
      lost = max<f32>(lost, lostOf(c, inverse, stride << 2));
    }
    let group = groups ? load<u32>(groups + (load<u32>(listed) << 2)) : noGroup;
    for (let i: u32 = 1; i < length; i++)
      if (groups && load<u32>(groups + (load<u32>(listed + (i << 2)) << 2)) != group) group = noGroup;
    memory.fill(head, 0, panelHead);
    const error: f32 = rootMargin * sqrt<f32>(lost);
    const size: f32 = most > largestValue ? unbounded : rootMargin * sqrt<f32>(f32(squares));
    store<f32>(head + inverseScale, inverse);
    store<f32>(head + largestError, error);
    store<f32>(head + largestLength, size);
    store<f32>(head + largestNorm, scale * (error + size));
    store<f32>(head + largestPrior, highest + slack * abs<f32>(highest));
    store<u32>(head + sharedGroup, group);
  }
  return 0;
}

// Queries that are swept at a time; each has a column of these arrays: threshold / s, or with priors, the threshold;
// |q / s|; |d / s| and the allowance for rounding; 1 / s, or with priors, 1 / (root^2 s); and what the +64 of candidates adds
// to a sum of products. The last tile may have fewer queries than columns: the sweep looks at no other column, whatever its
// numbers are.
export const bars: usize = 0, lengths: usize = 16, errors: usize = 32, inverses: usize = 48, offsets: usize = 64;
// V8 keeps eight sums, two vectors, and a query in registers; with more, it spills in the innermost loop.
export const tileQueries: u32 = 4, tileBytes: usize = 80;

// What `bars` has for this threshold.
@inline
export function barAt(column: usize, threshold: f32, ranked: bool, allowance: f32): f32 {
  const bar = ranked
    ? threshold - allowance - slack * (abs<f32>(threshold) + allowance)
    : threshold * load<f32>(column + inverses);
  // A query that is too large or too small for bytes rules out nothing, and neither does a threshold that is not a number.
  const rulesOut = load<f32>(column + lengths) != unbounded && bar > -farAway;
  return rulesOut ? min<f32>(bar, farAway) : -farAway;
}

// The dot product, divided by s, that a candidate must reach for this bar; with priors, a candidate with at most this prior.
@inline
export function toReach(column: usize, bar: f32, ranked: bool, prior: f32): f32 {
  if (!ranked) return bar;
  const gap = min<f32>(bar - prior, largestGap);
  return gap > 0 ? min<f32>(gap * gap * load<f32>(column + inverses), farAway) : -farAway;
}

// The same for the bar of a query of a tile.
@inline
export function barOf(column: usize, ranked: bool, prior: f32): f32 {
  return toReach(column, load<f32>(column + bars), ranked, prior);
}

// Puts a query's values as bytes, s, and the rest into column r of a tile. Returns false if the query is not finite.
export function packQuery(
  q: usize, bytes: usize, factors: u32, ranked: bool, root: f32, width: u32, tile: usize, r: u32, quads: usize,
): bool {
  const most = largest(q, bytes);
  if (!isFinite<f32>(most)) return false;
  const trusted = most > smallestScale && most < largestValue;
  const scale: f32 = trusted ? most / queryBytes : 1, inverse: f32 = trusted ? 1 / scale : 0;
  let squares = 0, sum = 0;
  for (let k: u32 = 0; k < quadsOf(factors); k++) {
    const word = bytesOf(q + (k << 4), inverse, 0);
    storeQuad(word, quads + (k * width + r) * quadBytes);
    squares += squaresOf(word);
    sum += sumOfBytes(word);
  }
  const error: f32 = rootMargin * sqrt<f32>(lostOf(q, inverse, bytes));
  const length: f32 = trusted ? error + rootMargin * sqrt<f32>(f32(squares)) : unbounded;
  const column = tile + (r << 2);
  // With a root of zero, no dot product reaches the bar.
  store<f32>(column + inverses, ranked ? min<f32>(squareMargin / (root * root * scale), largestInverse) : 1 / scale);
  store<f32>(column + lengths, length);
  store<f32>(column + errors, trusted ? error + f32(factors + dotRoundings) * dotRounding * length : unbounded);
  store<i32>(column + offsets, byteOffset * sum);
  store<f32>(column + bars, barAt(column, -Infinity, false, 0));
  return true;
}
