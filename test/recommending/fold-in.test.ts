import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import type { Memory } from '../../src/kernel/memory.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { customerOf } from '../../src/recommending/buyer.ts';
import { padIn } from '../../src/recommending/candidates.ts';
import { createFoldIn } from '../../src/recommending/fold-in.ts';
import { fit } from '../../src/training/fit.ts';
import { backends } from '../kernel/backends.ts';
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
      for (let row = 0; row < model.products.length; row += 9) {
        let dot = 0;
        for (let k = 0; k < stride; k++) dot += factors[k] * products[row * stride + k];
        const shares = foldIn.sharesOf(buyer, row);
        assert.is(shares.length, buyer.products.length);
        const sum = shares.reduce((total, share) => total + share, 0);
        assert.ok(Math.abs(sum - dot) < 1e-3, `${name} customer ${c} product ${row}: ${sum}, ${dot}`);
      }
    }
    await kernel.close();
  }
});

test('every solve gives the kernel rows in ascending order, each once, and frees what it took, also if it fails', async () => {
  const kernel = openKernel({ threads: 1 });
  const products = padIn(kernel, model.productFactors, model.factors);
  const live = new Set<unknown>();
  let left = Number.POSITIVE_INFINITY;
  const memory: Memory = {
    ...kernel.memory,
    allocate(type, length) {
      if (left-- === 0) throw new EndcapError('out_of_memory', 'no room');
      const array = kernel.memory.allocate(type, length);
      live.add(array);
      return array;
    },
    free(...arrays) {
      for (const array of arrays) live.delete(array);
      kernel.memory.free(...arrays);
    },
  };
  const operations: OpenKernel['operations'] = {
    ...kernel.operations,
    alsSolve(args) {
      assert.ok(args.indices.every((row, i) => i === 0 || row > args.indices[i - 1]));
      return kernel.operations.alsSolve(args);
    },
  };
  const foldIn = createFoldIn({ ...kernel, memory, operations }, model, products);
  const buyer = customerOf(model, 3, undefined);
  const kept = live.size;
  for (const row of model.products.keys()) foldIn.sharesOf(buyer, row);
  foldIn.factorsOf(buyer);
  assert.is(live.size, kept);
  for (const room of [0, 1, 2, 3, 4]) {
    left = room;
    assert.throws(() => foldIn.sharesOf(buyer, 0), /no room/);
    assert.is(live.size, kept);
  }
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
