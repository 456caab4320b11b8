import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { openServed } from '../../../src/recommending/create.ts';
import { rankedAt } from '../../../src/recommending/scoring/scorer.ts';
import { shareableOf } from '../../../src/recommending/serving/shareable.ts';
import type { BatchOptions, Recommender } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { withNeighbours } from '../../support/neighbours.ts';

const test = suite('batches of a few customers');
const trained = await fit(await readOrders(sampleOrders({ lines: 3000 })), { factors: 8, iterations: 3, threads: 1 });
const model = withNeighbours(trained, 1);
const { customers, products } = model;
/** An eighth of the customers is the largest batch that keeps nothing. */
const few = Math.floor(customers.length / 8);

const asked: BatchOptions[] = [
  {},
  { n: 40, purchased: 'exclude' },
  { n: 8, purchased: 'only' },
  { n: 9, mix: 4 },
  { n: 6, diversity: 0.3 },
  { n: 9, perCategory: 1, deny: products.slice(0, 5) },
];

async function listsOf(recommender: Recommender, options: BatchOptions) {
  const lists = [];
  for await (const block of recommender.recommendBlocks(options))
    for (let c = 0; c < block.customers; c++) lists[block.firstCustomer + c] = rankedAt(block, c, block.n);
  return lists;
}

test('they have the lists of the whole batch, also once other things sell', async () => {
  assert.ok(model.returned!.products.length > 0 && few > 8);
  const { recommender, controls } = await openServed(model, false, { threads: 1 });
  const popularity = Float32Array.from(products, (_, row) => (row * 7) % 50);
  const sold = function* () {
    yield;
    return { popularity, uptake: popularity };
  };
  for (const isSold of [false, true]) {
    if (isSold) await controls.sell(sold());
    for (const options of asked) {
      const whole = await listsOf(recommender, options);
      for (let from = 0; from < customers.length; from += few) {
        const to = Math.min(from + few, customers.length);
        const part = await listsOf(recommender, { ...options, from, to });
        assert.equal(part.slice(from), whole.slice(from, to), JSON.stringify({ ...options, from, isSold }));
      }
    }
  }
  await recommender.close();
});

test('they leave nothing in the memory of the kernel, as whole ones do', async () => {
  const { recommender } = await openServed(model, false, { threads: 1 });
  const { memory } = shareableOf(recommender)!.kernel;
  const { allocate, free } = memory;
  const held = new Set<unknown>();
  Object.assign(memory, {
    allocate: (...given: Parameters<typeof allocate>) => {
      const array = allocate(...given);
      held.add(array);
      return array;
    },
    free: (...arrays: Parameters<typeof free>) => {
      for (const array of arrays) held.delete(array);
      free(...arrays);
    },
  });
  const bytes = () => [...held].reduce<number>((sum, array) => sum + (array as Uint32Array).byteLength, 0);
  await listsOf(recommender, { to: few });
  const once = bytes();
  await listsOf(recommender, { from: few, to: 2 * few, purchased: 'exclude' });
  assert.is(bytes(), once);
  await listsOf(recommender, { purchased: 'exclude' });
  assert.ok(bytes() > once + 4 * model.purchases.products.length);
  await recommender.close();
});

test.run();
