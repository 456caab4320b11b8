import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import type { Memory } from '../../src/kernel/memory.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { conventions } from '../../src/model/imported.ts';
import { customerOf } from '../../src/recommending/buyer.ts';
import { createFoldIn } from '../../src/recommending/fold-in.ts';
import { padIn } from '../../src/recommending/scoring/candidates.ts';
import { recommendWith } from '../../src/recommending/serving/prepare.ts';
import { fit } from '../../src/training/fit.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { backends, closeTo } from '../kernel/backends.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('fold-in');
const model = await fit(shopWithHistory(), { factors: 20, iterations: 5, threads: 1 });

test('the shares of all purchases sum to the dot product with the folded-in factors', async () => {
  for (const { options, absent, name } of backends) {
    if (absent) continue;
    const kernel = openKernel({ ...options, threads: 1 });
    const products = padIn(kernel, model.productFactors, model.factors);
    const foldIn = createFoldIn(kernel, model, products);
    const stride = products.length / model.products.length;
    for (let c = 0; c < model.customers.length; c += 6) {
      const buyer = customerOf(model, c, undefined);
      const factors = foldIn.factorsOf(buyer).slice();
      const targets = Array.from(model.products.keys()).filter((row) => row % 9 === c % 9);
      const shares = foldIn.sharesOf(buyer, targets);
      const bought = buyer.products.length;
      assert.is(shares.length, targets.length * bought);
      for (const [k, row] of targets.entries()) {
        let dot = 0;
        for (let k = 0; k < stride; k++) dot += factors[k] * products[row * stride + k];
        const sum = shares.subarray(k * bought, (k + 1) * bought).reduce((total, share) => total + share, 0);
        assert.ok(Math.abs(sum - dot) < 1e-3, `${name} customer ${c} product ${row}: ${sum}, ${dot}`);
      }
    }
    await kernel.close();
  }
});

test('so they do in models of other systems', async () => {
  for (const backend of backends) {
    if (backend.absent) continue;
    for (const [name, convention] of Object.entries(conventions)) {
      const kernel = openKernel({ ...backend.options, threads: 1 });
      const products = padIn(kernel, model.productFactors, model.factors);
      const options = { confidence: 'quantity', unobservedWeight: name === 'explicit' ? 0 : 1, tasteDecay: 1 };
      const foldIn = { confidenceScale: 2, regularizationScale: 0.1, convention };
      const imported = { ...model, metadata: { ...model.metadata, options, foldIn } };
      const { factorsOf, sharesOf } = createFoldIn(kernel, imported, products);
      const stride = products.length / model.products.length;
      for (let c = 0; c < model.customers.length; c += 7) {
        const buyer = customerOf(imported, c, undefined);
        const factors = factorsOf(buyer).slice();
        const shares = sharesOf(buyer, [3]);
        const dot = factors.reduce((sum, value, k) => sum + value * products[3 * stride + k], 0);
        const sum = shares.reduce((total, share) => total + share, 0);
        assert.ok(Math.abs(sum - dot) < 1e-3, `${backend.name} ${name} customer ${c}: ${sum}, ${dot}`);
      }
      await kernel.close();
    }
  }
});

test('what buyers have in common is made on threads without waiting, and is the same', async () => {
  for (const threads of [1, 2]) {
    const kernel = openKernel({ threads });
    const { operations } = kernel;
    let made = 0;
    const gram: typeof operations.gram = (args) => {
      made++;
      return operations.gram(args);
    };
    const products = padIn(kernel, model.productFactors, model.factors);
    const here = createFoldIn({ ...kernel, operations: { ...operations, gram } }, model, products);
    const prepared = createFoldIn({ ...kernel, operations: { ...operations, gram } }, model, products);
    await Promise.all([prepared.prepare(), prepared.prepare()]);
    assert.is(made, 0);
    for (let c = 0; c < model.customers.length; c += 5) {
      const buyer = customerOf(model, c, undefined);
      assert.equal(prepared.factorsOf(buyer).slice(), here.factorsOf(buyer).slice());
    }
    assert.is(made, 1);
    await kernel.close();
  }
});

test('a question waits for it only if there are many products', async () => {
  const kernel = openKernel({ threads: 1 });
  const rows = (products: number) => new Float32Array(products * 32);
  const of = (products: number) => ({ ...model, factors: 32, products: new Array(products).fill('') });
  assert.ok(createFoldIn(kernel, of(50), rows(50)).isReady());
  const many = createFoldIn(kernel, of(150_000), kernel.memory.allocate(Float32Array, 150_000 * 32));
  assert.not(many.isReady());
  await many.prepare();
  assert.ok(many.isReady());
  await kernel.close();
});

test('a basket and an explanation wait for threads, if there are many products', async () => {
  const kernel = openKernel({ threads: 2 });
  const gram = (): number => {
    throw new Error('the event loop waits for the Gram matrix');
  };
  const many = randomModel(zipfDataset(20, 100_000, 400), 32);
  for (const ask of ['basket', 'explain']) {
    const recommender = recommendWith(
      { ...kernel, operations: { ...kernel.operations, gram }, close: async () => {} },
      many,
    );
    const { items } =
      ask === 'basket'
        ? await recommender.recommendForBasket([many.products[7]])
        : await recommender.recommend(many.customers[3], { explain: true });
    assert.is(items.length, 10);
    await recommender.close();
  }
  await kernel.close();
});

test('a list is explained with one factorization, and with as few systems as its products or the purchases', async () => {
  const kernel = openKernel({ threads: 1 });
  const products = padIn(kernel, model.productFactors, model.factors);
  const systems: number[] = [];
  const operations: OpenKernel['operations'] = {
    ...kernel.operations,
    alsProducts(args) {
      systems.push(args.end);
      return kernel.operations.alsProducts(args);
    },
  };
  const foldIn = createFoldIn({ ...kernel, operations }, model, products);
  const buyer = customerOf(model, 3, undefined);
  const bought = buyer.products.length;
  const rows = [...model.products.keys()];
  const all = foldIn.sharesOf(buyer, rows);
  for (const row of rows)
    closeTo(foldIn.sharesOf(buyer, [row]), all.subarray(row * bought, (row + 1) * bought), 1e-5, `row ${row}`);
  assert.equal(systems, [bought, ...rows.map(() => 1)]);
  await kernel.close();
});

test('a buyer is folded in without new memory, however many were before', async () => {
  const kernel = openKernel({ threads: 1 });
  const products = padIn(kernel, model.productFactors, model.factors);
  let allocated = 0;
  const memory: Memory = {
    ...kernel.memory,
    allocate(type, length) {
      allocated++;
      return kernel.memory.allocate(type, length);
    },
  };
  const foldIn = createFoldIn({ ...kernel, memory }, model, products);
  const ask = () => {
    for (const c of model.customers.keys()) {
      const buyer = customerOf(model, c, undefined);
      foldIn.factorsOf(buyer);
      foldIn.sharesOf(buyer, [...model.products.keys()]);
    }
  };
  ask();
  const before = allocated;
  ask();
  assert.is(allocated, before);
  await kernel.close();
});

test('a model that does not say how it was trained is folded into with the defaults', async () => {
  const kernel = openKernel({ threads: 1 });
  const products = padIn(kernel, model.productFactors, model.factors);
  const buyer = customerOf(model, 3, undefined);
  const factorsWith = (metadata: object) =>
    createFoldIn(kernel, { ...model, metadata: { ...model.metadata, ...metadata } }, products).factorsOf(buyer);
  const { confidence, unobservedWeight, frequencyExponent } = model.metadata.options;
  const told = { confidence, unobservedWeight, frequencyExponent, regularization: 8 };
  const expected = factorsWith({ options: told, foldIn: { confidenceScale: 1, regularizationScale: 8 } });
  assert.ok(expected.some((value) => value !== 0));
  assert.equal(factorsWith({ options: {}, foldIn: {} }), expected);
  await kernel.close();
});

test.run();
