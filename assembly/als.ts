import { factorize, solveFactorized, wholeLanes } from './cholesky';
import {
  add, addRows4, axpy, axpys4, copy, div, dot, dots4, fma, group, interleave, lanesBytes, mul, outer4, splat, spread,
  squareRoot, sub, zero,
} from './lanes';

// So many rows of X are summed before they are added to the total: long f32 sums lose digits, and these rows fit in a
// level-1 cache.
const summedFloats: u32 = 8192;
function summedRows(stride: u32): u32 {
  return max(32, min(128, summedFloats / stride));
}

export function gram(x: usize, count: u32, stride: u32, scale: f32, gram: usize, begin: u32, end: u32): u32 {
  const bytes: usize = stride << 2;
  zero(gram + begin * bytes, (end - begin) * bytes);
  const block = summedRows(stride);
  for (let from: u32 = 0; from < count; from += block) {
    const rows = x + from * bytes;
    for (let i = begin; i < end; i += 4)
      outer4(rows + (i << 2), rows, min(count - from, block), bytes, bytes, gram + i * bytes);
  }
  for (let o = gram + begin * bytes; o < gram + end * bytes; o += lanesBytes)
    store<Lanes>(o, mul(splat(scale), load<Lanes>(o)));
  return 0;
}

// One row's problem: its pairs, and the factors of the other side that they point to. It is in the scratch, between the
// Gram matrix in interleaved blocks, or its diagonal if the rest is zero, and a group's numbers; room for gathered factors
// follows.
@unmanaged
class Row {
  fixed: usize;
  gram: usize;
  gramBlocks: usize; // 0 if it is diagonal
  diagonal: usize;
  bytes: usize; // of one row of factors
  factors: u32;
  pairs: u32;
  indices: usize;
  weights: usize;
  rights: usize;
  regularization: f32;
  // For a group of pairs: products with x and then coefficients, sums of rights_i * (y_i . x), and the weights and rights of
  // the last group, padded with zeros.
  numbers: usize;
  started: usize;
  lastWeights: usize;
  lastRights: usize;
  room: usize;
}

const rowBytes: usize = 96;

// A row in the scratch, with what all rows of a call have in common.
@inline
function rowIn(scratch: usize, fixed: usize, gram: usize, bytes: usize, factors: u32): Row {
  if (offsetof<Row>() > rowBytes) ERROR('a Row does not fit before its numbers');
  const row = changetype<Row>(scratch);
  row.fixed = fixed;
  row.gram = gram;
  row.bytes = bytes;
  row.factors = factors;
  return row;
}

// Floats of gathered factors that stay in a level-2 cache during all steps of a row.
const residentFloats: u32 = 65536;

@inline
function factorsOf(row: Row, pair: u32): usize {
  return row.fixed + load<u32>(row.indices + (pair << 2)) * row.bytes;
}

// Copies the factors of the pairs [at, at + count) to interleaved blocks; the last one is padded with zeros.
function gather(row: Row, at: u32, count: u32, blocks: usize): void {
  const bytes = row.bytes, blockBytes = group * bytes;
  if (count % group) zero(blocks + (count / group) * blockBytes, blockBytes);
  for (let i: u32 = 0; i < count; i++)
    interleave(factorsOf(row, at + i), i % group, bytes, blocks + (i / group) * blockBytes);
}

// out += sum over a block's pairs of (rights_i - weights_i * (y_i . x)) y_i for a start, and without the rights for a step.
// A start also adds rights_i * (y_i . x) to row.started[i].
@inline
function addBlock(row: Row, block: usize, weights: usize, rights: usize, x: usize, starting: bool, out: usize): void {
  const numbers = row.numbers;
  dots4(block, x, row.bytes, numbers);
  for (let i: usize = 0; i < group << 2; i += lanesBytes) {
    const d = load<Lanes>(numbers + i), wd = mul(load<Lanes>(weights + i), d);
    if (starting) {
      const right = load<Lanes>(rights + i), started = row.started + i;
      store<Lanes>(started, add(load<Lanes>(started), mul(right, d)));
      store<Lanes>(numbers + i, sub(right, wd));
    } else {
      store<Lanes>(numbers + i, sub(splat(0), wd));
    }
  }
  axpys4(numbers, block, out, row.bytes);
}

// Does the same for the gathered pairs [at, at + count).
function addPairs(row: Row, blocks: usize, at: u32, count: u32, x: usize, starting: bool, out: usize): void {
  const whole = (count / group) * group, blockBytes = group * row.bytes;
  let weights = row.weights + (at << 2), rights = row.rights + (at << 2);
  for (const end = weights + (whole << 2); weights < end; weights += group << 2, rights += group << 2) {
    addBlock(row, blocks, weights, rights, x, starting, out);
    blocks += blockBytes;
  }
  if (whole == count) return;
  for (let i: u32 = 0; i < group; i++) {
    const given = whole + i < count;
    store<f32>(row.lastWeights + (i << 2), given ? load<f32>(weights + (i << 2)) : 0);
    store<f32>(row.lastRights + (i << 2), given ? load<f32>(rights + (i << 2)) : 0);
  }
  addBlock(row, blocks, row.lastWeights, row.lastRights, x, starting, out);
}

// out -= (G + regularization I) x. G is symmetric, so its rows serve as its columns.
function subtractPrior(row: Row, x: usize, out: usize): void {
  const bytes = row.bytes, numbers = row.numbers;
  if (row.gramBlocks == 0) {
    const regularization = splat(row.regularization);
    for (let k: usize = 0; k < bytes; k += lanesBytes) {
      const d = add(regularization, load<Lanes>(row.diagonal + k));
      store<Lanes>(out + k, sub(load<Lanes>(out + k), mul(d, load<Lanes>(x + k))));
    }
    return;
  }
  axpy(-row.regularization, x, out, bytes);
  for (let j: usize = 0, block = row.gramBlocks; j < bytes; j += group << 2, block += group * bytes) {
    dots4(block, x, bytes, numbers);
    for (let i: usize = 0; i < group << 2; i += lanesBytes)
      store<Lanes>(out + j + i, sub(load<Lanes>(out + j + i), load<Lanes>(numbers + i)));
  }
}

// Does the same for all pairs of a row, which a start gathers; those of long rows are gathered each time.
function addAllPairs(row: Row, x: usize, starting: bool, out: usize, gathers: bool): void {
  const capacity = ((residentFloats << 2) / row.bytes / group) * group;
  for (let at: u32 = 0; at < row.pairs; at += capacity) {
    const count = min(row.pairs - at, capacity);
    if (gathers || row.pairs > capacity) gather(row, at, count, row.room);
    addPairs(row, row.room, at, count, x, starting, out);
  }
}

// out += b - A x for a start, and out -= A x for a step.
function addResidual(row: Row, x: usize, starting: bool, out: usize): void {
  addAllPairs(row, x, starting, out, starting);
  subtractPrior(row, x, out);
}

// Conjugate gradients stop when r'r is no larger.
const convergedSquares: f32 = 1e-20;

// The minimum satisfies A x = b, and the objective is x'Ax - 2x'b: at the start that is -x'b - x'r, and each step along p
// reduces it by alpha * r'r. One row at a time, unlike in C++.
function conjugateGradients(row: Row, x: usize, steps: u32, scratch: usize): f32 {
  const bytes = row.bytes, r = scratch, p = r + bytes, minusAp = p + bytes, started = row.started;
  row.room = minusAp + bytes;
  zero(r, bytes);
  zero(started, group << 2);
  addResidual(row, x, true, r);
  let objective = -f64(dot(x, r, bytes));
  for (let i: usize = 0; i < group << 2; i += 4) objective -= f64(load<f32>(started + i));
  copy(r, p, bytes);
  let residual = dot(r, r, bytes);
  for (let step: u32 = 0; step < steps && residual > convergedSquares; step++) {
    zero(minusAp, bytes);
    addResidual(row, p, false, minusAp);
    const curvature = -dot(p, minusAp, bytes);
    if (!(curvature > 0)) break;
    const alpha = residual / curvature;
    axpy(alpha, p, x, bytes);
    axpy(alpha, minusAp, r, bytes);
    objective -= f64(alpha) * f64(residual);
    const next = dot(r, r, bytes), beta = splat(next / residual);
    for (let k: usize = 0; k < bytes; k += lanesBytes)
      store<Lanes>(p + k, fma(beta, load<Lanes>(p + k), load<Lanes>(r + k)));
    residual = next;
  }
  return f32(objective);
}

// Forms the equation's matrix A = G + regularization I + sum of weights_i y_i y_i', of which only the lower triangle in
// whole tiles, and b = sum of rights_i y_i.
function formSystem(row: Row, a: usize, b: usize): void {
  const block: u32 = 32;
  const bytes = row.bytes, stride = bytes >> 2, y = row.room, wy = y + block * bytes;
  zero(b, bytes);
  copy(row.gram, a, stride * bytes);
  for (let d = a, end = a + stride * bytes; d < end; d += bytes + 4) store<f32>(d, load<f32>(d) + row.regularization);
  for (let at: u32 = 0; at < row.pairs; at += block) {
    const count = min(row.pairs - at, block);
    for (let i: u32 = 0; i < count; i++) {
      const factors = factorsOf(row, at + i), to = i * bytes;
      const weight = spread(row.weights + ((at + i) << 2)), right = spread(row.rights + ((at + i) << 2));
      for (let k: usize = 0; k < bytes; k += lanesBytes) {
        const yk = load<Lanes>(factors + k);
        store<Lanes>(y + to + k, yk);
        store<Lanes>(wy + to + k, mul(weight, yk));
        store<Lanes>(b + k, fma(right, yk, load<Lanes>(b + k)));
      }
    }
    for (let i: u32 = 0; i < stride; i += 4)
      outer4(wy + (i << 2), y, count, bytes, (i / 8 + 1) * 32, a + i * bytes);
  }
}

// Solves A x = b by A = L L'. At the minimum, the objective is -x'b.
function solvePrimal(row: Row, x: usize, scratch: usize): f32 {
  const bytes = row.bytes, b = scratch, a = b + bytes, l = a + (bytes >> 2) * bytes;
  row.room = l;
  formSystem(row, a, b);
  factorize(a, bytes, false, row.factors, l, bytes, row.numbers);
  solveFactorized(l, bytes, row.factors, b, x);
  return -dot(x, b, bytes);
}

// Solves the same in a basis in which G is diagonal, by a system of the size of the row's pairs. With
// D = (G + regularization I)^-1 and B = sqrt(W) Y sqrt(D), the Woodbury identity turns the equation into
// (I + B B') v = sqrt(W)^-1 c with x = sqrt(D) B' v.
function solveDual(row: Row, x: usize, eigenvalues: usize, scratch: usize): f32 {
  const bytes = row.bytes, pairs = row.pairs, rows = (pairs + 3) & ~3, lBytes: usize = wholeLanes(pairs) << 2;
  const d = scratch, right = d + bytes, v = right + lBytes, b = v + lBytes, l = b + rows * bytes;
  const one = splat(1), regularization = splat(row.regularization);
  for (let k: usize = 0; k < bytes; k += lanesBytes)
    store<Lanes>(d + k, squareRoot(div(one, add(load<Lanes>(eigenvalues + k), regularization))));
  for (let i: u32 = 0; i < pairs; i++) {
    const y = factorsOf(row, i), root = sqrt<f32>(load<f32>(row.weights + (i << 2))), wide = splat(root), to = b + i * bytes;
    store<f32>(right + (i << 2), load<f32>(row.rights + (i << 2)) / root);
    for (let k: usize = 0; k < bytes; k += lanesBytes)
      store<Lanes>(to + k, mul(mul(wide, load<Lanes>(y + k)), load<Lanes>(d + k)));
  }
  zero(b + pairs * bytes, (rows - pairs) * bytes);
  factorize(b, bytes, true, pairs, l, lBytes, row.numbers);
  solveFactorized(l, lBytes, pairs, right, v);
  for (let i = pairs; i < rows; i++) store<f32>(v + (i << 2), 0);
  zero(x, bytes);
  for (let i: u32 = 0; i < rows; i += 4) addRows4(v + (i << 2), b + i * bytes, x, bytes);
  for (let k: usize = 0; k < bytes; k += lanesBytes) store<Lanes>(x + k, mul(load<Lanes>(d + k), load<Lanes>(x + k)));
  let objective: f64 = 0;
  for (let i: usize = 0; i < pairs << 2; i += 4) {
    const ri = f64(load<f32>(right + i));
    objective -= ri * (ri - f64(load<f32>(v + i)));
  }
  return f32(objective);
}

// The values of alsSolve's `solver`; all others mean conjugate gradients.
const cheapest: u32 = 0, primal: u32 = 2, exact: u32 = 3, cheapestDiagonal: u32 = 4;

// Floating-point operations of each solver; src/kernel/operations/operations.ts has the same formulas.
function primalCost(pairs: f64, factors: f64): f64 {
  return pairs * factors * factors + (factors * factors * factors) / 3 + 2 * factors * factors;
}
function dualCost(pairs: f64, factors: f64): f64 {
  return pairs * pairs * factors + (pairs * pairs * pairs) / 3 + 4 * pairs * factors;
}
function gradientsCost(pairs: f64, factors: f64, steps: f64): f64 {
  return (steps + 1) * (4 * pairs * factors + 2 * factors * factors);
}

@inline
function finite(x: f32): bool {
  return x - x == 0;
}

export function alsSolve(
  solved: usize, fixed: usize, gram: usize, stride: u32, factors: u32, order: usize, offsets: usize, indices: usize,
  weights: usize, rights: usize, regularization: usize, steps: u32, solver: u32, objective: usize, scratch: usize,
  begin: u32, end: u32,
): u32 {
  const bytes: usize = stride << 2, matrixEnd = scratch + stride * bytes, numbers = matrixEnd + rowBytes, rest = numbers + 112;
  const isDiagonal = solver >= exact, isCheapest = solver == cheapest || solver == cheapestDiagonal;
  if (isDiagonal) {
    // 1 in the padding: it is divided by, and regularization may be 0.
    for (let j: u32 = 0; j < stride; j++)
      store<f32>(scratch + (j << 2), j < factors ? load<f32>(gram + j * (bytes + 4)) : 1);
  } else {
    for (let j: u32 = 0; j < stride; j++)
      interleave(gram + j * bytes, j % group, bytes, scratch + (j / group) * group * bytes);
  }
  const row = rowIn(matrixEnd, fixed, gram, bytes, factors);
  row.gramBlocks = isDiagonal ? 0 : scratch;
  row.diagonal = scratch;
  row.started = numbers;
  row.lastWeights = numbers + 16;
  row.lastRights = numbers + 32;
  row.numbers = numbers + 48;
  for (let at = begin; at < end; at++) {
    const u = load<u32>(order + (at << 2));
    const x = solved + u * bytes, reached = objective + (u << 2);
    const first = load<u32>(offsets + (u << 2));
    row.pairs = load<u32>(offsets + (u << 2), 4) - first;
    row.indices = indices + (first << 2);
    row.weights = weights + (first << 2);
    row.rights = rights + (first << 2);
    row.regularization = load<f32>(regularization + (u << 2));
    if (row.pairs == 0) {
      zero(x, bytes);
      store<f32>(reached, 0);
      continue;
    }
    let value: f32;
    const pairs = row.pairs;
    if (solver == exact && pairs < factors && dualCost(pairs, factors) < primalCost(pairs, factors))
      value = solveDual(row, x, scratch, rest);
    else if (
      solver == exact || solver == primal ||
      (isCheapest && primalCost(pairs, factors) < gradientsCost(pairs, factors, steps))
    )
      value = solvePrimal(row, x, rest);
    else value = conjugateGradients(row, x, steps, rest);
    store<f32>(reached, value);
    if (!finite(value) || !finite(dot(x, x, bytes))) return 1;
  }
  return 0;
}

export function alsProducts(
  fixed: usize, gram: usize, stride: u32, factors: u32, pairs: u32, indices: usize, weights: usize, regularization: f32,
  solved: usize, met: usize, others: u32, products: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const bytes: usize = stride << 2, x = scratch + rowBytes, b = x + bytes, a = b + bytes, l = a + stride * bytes;
  const row = rowIn(scratch, fixed, gram, bytes, factors);
  row.pairs = pairs;
  row.indices = indices;
  row.weights = weights;
  row.rights = weights;
  row.regularization = regularization;
  row.numbers = l + stride * bytes;
  row.room = l;
  formSystem(row, a, b);
  factorize(a, bytes, false, factors, l, bytes, row.numbers);
  let total: f32 = 0;
  for (let k = begin; k < end; k++) {
    solveFactorized(l, bytes, factors, fixed + load<u32>(solved + (k << 2)) * bytes, x);
    const out = products + k * (others << 2);
    for (let j: u32 = 0; j < others; j++) {
      const product = dot(fixed + load<u32>(met + (j << 2)) * bytes, x, bytes);
      store<f32>(out + (j << 2), product);
      total += product - product;
    }
  }
  return finite(total) ? 0 : 1;
}

export function alsResiduals(
  solved: usize, fixed: usize, stride: u32, offsets: usize, indices: usize, weights: usize, rights: usize, residuals: usize,
  squares: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const bytes: usize = stride << 2, numbers = scratch + rowBytes, own = numbers + 112;
  const row = rowIn(scratch, fixed, 0, bytes, stride);
  row.started = numbers;
  row.lastWeights = numbers + 16;
  row.lastRights = numbers + 32;
  row.numbers = numbers + 48;
  row.room = own + bytes;
  zero(row.started, group << 2);
  for (let u = begin; u < end; u++) {
    const first = load<u32>(offsets + (u << 2)), x = solved + u * bytes;
    row.pairs = load<u32>(offsets + (u << 2), 4) - first;
    if (row.pairs == 0) continue;
    row.indices = indices + (first << 2);
    row.weights = weights + (first << 2);
    if (residuals != 0) {
      // Without rights, those of the pairs are read and not used.
      row.rights = (rights == 0 ? weights : rights) + (first << 2);
      const out = residuals + u * bytes;
      addAllPairs(row, x, rights != 0, out, true);
      if (!finite(dot(out, out, bytes))) return 1;
    }
    if (squares != 0) {
      row.rights = row.weights;
      zero(own, bytes);
      addAllPairs(row, x, false, own, true);
      const sum = load<f32>(squares + (u << 2)) - dot(x, own, bytes);
      store<f32>(squares + (u << 2), sum);
      if (!finite(sum)) return 1;
    }
  }
  return 0;
}
