import { anyBetween, axpy, choose, div, dot, equal, fma, lanesBytes, mul, splat, spread, squareRoot, sub, zero } from './lanes';

const beta1: f32 = 0.9;
const beta2: f32 = 0.999;
const epsilon: f32 = 1e-8;

// One side's embeddings and Adam's state for each of them.
@unmanaged
class Embeddings {
  factors: usize;
  means: usize;
  variances: usize;
  steps: usize; // the last step that a row has taken
  bytes: usize; // of one row
  stepSizes: usize;
  inverseRoots: usize;
  series: usize;
}

function embeddings(
  at: usize, factors: usize, means: usize, variances: usize, steps: usize, stride: u32, stepSizes: usize,
  inverseRoots: usize, series: usize,
): Embeddings {
  const e = changetype<Embeddings>(at);
  e.factors = factors;
  e.means = means;
  e.variances = variances;
  e.steps = steps;
  e.bytes = stride << 2;
  e.stepSizes = stepSizes;
  e.inverseRoots = inverseRoots;
  e.series = series;
  return e;
}

// w - stepSize * m / (root of v * inverseRoot + epsilon)
@inline
function moved(w: Lanes, m: Lanes, v: Lanes, stepSize: Lanes, inverseRoot: Lanes): Lanes {
  return sub(w, div(mul(stepSize, m), fma(squareRoot(v), inverseRoot, splat(epsilon))));
}

// Terms of the series by which rows without a gradient move.
const seriesTerms: u32 = 3, seriesBytes: u32 = seriesTerms << 3;
// Below this root of a variance, a hundred times epsilon, a series has too few terms.
const smallestRoot: f32 = 1e-6;

function power(base: f64, exponent: u32): f64 {
  let result: f64 = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) if (exponent & 1) result *= base;
  return result;
}

// Updates between two checks of whether the weights still change.
const run: u32 = 8;

// Takes weights without a gradient through the steps [from, step], one by one. Once a run of updates has changed no bit of
// them, later ones cannot change any either, since they are smaller: the ratio of mean to root variance only falls after
// about ten steps.
function stepByStep(
  stepSizes: usize, inverseRoots: usize, from: u32, step: u32, w: Lanes, m: Lanes, v: Lanes,
): Lanes {
  for (let t = from; t <= step; ) {
    const before = w;
    const stop = step - t < run ? step + 1 : t + run;
    const settled = t > 2 * run && stop == t + run;
    for (; t < stop; t++) {
      m = mul(m, splat(beta1));
      v = mul(v, splat(beta2));
      w = moved(w, m, v, spread(stepSizes + (t << 2)), spread(inverseRoots + (t << 2)));
    }
    if (settled && equal(w, before)) break;
  }
  return w;
}

// Takes a row without a gradient from its last step to `step`. Its moments only decay, so with r = sqrt(v) and d = epsilon / r
// its weights move by m / r (S0 - d S1 + d^2 S2), in which S are the series of these steps: all that begins at the first of
// them without what follows the last.
function catchUp(
  factors: usize, means: usize, variances: usize, steps: usize, bytes: usize, stepSizes: usize, inverseRoots: usize,
  series: usize, step: u32, row: u32,
): void {
  const from = load<u32>(steps + (row << 2)) + 1;
  if (from > step) return;
  store<u32>(steps + (row << 2), step);
  const missed = step + 1 - from, root = sqrt<f64>(0.999);
  const first = series + from * seriesBytes, after = series + (step + 1) * seriesBytes;
  const rate0 = 0.9 / root, rate1 = rate0 / root, rate2 = rate1 / root;
  const s0 = splat(f32(load<f64>(first) - power(rate0, missed) * load<f64>(after)));
  const s1 = splat(f32(load<f64>(first, 8) - power(rate1, missed) * load<f64>(after, 8)));
  const s2 = splat(f32(load<f64>(first, 16) - power(rate2, missed) * load<f64>(after, 16)));
  const meanDecay = splat(f32(power(0.9, missed))), varianceDecay = splat(f32(power(0.999, missed)));
  for (let k = row * bytes, end = k + bytes; k < end; k += lanesBytes) {
    const w = load<Lanes>(factors + k), m = load<Lanes>(means + k), v = load<Lanes>(variances + k), r = squareRoot(v);
    if (anyBetween(splat(0), r, splat(smallestRoot))) {
      store<Lanes>(factors + k, stepByStep(stepSizes, inverseRoots, from, step, w, m, v));
    } else {
      const inverse = div(splat(1), r), d = mul(splat(epsilon), inverse);
      const to = sub(w, mul(mul(m, inverse), sub(s0, mul(d, sub(s1, mul(d, s2))))));
      store<Lanes>(factors + k, choose(r, to, w));
    }
    store<Lanes>(means + k, mul(m, meanDecay));
    store<Lanes>(variances + k, mul(v, varianceDecay));
  }
}

function update(e: Embeddings, row: u32, step: u32, gradient: usize): void {
  store<u32>(e.steps + (row << 2), step);
  const size = spread(e.stepSizes + (step << 2)), root = spread(e.inverseRoots + (step << 2));
  for (let k = row * e.bytes, end = k + e.bytes; k < end; k += lanesBytes, gradient += lanesBytes) {
    const g = load<Lanes>(gradient);
    const m = fma(splat(beta1), load<Lanes>(e.means + k), mul(splat(1 - beta1), g));
    const v = fma(splat(beta2), load<Lanes>(e.variances + k), mul(mul(splat(1 - beta2), g), g));
    store<Lanes>(e.means + k, m);
    store<Lanes>(e.variances + k, v);
    store<Lanes>(e.factors + k, moved(load<Lanes>(e.factors + k), m, v, size, root));
  }
}

// The rows of one side that a batch touches. Each has a place for its gradient.
@unmanaged
class Touched {
  slots: usize; // by row: 1 + its place, or 0
  rows: usize; // by place
  gradients: usize;
  count: u32;
}

function touched(at: usize, slots: usize, rows: usize, gradients: usize): Touched {
  const t = changetype<Touched>(at);
  t.slots = slots;
  t.rows = rows;
  t.gradients = gradients;
  t.count = 0;
  return t;
}

function touch(t: Touched, e: Embeddings, row: u32, step: u32): void {
  if (load<u32>(t.slots + (row << 2))) return;
  catchUp(e.factors, e.means, e.variances, e.steps, e.bytes, e.stepSizes, e.inverseRoots, e.series, step, row);
  zero(t.gradients + t.count * e.bytes, e.bytes);
  store<u32>(t.rows + (t.count << 2), row);
  store<u32>(t.slots + (row << 2), ++t.count);
}

@inline
function gradientOf(t: Touched, e: Embeddings, row: u32): usize {
  return t.gradients + (load<u32>(t.slots + (row << 2)) - 1) * e.bytes;
}

function updateTouched(t: Touched, e: Embeddings, step: u32): void {
  for (let i: u32 = 0; i < t.count; i++) {
    const row = load<u32>(t.rows + (i << 2));
    update(e, row, step, t.gradients + i * e.bytes);
    store<u32>(t.slots + (row << 2), 0);
  }
  t.count = 0;
}

export function adamBatches(
  customerFactors: usize, customerMeans: usize, customerVariances: usize, customerSteps: usize, productFactors: usize,
  productMeans: usize, productVariances: usize, productSteps: usize, stride: u32, customerSlots: usize,
  productSlots: usize, customers: usize, products: usize, quantities: usize, order: usize, lines: u32, batchSize: u32,
  stepSizes: usize, inverseRoots: usize, series: usize, firstStep: u32, losses: usize, scratch: usize, begin: u32, end: u32,
): u32 {
  const bytes: usize = stride << 2, gradients: usize = batchSize * bytes, places: usize = batchSize << 2;
  const room = scratch + 2 * gradients, structs = room + 2 * places;
  if (offsetof<Embeddings>() > 32 || offsetof<Touched>() > 16) ERROR('Embeddings or Touched does not fit in its scratch');
  const c = embeddings(structs, customerFactors, customerMeans, customerVariances, customerSteps, stride, stepSizes,
    inverseRoots, series);
  const p = embeddings(structs + 32, productFactors, productMeans, productVariances, productSteps, stride, stepSizes,
    inverseRoots, series);
  const tc = touched(structs + 64, customerSlots, room, scratch);
  const tp = touched(structs + 80, productSlots, room + places, scratch + gradients);
  for (let batch = begin; batch < end; batch++) {
    const step = firstStep + batch, first = batch * batchSize, count = min(lines - first, batchSize);
    const from = order + (first << 2), to = from + (count << 2);
    for (let i = from; i < to; i += 4) {
      const line: usize = load<u32>(i) << 2;
      touch(tc, c, load<u32>(customers + line), step - 1);
      touch(tp, p, load<u32>(products + line), step - 1);
    }
    let loss: f64 = 0;
    for (let i = from; i < to; i += 4) {
      const line: usize = load<u32>(i) << 2;
      const customer = load<u32>(customers + line), product = load<u32>(products + line);
      const x = customerFactors + customer * bytes, y = productFactors + product * bytes;
      const error = dot(x, y, bytes) - load<f32>(quantities + line);
      loss += f64(error) * f64(error);
      const slope: f32 = (<f32>2 * error) / f32(count);
      axpy(slope, y, gradientOf(tc, c, customer), bytes);
      axpy(slope, x, gradientOf(tp, p, product), bytes);
    }
    updateTouched(tc, c, step);
    updateTouched(tp, p, step);
    loss /= f64(count);
    store<f64>(losses + (batch << 3), loss);
    if (!(loss - loss == 0)) return 1;
  }
  return 0;
}

export function adamCatchUp(
  factors: usize, means: usize, variances: usize, steps: usize, stride: u32, stepSizes: usize, inverseRoots: usize,
  series: usize, step: u32, begin: u32, end: u32,
): u32 {
  for (let row = begin; row < end; row++)
    catchUp(factors, means, variances, steps, stride << 2, stepSizes, inverseRoots, series, step, row);
  return 0;
}
