import { doublesBytes, minus, plus, splatDouble, times } from './doubles';
import { copy, multiply4, zero } from './lanes';

// Columns that go through all reflections and rotations at a time: four vectors of them.
const stripBytes: usize = 4 * doublesBytes;
const stripWidth: u32 = u32(stripBytes >> 3);

// Subtracts row i of u w' + w u' from row i of A, and adds v[i] times the result to p, beginning at the vector that holds
// column `from`. `at` is the byte offset of element i.
@inline
function updateRow(a: usize, u: usize, w: usize, v: usize, at: usize, p: usize, from: usize, bytes: usize): void {
  const ui = splatDouble(load<f64>(u + at)), wi = splatDouble(load<f64>(w + at)), vi = splatDouble(load<f64>(v + at));
  for (let c = from; c < bytes; c += doublesBytes) {
    const value = minus(load<Doubles>(a + c), plus(times(ui, load<Doubles>(w + c)), times(wi, load<Doubles>(u + c))));
    store<Doubles>(a + c, value);
    store<Doubles>(p + c, plus(load<Doubles>(p + c), times(vi, value)));
  }
}

// Does the same for two rows.
@inline
function updateTwoRows(a: usize, rowBytes: usize, u: usize, w: usize, v: usize, at: usize, p: usize, from: usize, bytes: usize): void {
  const u0 = splatDouble(load<f64>(u + at)), w0 = splatDouble(load<f64>(w + at)), v0 = splatDouble(load<f64>(v + at));
  const u1 = splatDouble(load<f64>(u + at, 8)), w1 = splatDouble(load<f64>(w + at, 8)), v1 = splatDouble(load<f64>(v + at, 8));
  const b = a + rowBytes;
  for (let c = from; c < bytes; c += doublesBytes) {
    const uc = load<Doubles>(u + c), wc = load<Doubles>(w + c);
    const x0 = minus(load<Doubles>(a + c), plus(times(u0, wc), times(w0, uc)));
    const x1 = minus(load<Doubles>(b + c), plus(times(u1, wc), times(w1, uc)));
    store<Doubles>(a + c, x0);
    store<Doubles>(b + c, x1);
    store<Doubles>(p + c, plus(plus(load<Doubles>(p + c), times(v0, x0)), times(v1, x1)));
  }
}

// Step k makes row and column k tridiagonal with the Householder reflection H = I - s v v', where v lies in [k + 1, size):
// A becomes H A H, which is A - v w' - w v' for w = s (A v - (s v'A v / 2) v). The pass over A that computes this step's A v
// also applies the last step's v and w, so each step reads and writes A once. v stays in row k and s in scales[k].
export function tridiagonalize(
  matrix: usize, stride: u32, size: u32, reflections: usize, tridiagonal: usize, begin: u32, end: u32,
): u32 {
  const rowBytes: usize = stride << 3, bytes: usize = ((size + 1) & ~1) << 3;
  const diagonal = tridiagonal, beside = diagonal + rowBytes, scales = beside + rowBytes, w = scales + rowBytes;
  const p = w + rowBytes;
  if (begin == 0) {
    for (let i: usize = 0, count: usize = stride * stride; i < count; i++)
      store<f64>(reflections + (i << 3), f64(load<f32>(matrix + (i << 2))));
    for (let c: usize = 0; c < 2 * rowBytes; c += 8) store<f64>(w + c, 0);
  }
  for (let k = begin; k < end && k < size; k++) {
    const v = reflections + k * rowBytes, u = k == 0 ? w : v - rowBytes, at: usize = k << 3;
    const uk = load<f64>(u + at), wk = load<f64>(w + at);
    for (let c = at; c < bytes; c += 8) {
      store<f64>(v + c, load<f64>(v + c) - (uk * load<f64>(w + c) + wk * load<f64>(u + c)));
      store<f64>(p + c, 0);
    }
    store<f64>(diagonal + at, load<f64>(v + at));
    store<f64>(beside + at, 0);
    store<f64>(scales + at, 0);
    if (k + 1 == size) break;
    const next = at + 8, first = load<f64>(v + next);
    let squares: f64 = 0;
    for (let c = next + 8; c < bytes; c += 8) squares += load<f64>(v + c) * load<f64>(v + c);
    store<f64>(beside + at, first);
    if (squares > 0) {
      const length = sqrt<f64>(first * first + squares), reached = first > 0 ? -length : length;
      store<f64>(beside + at, reached);
      store<f64>(v + next, first - reached);
      store<f64>(scales + at, 2 / ((first - reached) * (first - reached) + squares));
    }
    // Elements to the left of column k + 1 in the first vector are no longer used.
    const from = next & ~(doublesBytes - 1);
    let i = k + 1;
    for (; i + 2 <= size; i += 2)
      updateTwoRows(reflections + i * rowBytes, rowBytes, u, w, v, i << 3, p, from, bytes);
    for (; i < size; i++) updateRow(reflections + i * rowBytes, u, w, v, i << 3, p, from, bytes);
    let product: f64 = 0;
    for (let c = next; c < bytes; c += 8) product += load<f64>(v + c) * load<f64>(p + c);
    const scale = load<f64>(scales + at), half = (scale * product) / 2;
    for (let c = next; c < bytes; c += 8)
      store<f64>(w + c, scale * (load<f64>(p + c) - half * load<f64>(v + c)));
  }
  return 0;
}

// Rotations of a few sweeps of the QL algorithm that are yet to be applied. Sweep s rotates each of the rows tops[s],
// tops[s] - 1, ... of the eigenvectors with the row below it, by the cosines and sines that begin at starts[s].
@unmanaged
class Sweeps {
  turns: usize; // cosine, sine
  tops: usize;
  starts: usize;
  used: u32;
  count: u32;
}
const maxSweeps: u32 = 256;
// The most sweeps for one eigenvalue; a matrix that takes more is not finite.
const maxTries: u32 = 64;
// Elements below this share of the norm count as zero: far less than floats can resolve.
const negligible: f64 = 1e-12;
// Room for rotations that are yet to be applied, for each column.
const rotationsPerColumn: u32 = 16;

// Multiplies x, `size` rows of a strip, by all reflections.
function reflect(reflections: usize, scales: usize, stride: u32, size: u32, x: usize): void {
  const end = x + size * stripBytes;
  for (let k: u32 = 0; k + 2 < size; k++) {
    const scale = load<f64>(scales + (k << 3));
    if (scale == 0) continue;
    const first = x + (k + 1) * stripBytes, v = reflections + ((k * stride + k + 1) << 3);
    let t0 = splatDouble(0), t1 = splatDouble(0), t2 = splatDouble(0), t3 = splatDouble(0);
    for (let row = first, vc = v; row < end; row += stripBytes, vc += 8) {
      const factor = splatDouble(load<f64>(vc));
      t0 = plus(t0, times(factor, load<Doubles>(row)));
      t1 = plus(t1, times(factor, load<Doubles>(row, doublesBytes)));
      t2 = plus(t2, times(factor, load<Doubles>(row, 2 * doublesBytes)));
      t3 = plus(t3, times(factor, load<Doubles>(row, 3 * doublesBytes)));
    }
    const wide = splatDouble(scale);
    t0 = times(wide, t0);
    t1 = times(wide, t1);
    t2 = times(wide, t2);
    t3 = times(wide, t3);
    for (let row = first, vc = v; row < end; row += stripBytes, vc += 8) {
      const factor = splatDouble(load<f64>(vc));
      store<Doubles>(row, minus(load<Doubles>(row), times(factor, t0)));
      store<Doubles>(row, minus(load<Doubles>(row, doublesBytes), times(factor, t1)), doublesBytes);
      store<Doubles>(row, minus(load<Doubles>(row, 2 * doublesBytes), times(factor, t2)), 2 * doublesBytes);
      store<Doubles>(row, minus(load<Doubles>(row, 3 * doublesBytes), times(factor, t3)), 3 * doublesBytes);
    }
  }
}

function applySweeps(sweeps: Sweeps, x: usize): void {
  for (let s: u32 = 0; s < sweeps.count; s++) {
    let upper = x + load<u32>(sweeps.tops + (s << 2)) * stripBytes;
    let b0 = load<Doubles>(upper, stripBytes), b1 = load<Doubles>(upper, stripBytes + doublesBytes);
    let b2 = load<Doubles>(upper, stripBytes + 2 * doublesBytes), b3 = load<Doubles>(upper, stripBytes + 3 * doublesBytes);
    const end = sweeps.turns + (load<u32>(sweeps.starts + (s << 2), 4) << 4);
    for (let turn = sweeps.turns + (load<u32>(sweeps.starts + (s << 2)) << 4); turn < end; turn += 16, upper -= stripBytes) {
      const cosine = splatDouble(load<f64>(turn)), sine = splatDouble(load<f64>(turn, 8));
      const a0 = load<Doubles>(upper), a1 = load<Doubles>(upper, doublesBytes);
      const a2 = load<Doubles>(upper, 2 * doublesBytes), a3 = load<Doubles>(upper, 3 * doublesBytes);
      store<Doubles>(upper, plus(times(sine, a0), times(cosine, b0)), stripBytes);
      store<Doubles>(upper, plus(times(sine, a1), times(cosine, b1)), stripBytes + doublesBytes);
      store<Doubles>(upper, plus(times(sine, a2), times(cosine, b2)), stripBytes + 2 * doublesBytes);
      store<Doubles>(upper, plus(times(sine, a3), times(cosine, b3)), stripBytes + 3 * doublesBytes);
      b0 = minus(times(cosine, a0), times(sine, b0));
      b1 = minus(times(cosine, a1), times(sine, b1));
      b2 = minus(times(cosine, a2), times(sine, b2));
      b3 = minus(times(cosine, a3), times(sine, b3));
    }
    store<Doubles>(upper, b0, stripBytes);
    store<Doubles>(upper, b1, stripBytes + doublesBytes);
    store<Doubles>(upper, b2, stripBytes + 2 * doublesBytes);
    store<Doubles>(upper, b3, stripBytes + 3 * doublesBytes);
  }
}

// One sweep of the QL algorithm with implicit shift over rows [low, high] of the tridiagonal matrix (Martin, Wilkinson
// 1968).
function sweep(d: usize, e: usize, low: u32, high: u32, sweeps: Sweeps): void {
  const dLow = d + (low << 3), eLow = e + (low << 3), dHigh = d + (high << 3), eHigh = e + (high << 3);
  const slope = (load<f64>(dLow, 8) - load<f64>(dLow)) / (2 * load<f64>(eLow)), root = sqrt<f64>(slope * slope + 1);
  let g = load<f64>(dHigh) - load<f64>(dLow) + load<f64>(eLow) / (slope + (slope < 0 ? -root : root));
  let cosine: f64 = 1, sine: f64 = 1, shift: f64 = 0;
  let turn = sweeps.turns + (sweeps.used << 4);
  let i = high;
  while (i > low) {
    i--;
    const di = d + (i << 3), ei = e + (i << 3);
    const f = sine * load<f64>(ei), b = cosine * load<f64>(ei), length = sqrt<f64>(f * f + g * g);
    store<f64>(ei, length, 8);
    if (length == 0) {
      // The matrix splits here; the part below gets its own sweep.
      store<f64>(di, load<f64>(di, 8) - shift, 8);
      store<f64>(eHigh, 0);
      i++;
      break;
    }
    sine = f / length;
    cosine = g / length;
    const last = load<f64>(di, 8) - shift, r = (load<f64>(di) - last) * sine + 2 * cosine * b;
    shift = sine * r;
    store<f64>(di, last + shift, 8);
    g = cosine * r - b;
    store<f64>(turn, cosine);
    store<f64>(turn, sine, 8);
    turn += 16;
  }
  store<u32>(sweeps.tops + (sweeps.count << 2), high - 1);
  store<u32>(sweeps.starts + (sweeps.count << 2), sweeps.used);
  sweeps.count++;
  sweeps.used += high - i;
  store<u32>(sweeps.starts + (sweeps.count << 2), sweeps.used);
  if (i > low) return;
  store<f64>(dLow, load<f64>(dLow) - shift);
  store<f64>(eLow, g);
  store<f64>(eHigh, 0);
}

function applyAll(sweeps: Sweeps, x: usize, strips: u32, stripLength: usize): void {
  for (let strip: u32 = 0; strip < strips; strip++) applySweeps(sweeps, x + strip * stripLength);
  sweeps.used = 0;
  sweeps.count = 0;
}

// Every call computes all sweeps again: that takes a hundredth of the time to apply them to all columns.
export function eigenvectors(
  reflections: usize, tridiagonal: usize, stride: u32, size: u32, vectors: usize, values: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const rowBytes: usize = stride << 3, strips = (end - begin + stripWidth - 1) / stripWidth;
  const d = scratch, e = d + rowBytes, x = e + rowBytes, stripLength = size * stripBytes, capacity: u32 = rotationsPerColumn * stride;
  const turns = x + strips * stripLength, tops = turns + (capacity << 4), starts = tops + (maxSweeps << 2);
  const sweeps = changetype<Sweeps>(starts + ((maxSweeps + 1) << 2));
  sweeps.turns = turns;
  sweeps.tops = tops;
  sweeps.starts = starts;
  sweeps.used = 0;
  sweeps.count = 0;
  let norm: f64 = 0;
  for (let i: usize = 0; i < size << 3; i += 8) {
    const di = load<f64>(tridiagonal + i), ei = load<f64>(tridiagonal + rowBytes + i), sum = abs<f64>(di) + abs<f64>(ei);
    store<f64>(d + i, di);
    store<f64>(e + i, ei);
    if (!(sum - sum == 0)) return 1;
    if (sum > norm) norm = sum;
  }
  for (let strip: u32 = 0; strip < strips; strip++) {
    const own = x + strip * stripLength;
    for (let i: usize = 0; i < stripLength; i += 8) store<f64>(own + i, 0);
    for (let i: u32 = 0; i < stripWidth; i++) {
      const row = begin + strip * stripWidth + i;
      if (row < size) store<f64>(own + row * stripBytes + (i << 3), 1);
    }
    reflect(reflections, tridiagonal + 2 * rowBytes, stride, size, own);
  }
  const nothing = norm * negligible;
  for (let low: u32 = 0; low < size; low++) {
    for (let tries: u32 = 0; ; tries++) {
      let high = low;
      while (high + 1 < size && abs<f64>(load<f64>(e + (high << 3))) > nothing) high++;
      if (high == low) break;
      if (tries == maxTries) return 1;
      if (sweeps.used + high - low > capacity || sweeps.count == maxSweeps) applyAll(sweeps, x, strips, stripLength);
      sweep(d, e, low, high, sweeps);
    }
  }
  applyAll(sweeps, x, strips, stripLength);
  for (let row = begin; row < end; row++) {
    const out = vectors + ((row * stride) << 2);
    zero(out, stride << 2);
    store<f32>(values + (row << 2), 0);
    if (row >= size) continue;
    store<f32>(values + (row << 2), f32(load<f64>(d + (row << 3))));
    const own = x + ((row - begin) / stripWidth) * stripLength + (((row - begin) % stripWidth) << 3);
    for (let k: u32 = 0; k < size; k++) store<f32>(out + (k << 2), f32(load<f64>(own + k * stripBytes)));
  }
  return 0;
}

// Rows of x that are rotated at a time, so that each block of Q comes from memory once for all of them; and rows of Q in a
// block.
const rotatedRows: u32 = 60, rotatedLength: u32 = 64;

// x = x Q in place. Sums are split at the same places whichever rows are rotated at a time.
export function rotate(x: usize, vectors: usize, stride: u32, scratch: usize, begin: u32, end: u32): u32 {
  const bytes: usize = stride << 2;
  for (let from = begin; from < end; from += rotatedRows) {
    const count = min(end - from, rotatedRows), rows = x + from * bytes;
    copy(rows, scratch, count * bytes);
    // The padding up to a whole group of rows is rotated too, and its result dropped.
    const padded = (count + 3) & ~3;
    zero(scratch + count * bytes, (padded - count) * bytes);
    zero(rows, count * bytes);
    const last = scratch + padded * bytes;
    zero(last, 4 * bytes);
    for (let k: u32 = 0; k < stride; k += rotatedLength)
      for (let row: u32 = 0; row < count; row += 4) {
        const out = row + 4 <= count ? rows + row * bytes : last;
        multiply4(scratch + row * bytes + (k << 2), vectors + k * bytes, min(stride - k, rotatedLength), bytes, bytes, out);
      }
    for (let row = count & ~3; row < count; row++) copy(last + (row & 3) * bytes, rows + row * bytes, bytes);
  }
  return 0;
}
