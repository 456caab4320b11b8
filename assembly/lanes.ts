// A short vector of floats, and functions over longer vectors that the operations are made of. build.mjs defines the type
// `Lanes` for each module: v128 (four floats) with SIMD, f32 (one) without; the operations are written once for both. Pointers
// are byte offsets, and lengths are in bytes, multiples of 64.

export const lanes: u32 = ASC_FEATURE_SIMD ? 4 : 1;
export const lanesBytes: usize = sizeof<Lanes>();

// Every module adds up four lanes, so that the one without SIMD gives the same bytes.
export const chunk: u32 = 4;

// Rows in a group, whose sums do not wait for one another. V8 has too few registers for more.
export const group: u32 = 4;

@inline
export function splat(x: f32): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.splat(x) : x;
}

// The float at p in every lane.
@inline
export function spread(p: usize): Lanes {
  return ASC_FEATURE_SIMD ? v128.load_splat<f32>(p) : load<f32>(p);
}

// a * b + c, rounded once in the relaxed module if the engine can, and twice otherwise.
@inline
export function fma(a: Lanes, b: Lanes, c: Lanes): Lanes {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return add(mul(a, b), c);
}

@inline
export function add(a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.add(a, b) : a + b;
}

@inline
export function sub(a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.sub(a, b) : a - b;
}

@inline
export function mul(a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.mul(a, b) : a * b;
}

@inline
export function div(a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.div(a, b) : a / b;
}

@inline
export function squareRoot(a: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.sqrt(a) : sqrt<f32>(a);
}

// Whether a < x < b in any lane.
@inline
export function anyBetween(a: Lanes, x: Lanes, b: Lanes): bool {
  return ASC_FEATURE_SIMD ? v128.any_true(v128.and(f32x4.gt(x, a), f32x4.lt(x, b))) : x > a && x < b;
}

// a where x > 0, else b.
@inline
export function choose(x: Lanes, a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? v128.bitselect(a, b, f32x4.gt(x, f32x4.splat(0))) : x > 0 ? a : b;
}

// counts, and one more where a > b.
@inline
export function countGreater(counts: Lanes, a: Lanes, b: Lanes): Lanes {
  return ASC_FEATURE_SIMD ? f32x4.add(counts, v128.and(f32x4.gt(a, b), f32x4.splat(1))) : counts + f32(a > b);
}

@inline
export function equal(a: Lanes, b: Lanes): bool {
  return ASC_FEATURE_SIMD ? i32x4.all_true(f32x4.eq(a, b)) : a == b;
}

// The sum of four lanes, in the order of lanes.hpp.
@inline
function sumOf(a: f32, b: f32, c: f32, d: f32): f32 {
  return a + c + (b + d);
}

@inline
export function sum(a: Lanes): f32 {
  return ASC_FEATURE_SIMD
    ? sumOf(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1), f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3))
    : a;
}

// The sums of four vectors, only with SIMD: after a transposition, the lanes of each sum are added in the order of sumOf.
@inline
function sums4(s0: Lanes, s1: Lanes, s2: Lanes, s3: Lanes): Lanes {
  const left = add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const right = add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return add(v128.shuffle<f32>(left, right, 0, 1, 4, 5), v128.shuffle<f32>(left, right, 2, 3, 6, 7));
}

// ---- longer vectors -------------------------------------------------------------------------------------------------

export function zero(x: usize, bytes: usize): void {
  for (const end = x + bytes; x < end; x += lanesBytes) store<Lanes>(x, splat(0));
}

export function copy(from: usize, to: usize, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += lanesBytes) store<Lanes>(to + k, load<Lanes>(from + k));
}

// `bytes` may be any multiple of 16.
export function dot(a: usize, b: usize, bytes: usize): f32 {
  if (ASC_FEATURE_SIMD) {
    let s = splat(0);
    for (let k: usize = 0; k < bytes; k += 16) s = fma(load<Lanes>(a + k), load<Lanes>(b + k), s);
    return sum(s);
  } else {
    let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
    for (const end = a + bytes; a < end; a += 16, b += 16) {
      s0 += load<f32>(a) * load<f32>(b);
      s1 += load<f32>(a, 4) * load<f32>(b, 4);
      s2 += load<f32>(a, 8) * load<f32>(b, 8);
      s3 += load<f32>(a, 12) * load<f32>(b, 12);
    }
    return sumOf(s0, s1, s2, s3);
  }
}

// The dot product in sixteen sums, folded by halves: the order of the widest instruction set, which all others follow.
export function dotInSixteen(a: usize, b: usize, bytes: usize): f32 {
  if (ASC_FEATURE_SIMD) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    for (const end = a + bytes; a < end; a += 64, b += 64) {
      s0 = fma(load<Lanes>(a), load<Lanes>(b), s0);
      s1 = fma(load<Lanes>(a, 16), load<Lanes>(b, 16), s1);
      s2 = fma(load<Lanes>(a, 32), load<Lanes>(b, 32), s2);
      s3 = fma(load<Lanes>(a, 48), load<Lanes>(b, 48), s3);
    }
    return sum(add(add(s0, s2), add(s1, s3)));
  } else {
    const s0 = oneInFour(a, b, bytes), s1 = oneInFour(a + 4, b + 4, bytes);
    const s2 = oneInFour(a + 8, b + 8, bytes), s3 = oneInFour(a + 12, b + 12, bytes);
    return sumOf(s0, s1, s2, s3);
  }
}

// The sums of elements 0, 4, 8 and 12 of every sixteen, folded by halves.
function oneInFour(a: usize, b: usize, bytes: usize): f32 {
  let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
  for (const end = a + bytes; a < end; a += 64, b += 64) {
    s0 += load<f32>(a) * load<f32>(b);
    s1 += load<f32>(a, 16) * load<f32>(b, 16);
    s2 += load<f32>(a, 32) * load<f32>(b, 32);
    s3 += load<f32>(a, 48) * load<f32>(b, 48);
  }
  return s0 + s2 + (s1 + s3);
}

// The largest magnitude; not finite if a value is not.
export function largest(x: usize, bytes: usize): f32 {
  let most: f32 = 0;
  if (ASC_FEATURE_SIMD) {
    let all = f32x4.splat(0);
    for (const end = x + bytes; x < end; x += 16) all = f32x4.max(all, f32x4.abs(load<v128>(x)));
    most = max(f32x4.extract_lane(all, 0), f32x4.extract_lane(all, 1));
    return max(most, max(f32x4.extract_lane(all, 2), f32x4.extract_lane(all, 3)));
  }
  for (const end = x + bytes; x < end; x += 4) most = max<f32>(most, abs<f32>(load<f32>(x)));
  return most;
}

// y += a * x
export function axpy(a: f32, x: usize, y: usize, bytes: usize): void {
  const wide = splat(a);
  for (let k: usize = 0; k < bytes; k += lanesBytes)
    store<Lanes>(y + k, fma(wide, load<Lanes>(x + k), load<Lanes>(y + k)));
}

// Copies a row into a block of four interleaved rows: vector v of row i begins at (4 v + i) * lanesBytes. One pointer with
// constant offsets reaches all four rows, which saves V8 an addition for each load.
export function interleave(row: usize, i: u32, bytes: usize, block: usize): void {
  block += i * lanesBytes;
  for (const end = row + bytes; row < end; row += lanesBytes, block += group * lanesBytes)
    store<Lanes>(block, load<Lanes>(row));
}

// out[i] = row i of the block . x; each sum is that of dot.
export function dots4(block: usize, x: usize, bytes: usize, out: usize): void {
  if (ASC_FEATURE_SIMD) {
    let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
    for (const end = x + bytes; x < end; x += 32, block += 128) {
      const x0 = load<Lanes>(x), x1 = load<Lanes>(x, 16);
      s0 = fma(load<Lanes>(block), x0, s0);
      s1 = fma(load<Lanes>(block, 16), x0, s1);
      s2 = fma(load<Lanes>(block, 32), x0, s2);
      s3 = fma(load<Lanes>(block, 48), x0, s3);
      s0 = fma(load<Lanes>(block, 64), x1, s0);
      s1 = fma(load<Lanes>(block, 80), x1, s1);
      s2 = fma(load<Lanes>(block, 96), x1, s2);
      s3 = fma(load<Lanes>(block, 112), x1, s3);
    }
    store<Lanes>(out, sums4(s0, s1, s2, s3));
  } else {
    for (let i: usize = 0; i < 16; i += 4) {
      let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
      for (let k: usize = 0, p = block + i; k < bytes; k += 16, p += 64) {
        s0 += load<f32>(p) * load<f32>(x + k);
        s1 += load<f32>(p, 16) * load<f32>(x + k, 4);
        s2 += load<f32>(p, 32) * load<f32>(x + k, 8);
        s3 += load<f32>(p, 48) * load<f32>(x + k, 12);
      }
      store<f32>(out + i, sumOf(s0, s1, s2, s3));
    }
  }
}

// y += sum of a[i] * row i of the block
export function axpys4(a: usize, block: usize, y: usize, bytes: usize): void {
  const a0 = spread(a), a1 = spread(a + 4), a2 = spread(a + 8), a3 = spread(a + 12);
  for (const end = y + bytes; y < end; y += 2 * lanesBytes, block += 8 * lanesBytes) {
    let y0 = load<Lanes>(y), y1 = load<Lanes>(y, lanesBytes);
    y0 = fma(a0, load<Lanes>(block), y0);
    y0 = fma(a1, load<Lanes>(block, lanesBytes), y0);
    y0 = fma(a2, load<Lanes>(block, 2 * lanesBytes), y0);
    y0 = fma(a3, load<Lanes>(block, 3 * lanesBytes), y0);
    y1 = fma(a0, load<Lanes>(block, 4 * lanesBytes), y1);
    y1 = fma(a1, load<Lanes>(block, 5 * lanesBytes), y1);
    y1 = fma(a2, load<Lanes>(block, 6 * lanesBytes), y1);
    y1 = fma(a3, load<Lanes>(block, 7 * lanesBytes), y1);
    store<Lanes>(y, y0);
    store<Lanes>(y, y1, lanesBytes);
  }
}

// Four rows of out += L'R, where L is four columns of `count` rows at `left` and R has as many rows at `right`, all of them
// `bytes` apart. `columns` is how many bytes of R's rows are used, a multiple of 32.
export function outer4(left: usize, right: usize, count: u32, bytes: usize, columns: usize, out: usize): void {
  multiplyTiles4(left, bytes, 4, right, count, bytes, columns, out);
}

// Four rows of out += L R, where L is four rows of `count` columns.
export function multiply4(left: usize, right: usize, count: u32, bytes: usize, columns: usize, out: usize): void {
  multiplyTiles4(left, 4, bytes, right, count, bytes, columns, out);
}

// Four rows of out += L R: the elements of L are `next` bytes apart in a sum, and `nextRow` bytes from one row of out to the
// next. The tile has the shape of that of scoring.ts, for the same registers.
@inline
export function multiplyTiles4(
  left: usize, next: usize, nextRow: usize, right: usize, count: u32, bytes: usize, columns: usize, out: usize,
): void {
  for (let j: usize = 0; j < columns; j += 2 * lanesBytes) {
    let s00 = splat(0), s01 = splat(0), s10 = splat(0), s11 = splat(0);
    let s20 = splat(0), s21 = splat(0), s30 = splat(0), s31 = splat(0);
    for (let l = left, r = right + j, end = r + count * bytes; r < end; l += next, r += bytes) {
      const r0 = load<Lanes>(r), r1 = load<Lanes>(r, lanesBytes);
      const l0 = spread(l), l1 = spread(l + nextRow), l2 = spread(l + 2 * nextRow), l3 = spread(l + 3 * nextRow);
      s00 = fma(l0, r0, s00);
      s01 = fma(l0, r1, s01);
      s10 = fma(l1, r0, s10);
      s11 = fma(l1, r1, s11);
      s20 = fma(l2, r0, s20);
      s21 = fma(l2, r1, s21);
      s30 = fma(l3, r0, s30);
      s31 = fma(l3, r1, s31);
    }
    addTo(out + j, s00, s01);
    addTo(out + j + bytes, s10, s11);
    addTo(out + j + 2 * bytes, s20, s21);
    addTo(out + j + 3 * bytes, s30, s31);
  }
}

// out[c * 4 + r] = row r of l . row c of m - row r of a . row c of b, for four rows r and two rows c. The rows of a and b are
// `bytes` apart and `length` bytes long, those of l and m `lBytes` and `lLength`.
export function meetRows(
  a: usize, b: usize, bytes: usize, length: usize, l: usize, m: usize, lBytes: usize, lLength: usize, out: usize,
): void {
  if (ASC_FEATURE_SIMD) {
    let s00 = splat(0), s10 = splat(0), s20 = splat(0), s30 = splat(0);
    let s01 = splat(0), s11 = splat(0), s21 = splat(0), s31 = splat(0);
    for (let b1 = b + bytes, a1 = a + bytes, a2 = a1 + bytes, a3 = a2 + bytes, end = a + length; a < end; ) {
      const b0k = load<Lanes>(b), b1k = load<Lanes>(b1), a0k = load<Lanes>(a), a1k = load<Lanes>(a1);
      s00 = fma(a0k, b0k, s00);
      s01 = fma(a0k, b1k, s01);
      s10 = fma(a1k, b0k, s10);
      s11 = fma(a1k, b1k, s11);
      const a2k = load<Lanes>(a2), a3k = load<Lanes>(a3);
      s20 = fma(a2k, b0k, s20);
      s21 = fma(a2k, b1k, s21);
      s30 = fma(a3k, b0k, s30);
      s31 = fma(a3k, b1k, s31);
      a += 16;
      a1 += 16;
      a2 += 16;
      a3 += 16;
      b += 16;
      b1 += 16;
    }
    s00 = sub(splat(0), s00);
    s10 = sub(splat(0), s10);
    s20 = sub(splat(0), s20);
    s30 = sub(splat(0), s30);
    s01 = sub(splat(0), s01);
    s11 = sub(splat(0), s11);
    s21 = sub(splat(0), s21);
    s31 = sub(splat(0), s31);
    for (let m1 = m + lBytes, l1 = l + lBytes, l2 = l1 + lBytes, l3 = l2 + lBytes, end = l + lLength; l < end; ) {
      const m0k = load<Lanes>(m), m1k = load<Lanes>(m1), l0k = load<Lanes>(l), l1k = load<Lanes>(l1);
      s00 = fma(l0k, m0k, s00);
      s01 = fma(l0k, m1k, s01);
      s10 = fma(l1k, m0k, s10);
      s11 = fma(l1k, m1k, s11);
      const l2k = load<Lanes>(l2), l3k = load<Lanes>(l3);
      s20 = fma(l2k, m0k, s20);
      s21 = fma(l2k, m1k, s21);
      s30 = fma(l3k, m0k, s30);
      s31 = fma(l3k, m1k, s31);
      l += 16;
      l1 += 16;
      l2 += 16;
      l3 += 16;
      m += 16;
      m1 += 16;
    }
    store<Lanes>(out, sums4(s00, s10, s20, s30));
    store<Lanes>(out, sums4(s01, s11, s21, s31), 16);
  } else {
    for (let c: usize = 0; c < 2; c++)
      for (let r: usize = 0; r < 4; r++)
        store<f32>(
          out + (c << 4) + (r << 2),
          lessDot(a + r * bytes, b + c * bytes, length, l + r * lBytes, m + c * lBytes, lLength),
        );
  }
}

// l . m - a . b in the order of meetRows with SIMD.
function lessDot(a: usize, b: usize, length: usize, l: usize, m: usize, lLength: usize): f32 {
  let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
  for (const end = a + length; a < end; a += 16, b += 16) {
    s0 += load<f32>(a) * load<f32>(b);
    s1 += load<f32>(a, 4) * load<f32>(b, 4);
    s2 += load<f32>(a, 8) * load<f32>(b, 8);
    s3 += load<f32>(a, 12) * load<f32>(b, 12);
  }
  s0 = 0 - s0;
  s1 = 0 - s1;
  s2 = 0 - s2;
  s3 = 0 - s3;
  for (const end = l + lLength; l < end; l += 16, m += 16) {
    s0 += load<f32>(l) * load<f32>(m);
    s1 += load<f32>(l, 4) * load<f32>(m, 4);
    s2 += load<f32>(l, 8) * load<f32>(m, 8);
    s3 += load<f32>(l, 12) * load<f32>(m, 12);
  }
  return sumOf(s0, s1, s2, s3);
}

// y += sum of a[i] * row i, for four consecutive rows
export function addRows4(a: usize, rows: usize, y: usize, bytes: usize): void {
  const a0 = spread(a), a1 = spread(a + 4), a2 = spread(a + 8), a3 = spread(a + 12);
  for (let k: usize = 0, r1 = rows + bytes, r2 = r1 + bytes, r3 = r2 + bytes; k < bytes; k += lanesBytes) {
    let s = fma(a0, load<Lanes>(rows + k), load<Lanes>(y + k));
    s = fma(a1, load<Lanes>(r1 + k), s);
    s = fma(a2, load<Lanes>(r2 + k), s);
    store<Lanes>(y + k, fma(a3, load<Lanes>(r3 + k), s));
  }
}

@inline
function addTo(out: usize, left: Lanes, right: Lanes): void {
  store<Lanes>(out, add(load<Lanes>(out), left));
  store<Lanes>(out, add(load<Lanes>(out, lanesBytes), right), lanesBytes);
}
