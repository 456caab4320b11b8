// Factors as bytes: panels of candidates, and tiles of queries; native/packing.hpp says why they lose no candidate.
import {
  byteOffset, bytesOf, candidateBytes, largest, lostOf, quadBytes, queryBytes, squaresOf, storeQuad, sumOfBytes,
} from './bytes';

// A panel begins with what is true of all its candidates, and then holds their values, four to a word.
export const panelWidth: u32 = 16;
export const panelHead: usize = 64;
export const quadStep: usize = panelWidth << 2;
export const inverseScale: usize = 0, largestError: usize = 4, largestLength: usize = 8, largestNorm: usize = 12;
const unbounded: f32 = 1e30, smallestScale: f32 = 1e-15, largestValue: f32 = 1e30;

@inline
export function quadsOf(factors: u32): u32 {
  return (factors + 3) >> 2;
}

@inline
export function panelBytes(factors: u32): usize {
  return panelHead + quadsOf(factors) * quadStep;
}

export function pack(
  candidates: usize, order: usize, count: u32, stride: u32, factors: u32, packed: usize, begin: u32, end: u32,
): u32 {
  const quads = quadsOf(factors);
  for (let panel = begin; panel < end; panel++) {
    const head = packed + panel * panelBytes(factors), listed = order + ((panel * panelWidth) << 2);
    const length = min(count - panel * panelWidth, panelWidth);
    let most: f32 = 0, lost: f32 = 0, squares = 0;
    for (let i: u32 = 0; i < length; i++)
      most = max<f32>(most, largest(candidates + ((load<u32>(listed + (i << 2)) * stride) << 2), stride << 2));
    if (!isFinite<f32>(most)) return 1;
    const scale = max<f32>(most / candidateBytes, smallestScale), inverse: f32 = 1 / scale;
    for (let i: u32 = 0; i < panelWidth; i++) {
      const c = i < length ? candidates + ((load<u32>(listed + (i << 2)) * stride) << 2) : 0;
      const out = head + panelHead + (i << 2);
      if (!c) {
        for (let k: u32 = 0; k < quads; k++) store<u32>(out + k * quadStep, 0x40404040);
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
    memory.fill(head, 0, panelHead);
    const error: f32 = 1.001 * sqrt<f32>(lost);
    const size: f32 = most > largestValue ? unbounded : 1.001 * sqrt<f32>(f32(squares));
    store<f32>(head + inverseScale, inverse);
    store<f32>(head + largestError, error);
    store<f32>(head + largestLength, size);
    store<f32>(head + largestNorm, scale * (error + size));
  }
  return 0;
}

// Queries that are swept together, a column of these arrays each: threshold / s, |q / s|, |d / s| and the slack for
// rounding, s, and what the candidates' +64 adds to a sum of products.
export const bars: usize = 0, lengths: usize = 16, errors: usize = 32, scales: usize = 48, offsets: usize = 64;
// Eight sums, two vectors and a query are as many as V8 keeps in registers; more, and it spills in the innermost loop.
export const tileQueries: u32 = 4, tileBytes: usize = 80;

export function setBar(tile: usize, r: u32, threshold: f32): void {
  const bar = threshold / load<f32>(tile + scales + (r << 2));
  store<f32>(tile + bars + (r << 2), max<f32>(min<f32>(bar, 3e37), -3e37));
}

// Puts a query's values as bytes, s and the rest into column r of a tile. Returns false where they are not finite.
export function packQuery(q: usize, bytes: usize, factors: u32, width: u32, tile: usize, r: u32, quads: usize): bool {
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
  const error: f32 = 1.001 * sqrt<f32>(lostOf(q, inverse, bytes));
  const length: f32 = trusted ? error + 1.001 * sqrt<f32>(f32(squares)) : unbounded;
  const column = tile + (r << 2);
  store<f32>(column + scales, scale);
  store<f32>(column + lengths, length);
  store<f32>(column + errors, trusted ? error + f32(factors + 32) * 1.1920929e-7 * length : unbounded);
  store<i32>(column + offsets, byteOffset * sum);
  setBar(tile, r, -Infinity);
  return true;
}
