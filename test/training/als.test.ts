import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { solvers } from '../../src/kernel/operations/operations.ts';
import type { Model } from '../../src/model/model.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { trainAls } from '../../src/training/als.ts';
import { fit } from '../../src/training/fit.ts';
import type { TrainOptions } from '../../src/training/fit-on.ts';
import { diagonalSolver, isTurningQuicker } from '../../src/training/solver.ts';
import { backends } from '../kernel/backends.ts';
import { countedKernel } from '../support/counted-kernel.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('als training');
const sample = await readOrders(sampleOrders({ lines: 4000 }) as Iterable<never>);

/** Even customers buy even products, odd ones odd products, each but one of its kind: the one that is missing is next. */
function checkerboard(size: number): { customer: number; product: number; quantity: number }[] {
  const rows = [];
  for (let customer = 0; customer < size; customer++)
    for (let product = customer % 2; product < size; product += 2)
      if (product !== customer) rows.push({ customer: customer + 100, product: product + 100, quantity: 1 });
  return rows;
}

function score(model: Model, customer: number, product: number): number {
  let sum = 0;
  for (let k = 0; k < model.factors; k++)
    sum += model.customerFactors[customer * model.factors + k] * model.productFactors[product * model.factors + k];
  return sum;
}

test('on a checkerboard every solver finds the missing square', async () => {
  const dataset = await readOrders(checkerboard(30));
  for (const solver of ['auto', 'cg', 'exact'] as const) {
    const model = await fit(dataset, { factors: 4, regularization: 1, tasteDecay: 0.9, solver, threads: 1 });
    for (let customer = 0; customer < 30; customer++) {
      assert.ok(
        score(model, customer, customer) > 0.6,
        `${solver}: own kind scores ${score(model, customer, customer)}`,
      );
      const other = score(model, customer, (customer + 1) % 30);
      assert.ok(Math.abs(other) < 0.2, `${solver}: the other kind scores ${other}`);
    }
  }
});

test('the loss that is told is the loss of the model, and it never rises', async () => {
  for (const solver of ['cg', 'exact'] as const) {
    const options = { factors: 20, iterations: 6, regularization: 2, unobservedWeight: 0.2, decay: 1, threads: 1 };
    const model = await fit(sample, { ...options, tasteDecay: 1, solver });
    const { losses } = model.metadata;
    for (let i = 1; i < losses.length; i++) assert.ok(losses[i] <= losses[i - 1] * (1 + 1e-6), `losses ${losses}`);
    const expected = plainLoss(model, options);
    assert.ok(Math.abs(losses[5] - expected) < 1e-4 * expected, `${solver}: ${losses[5]}, not ${expected}`);
  }
});

test('conjugate gradients with many steps end where the exact solver does, without unobserved pairs too', async () => {
  for (const unobservedWeight of [0.2, 0]) {
    const options = { factors: 20, iterations: 3, regularization: 2, unobservedWeight, threads: 1 };
    const exact = await fit(sample, { ...options, solver: 'exact' });
    const gradients = await fit(sample, { ...options, solver: 'cg', cgSteps: 60 });
    const [a, b] = [exact, gradients].map(({ metadata }) => metadata.losses[2]);
    assert.ok(Math.abs(a - b) < 1e-4 * a, `${a} and ${b}`);
    for (let i = 0; i < exact.customerFactors.length; i++)
      assert.ok(Math.abs(exact.customerFactors[i] - gradients.customerFactors[i]) < 2e-3, `factor ${i}`);
  }
});

/** The loss of Rendle et al. 2021 written out, in f64, with a decay of 1 and `regularization` on the average row. */
function plainLoss(
  model: Model,
  { regularization, unobservedWeight }: { regularization: number; unobservedWeight: number },
): number {
  const { purchases, byProduct } = sample;
  const orders = purchases.orders!.reduce((sum, count) => sum + count, 0);
  let loss = 0;
  for (let customer = 0; customer < sample.customers.length; customer++) {
    for (let product = 0; product < sample.products.length; product++)
      loss += unobservedWeight * score(model, customer, product) ** 2;
    for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++)
      loss +=
        ((purchases.orders![pair] * purchases.orders!.length) / orders) *
        (score(model, customer, purchases.products[pair]) - 1) ** 2;
  }
  const penalty = (offsets: Uint32Array, others: number, factors: Float32Array) => {
    const rows = offsets.length - 1;
    const average = offsets[rows] / rows + unobservedWeight * others;
    for (let i = 0; i < factors.length; i++) {
      const row = Math.floor(i / model.factors);
      const frequency = offsets[row + 1] - offsets[row] + unobservedWeight * others;
      loss += ((regularization * frequency) / average) * factors[i] ** 2;
    }
  };
  penalty(purchases.offsets, sample.products.length, model.customerFactors);
  penalty(byProduct.offsets, sample.customers.length, model.productFactors);
  return loss;
}

test('however large the regularization, something is left to learn', async () => {
  const model = await fit(await readOrders(checkerboard(6)), { factors: 2, regularization: 1e6, threads: 1 });
  for (let customer = 0; customer < 6; customer++) assert.ok(score(model, customer, customer) > 0.05);
});

test('with decay, what was bought long ago weighs less, and with tasteDecay it does so for customers only', async () => {
  const rows = [];
  // The others keep to one of the two, so that they do not lie in the same direction.
  for (let customer = 0; customer < 40; customer++)
    for (let order = 0; order < 6; order++)
      rows.push({
        customer,
        product: customer >= 30 || (customer < 20 && order === 5) ? 'new' : 'old',
        quantity: 1,
        order: `${customer}-${order}`,
        time: order,
      });
  const dataset = await readOrders(rows);
  const fitted = (decay: number, tasteDecay: number) =>
    fit(dataset, { decay, tasteDecay, factors: 2, regularization: 2, threads: 1 });
  const oldAgainstNew = (model: Model) => score(model, 0, 1) / score(model, 0, 0);
  const [even, late, aged] = await Promise.all([fitted(1, 1), fitted(1, 0.5), fitted(0.5, 0.5)]);
  assert.ok(oldAgainstNew(aged) < oldAgainstNew(even) - 0.01);
  assert.ok(oldAgainstNew(late) < oldAgainstNew(even) - 0.01);
  assert.equal(late.productFactors, even.productFactors);
  assert.equal(late.metadata.losses, even.metadata.losses);
});

/** How far the customers' factors are from solving their systems, by the length of the right sides; the worst customer. */
function worstResidual({ customers, products, purchases, customerFactors, productFactors, ...model }: Model): number {
  const { factors, signals, metadata } = model;
  const { confidenceScale = Number.NaN, regularizationScale = Number.NaN } = metadata.foldIn;
  const unobservedWeight = Number(metadata.options.unobservedWeight);
  const dot = (a: Float32Array, i: number, b: Float32Array, j: number) => {
    let sum = 0;
    for (let k = 0; k < factors; k++) sum += a[i * factors + k] * b[j * factors + k];
    return sum;
  };
  let worst = 0;
  customers.forEach((_, c) => {
    const [from, to] = [purchases.offsets[c], purchases.offsets[c + 1]];
    const penalty = regularizationScale * (to - from + unobservedWeight * products.length);
    const left = Array.from({ length: factors }, (_, k) => penalty * customerFactors[c * factors + k]);
    const right = new Float64Array(factors);
    for (let p = 0; p < products.length; p++) {
      const score = unobservedWeight * dot(customerFactors, c, productFactors, p);
      for (let k = 0; k < factors; k++) left[k] += score * productFactors[p * factors + k];
    }
    for (let pair = from; pair < to; pair++) {
      const p = purchases.products[pair];
      const weight = confidenceScale * signals!.tasteRecency![pair];
      const score = weight * dot(customerFactors, c, productFactors, p);
      for (let k = 0; k < factors; k++) {
        left[k] += score * productFactors[p * factors + k];
        right[k] += weight * productFactors[p * factors + k];
      }
    }
    worst = Math.max(worst, Math.hypot(...left.map((value, k) => value - right[k])) / Math.hypot(...right));
  });
  return worst;
}

test('the final solve of the customers takes more steps than an iteration, so that it ends at the solution', async () => {
  const options = { factors: 32, iterations: 1, regularization: 0.5, decay: 0.9, tasteDecay: 0.5, threads: 1 };
  const residual = worstResidual(await fit(sample, { ...options, solver: 'cg', cgSteps: 3 }));
  // 0.05 after 3 steps, 0.001 after 6.
  assert.ok(residual < 1e-4, `residual ${residual}`);
});

test('what was bought so long ago that its weight is next to nothing does no harm', async () => {
  const rows = Array.from({ length: 600 }, (_, i) => ({
    customer: i % 5,
    product: (i * 7) % 41,
    quantity: 1,
    order: `${i}`,
    time: i,
  }));
  const dataset = await readOrders(rows);
  for (const solver of ['cg', 'exact'] as const)
    for (const [decay, tasteDecay] of [
      [0.9, 0.01],
      [0.01, 0.001],
      [0.001, 0.9],
    ]) {
      const model = await fit(dataset, { factors: 50, iterations: 3, decay, tasteDecay, solver, threads: 1 });
      assert.ok(model.customerFactors.every(Number.isFinite), `${solver}, ${decay}, ${tasteDecay}`);
    }
});

test('auto takes conjugate gradients for rows of many pairs and the exact solver for rows of few', async () => {
  // Three products a customer.
  const sparse = Array.from({ length: 9000 }, (_, i) => ({
    customer: i % 3000,
    product: (i * 7919) % 901,
    quantity: 1,
  }));
  for (const [rows, solver] of [
    [checkerboard(60), 'cg'],
    [sparse, 'exact'],
  ] as const) {
    const dataset = await readOrders(rows);
    const [auto, named] = await Promise.all(
      ['auto' as const, solver].map((solver) => fit(dataset, { factors: 64, iterations: 2, solver, threads: 1 })),
    );
    assert.is(auto.metadata.losses[1], named.metadata.losses[1], solver);
  }
});

test('conjugate gradients turn to the eigenvectors to solve many rows against few, and not for a few', () => {
  assert.ok(isTurningQuicker(128, 3, 47_000, 2500));
  assert.not.ok(isTurningQuicker(128, 3, 2500, 47_000));
  assert.not.ok(isTurningQuicker(128, 3, 200, 100));
  assert.is(diagonalSolver(solvers.cheapest), solvers.cheapestDiagonal);
  assert.is(diagonalSolver(solvers.gradients), solvers.gradientsDiagonal);
  assert.is(diagonalSolver(solvers.exact), solvers.exact);
});

test('the same data, options and seed give the same bytes for any number of threads, in every backend', async () => {
  for (const { absent, options, name } of backends) {
    if (absent) continue;
    for (const solver of ['cg', 'exact'] as const) {
      const [one, three] = await Promise.all(
        [1, 3].map((threads) => fit(sample, { factors: 18, iterations: 2, solver, ...options, threads })),
      );
      assert.equal(three.customerFactors, one.customerFactors, name);
      assert.equal(three.productFactors, one.productFactors, name);
      assert.is(three.metadata.version, one.metadata.version, name);
    }
  }
});

test('backends and instruction sets agree on every factor to a thousandth of the largest', async () => {
  for (const solver of ['cg', 'exact'] as const) {
    const models = [];
    for (const { absent, options, name } of backends)
      if (!absent)
        models.push({
          name,
          model: await fit(sample, { factors: 32, iterations: 5, solver, ...options, threads: 1 }),
        });
    const first = models[0].model;
    const largest = first.customerFactors.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const { name, model } of models)
      for (let i = 0; i < first.customerFactors.length; i++)
        assert.ok(
          Math.abs(model.customerFactors[i] - first.customerFactors[i]) <= 1e-3 * largest,
          `${solver} in ${name} at ${i}`,
        );
  }
});

test('every kind of confidence trains, and alpha is the weight of the average pair', async () => {
  const versions = new Set<string>();
  for (const confidence of ['orders', 'quantity', 'log-quantity', 'equal'] as const) {
    const model = await fit(sample, { confidence, factors: 8, iterations: 1, threads: 1 });
    versions.add(model.metadata.version);
  }
  assert.is(versions.size, 4);
  // Twice the weight of everything is the same minimum.
  const options = { factors: 8, solver: 'exact', iterations: 3, frequencyExponent: 0, threads: 1 } as const;
  const once = await fit(sample, { ...options, alpha: 1, unobservedWeight: 0.1, regularization: 4 });
  const twice = await fit(sample, { ...options, alpha: 2, unobservedWeight: 0.2, regularization: 8 });
  for (let i = 0; i < once.customerFactors.length; i++)
    assert.ok(Math.abs(once.customerFactors[i] - twice.customerFactors[i]) < 1e-3, `factor ${i}`);
});

test('one customer and one product are enough', async () => {
  const model = await fit(await readOrders([{ customer: 'a', product: 'b', quantity: 1 }]), { threads: 1 });
  assert.ok(Number.isFinite(score(model, 0, 0)));
});

test('an AbortSignal stops it, inline and on threads', async () => {
  for (const threads of [1, 2]) {
    const stop = new AbortController();
    const options: TrainOptions = { threads, iterations: 1000, signal: stop.signal, onProgress: () => stop.abort() };
    const error = await endcapErrorOf(fit(sample, options));
    assert.is(error.code, 'aborted');
  }
});

test('of the memory of a kernel it keeps the factors, and nothing if it fails', async () => {
  const kernel = countedKernel();
  for (const solver of ['cg', 'exact'] as const) {
    const { customerFactors, productFactors } = await trainAls(kernel, sample, { factors: 20, iterations: 1, solver });
    assert.is(kernel.bytes(), customerFactors.byteLength + productFactors.byteLength, solver);
    kernel.memory.free(customerFactors, productFactors);
  }
  const error = await endcapErrorOf(trainAls(kernel, sample, { alpha: 1e38 }));
  assert.is(error.code, 'diverged');
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test('a training that goes on from another one ends where a longer one does, for any taste decay', async () => {
  const kernel = countedKernel();
  for (const solver of ['cg', 'exact'] as const) {
    const options = { factors: 20, solver, tasteDecay: 0.5 };
    const tolerance = solver === 'cg' ? 0 : 1e-4;
    const near = (one: Float32Array, other: Float32Array) =>
      one.every((value, i) => Math.abs(value - other[i]) <= tolerance);
    const long = await trainAls(kernel, sample, { ...options, iterations: 4 });
    const begun = await trainAls(
      kernel,
      sample,
      { ...options, iterations: 2, tasteDecay: 0.7 },
      { keepIterated: true },
    );
    const from = { customers: begun.iterated!, products: begun.productFactors };
    const ended = await trainAls(kernel, sample, options, { start: { ...from, epochs: 2 }, keepIterated: true });
    assert.is(ended.losses.length, 2);
    assert.ok(near(ended.customerFactors, long.customerFactors) && near(ended.productFactors, long.productFactors));
    const last = { customers: ended.iterated!, products: ended.productFactors };
    const other = { ...options, iterations: 4, tasteDecay: 0.9 };
    const again = await trainAls(kernel, sample, other, { start: { ...last, epochs: 0 } });
    const whole = await trainAls(kernel, sample, other);
    assert.ok(near(again.customerFactors, whole.customerFactors) && near(again.productFactors, whole.productFactors));
    assert.not(near(again.customerFactors, long.customerFactors));
    for (const { customerFactors, productFactors, iterated } of [long, begun, ended, again, whole])
      kernel.memory.free(customerFactors, productFactors, ...(iterated ? [iterated] : []));
  }
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test('with so many pairs that nothing is kept meanwhile, it learns the same', async () => {
  const kernel = countedKernel();
  for (const tasteDecay of [0.5, 0.9]) {
    const options = { factors: 8, iterations: 2, decay: 0.9, tasteDecay };
    const known = await trainAls(kernel, sample, options);
    const forgetting = await trainAls(kernel, sample, options, { manyPairs: 0 });
    assert.equal(forgetting.customerFactors, known.customerFactors);
    assert.equal(forgetting.productFactors, known.productFactors);
    assert.equal(forgetting.tasteRecency, known.tasteRecency);
  }
  await kernel.close();
});

test('numbers that leave the floats are reported with the option to change', async () => {
  const error = await endcapErrorOf(fit(sample, { alpha: 1e38, threads: 1 }));
  assert.is(error.code, 'diverged');
  assert.match(error.message, /lower alpha/);
});

test('a dataset whose parts do not fit is refused before a kernel sees it', async () => {
  const { purchases, byProduct } = sample;
  for (const broken of [
    { purchases: { ...purchases, products: purchases.products.map((row) => row + 1e6) } },
    { byProduct: { ...byProduct, customers: byProduct.customers.map((row) => row + 1e6) } },
    { byProduct: { ...byProduct, offsets: byProduct.offsets.slice(1) } },
  ]) {
    const error = await endcapErrorOf(fit({ ...sample, ...broken }, { threads: 1 }));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, /dataset/);
  }
});

test('options that do not exist or are out of range are refused by name', async () => {
  for (const [option, value] of Object.entries({
    factors: 2049,
    cgSteps: 0,
    regularization: -1,
    confidence: 'likes',
    solver: 'magic',
    seed: -1,
    threads: 0,
    learningRate: 1,
  })) {
    const error = await endcapErrorOf(fit(sample, { [option]: value } as TrainOptions));
    assert.is(error.code, 'invalid_options', option);
    assert.match(error.message, new RegExp(option));
  }
});

test.run();
