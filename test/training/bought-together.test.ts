import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { History } from '../../src/dataset/dataset.ts';
import { createRandom } from '../../src/random.ts';
import { boughtTogetherOf, logLikelihoodRatio } from '../../src/training/bought-together.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('bought together');

/** A history of one customer. */
function historyOf(orders: number[][]): History {
  const starts = [0];
  for (const order of orders) starts.push(starts[starts.length - 1] + order.length);
  return {
    offsets: Uint32Array.of(0, orders.length),
    starts: Uint32Array.from(starts),
    products: Uint32Array.from(orders.flat()),
  };
}

const anyOrder = fc.uniqueArray(fc.nat(6), { minLength: 1 }).map((order) => order.sort((a, b) => a - b));

/** What is to be found by counting the orders that hold each product and each pair. */
function countedPlainly(orders: number[][], products: number, most: number) {
  const counted = orders.filter((order) => order.length <= 200);
  const pairs = Array.from({ length: products }, () => new Map<number, number>());
  for (const order of counted)
    for (const p of order) for (const q of order) pairs[p].set(q, (pairs[p].get(q) ?? 0) + 1);
  const holding = (p: number) => pairs[p].get(p) ?? 0;
  return pairs.map((others, p) =>
    [...others]
      .map(([row, held]) => ({
        row,
        held,
        lift: Math.fround((held * counted.length) / (holding(p) * holding(row))),
        evidence: logLikelihoodRatio(held, holding(p), holding(row), counted.length),
      }))
      .filter(({ row, held, lift, evidence }) => row !== p && held >= 5 && lift > 1 && evidence >= 10.83)
      .sort((a, b) => b.evidence - a.evidence || a.row - b.row)
      .slice(0, most)
      .map(({ row, held, lift }) => ({ row, held, lift })),
  );
}

async function listsOf(orders: number[][], size: number, most: number) {
  const { offsets, products, orders: held, lifts } = await boughtTogetherOf(historyOf(orders), size, most);
  assert.is(products.length, offsets[size]);
  return Array.from({ length: size }, (_, p) =>
    Array.from(products.subarray(offsets[p], offsets[p + 1]), (row, i) => ({
      row,
      held: held[offsets[p] + i],
      lift: lifts[offsets[p] + i],
    })),
  );
}

test('it is what plain counting of pairs gives, in at least 5 orders and beyond chance', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyOrder, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (orders, most) => {
      assert.equal(await listsOf(orders, 7, most), countedPlainly(orders, 7, most));
    }),
  );
});

test('so it is where a few of many products are in most orders, and some orders are very long', async () => {
  const random = createRandom(3);
  const size = 900;
  const any = () => Math.floor(size ** random.uniform()) - 1;
  const orders = Array.from({ length: 4000 }, (_, i) => {
    const topic = any();
    const order = Array.from({ length: i % 500 === 0 ? 3000 : 1 + random.below(12) }, () => any());
    return [...new Set([...order, topic, (7 * topic) % size])].sort((a, b) => a - b);
  });
  assert.ok(orders.some((order) => order.length > 200));
  for (const most of [1, 20, 1000]) {
    const expected = countedPlainly(orders, size, most);
    assert.ok(expected.flat().length >= 100);
    assert.equal(await listsOf(orders, size, most), expected);
  }
});

test('the log-likelihood ratio is that of the worked example of Dunning 1993', () => {
  // "the swiss": 110 times together, 2442 "the", 111 "swiss" without and with, of 31777 bigrams in all.
  assert.ok(Math.abs(logLikelihoodRatio(110, 110 + 2442, 110 + 111, 110 + 2442 + 111 + 29114) - 270.72) < 0.01);
  assert.is(logLikelihoodRatio(5, 10, 10, 20), 0);
  assert.ok(Number.isFinite(logLikelihoodRatio(10, 10, 10, 10)));
});

test('orders of more than 200 products count for nothing', async () => {
  const pairs = Array.from({ length: 10 }, () => [0, 1]);
  const singles = Array.from({ length: 40 }, (_, i) => [2 + (i % 3)]);
  const large = Array.from({ length: 201 }, (_, i) => i);
  const plain = await boughtTogetherOf(historyOf([...pairs, ...singles]), 250, 20);
  assert.equal([plain.products[0], plain.orders[0], plain.lifts[0]], [1, 10, 5]);
  assert.equal(await boughtTogetherOf(historyOf([large, ...pairs, ...singles, large]), 250, 20), plain);
});

test('a signal stops it', async () => {
  const orders = Array.from({ length: 2000 }, (_, i) => Array.from({ length: 200 }, (_, k) => k + 200 * (i % 10)));
  const error = await endcapErrorOf(boughtTogetherOf(historyOf(orders), 2000, 20, { signal: AbortSignal.abort() }));
  assert.is(error.code, 'aborted');
});

test.run();
