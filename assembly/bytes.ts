// Sums of products of bytes. A candidate's values have 7 bits and are stored plus 64, from 0 to 127. A query's values are
// signed. build.mjs defines the type `Ints` for each module: v128 (four sums) with SIMD, i32 (one) without.
import { lanes } from './lanes';

export const byteOffset: i32 = 64, candidateBytes: f32 = 63, queryBytes: f32 = 127;

// With SIMD, 16-bit numbers are multiplied: a query's values 0 and 2 are in one word, 1 and 3 in another. The relaxed
// products of bytes are not used, since Node 20 computes them wrong.
export const quadBytes: usize = ASC_FEATURE_SIMD ? 8 : 4;

@inline
export function wholeSplat(x: i32): Ints {
  return ASC_FEATURE_SIMD ? i32x4.splat(x) : x;
}

// Values 0 and 2 of each candidate's four; without SIMD, all of them.
@inline
export function even(c: Ints): Ints {
  return ASC_FEATURE_SIMD ? v128.and(c, i16x8.splat(255)) : c;
}

// Values 1 and 3.
@inline
export function odd(c: Ints): Ints {
  return ASC_FEATURE_SIMD ? i16x8.shr_u(c, 8) : c;
}

// s + the four products of each candidate with the query's values at `quad`.
@inline
export function dot4(s: Ints, even: Ints, odd: Ints, quad: usize): Ints {
  if (ASC_FEATURE_SIMD) {
    const left = i32x4.dot_i16x8_s(even, v128.load32_splat(quad));
    const right = i32x4.dot_i16x8_s(odd, v128.load32_splat(quad + 4));
    return i32x4.add(i32x4.add(s, left), right);
  }
  return (
    s +
    (even & 127) * load<i8>(quad) +
    ((even >> 8) & 127) * load<i8>(quad + 1) +
    ((even >> 16) & 127) * load<i8>(quad + 2) +
    ((even >> 24) & 127) * load<i8>(quad + 3)
  );
}

// One bit for each candidate: a > b.
@inline
export function exceeds(a: Ints, b: Ints): u32 {
  return ASC_FEATURE_SIMD ? i32x4.bitmask(i32x4.gt_s(a, b)) : u32(a > b);
}

// Four values times `inverse`, rounded, plus `offset`, as the bytes of a word.
@inline
export function bytesOf(x: usize, inverse: f32, offset: i32): u32 {
  if (ASC_FEATURE_SIMD) {
    const whole = f32x4.nearest(f32x4.mul(load<v128>(x), f32x4.splat(inverse)));
    const words = i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(offset));
    const shorts = i16x8.narrow_i32x4_s(words, words);
    return i32x4.extract_lane(i8x16.narrow_i16x8_s(shorts, shorts), 0);
  }
  let word: u32 = 0;
  for (let j: u32 = 0; j < 4; j++)
    word |= u32((i32(nearest<f32>(load<f32>(x + (j << 2)) * inverse)) + offset) & 255) << (j << 3);
  return word;
}

// The sum of the squares of what rounding takes from the values times `inverse`.
export function lostOf(x: usize, inverse: f32, bytes: usize): f32 {
  if (ASC_FEATURE_SIMD) {
    let sums = f32x4.splat(0);
    for (const end = x + bytes; x < end; x += 16) {
      const value = f32x4.mul(load<v128>(x), f32x4.splat(inverse)), lost = f32x4.sub(value, f32x4.nearest(value));
      sums = f32x4.add(sums, f32x4.mul(lost, lost));
    }
    return (
      f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) +
      (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
    );
  }
  let sum: f32 = 0;
  for (const end = x + bytes; x < end; x += 4) {
    const value = load<f32>(x) * inverse, lost = value - nearest<f32>(value);
    sum += lost * lost;
  }
  return sum;
}

// The sum of the squares of the signed bytes of a word.
@inline
export function squaresOf(word: u32): i32 {
  const a = i32(<i8>word), b = i32(<i8>(word >> 8)), c = i32(<i8>(word >> 16)), d = i32(<i8>(word >> 24));
  return a * a + b * b + c * c + d * d;
}

@inline
export function sumOfBytes(word: u32): i32 {
  return i32(<i8>word) + i32(<i8>(word >> 8)) + i32(<i8>(word >> 16)) + i32(<i8>(word >> 24));
}

// Stores the signed bytes of a word in the form that dot4 reads.
@inline
export function storeQuad(word: u32, quad: usize): void {
  if (quadBytes == 4) store<u32>(quad, word);
  else {
    store<i16>(quad, <i8>word);
    store<i16>(quad + 2, <i8>(word >> 16));
    store<i16>(quad + 4, <i8>(word >> 8));
    store<i16>(quad + 6, <i8>(word >> 24));
  }
}
