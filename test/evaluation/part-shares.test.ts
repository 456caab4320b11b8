import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import { createPartShares, partNames } from '../../src/evaluation/part-shares.ts';
import type { Blend } from '../../src/ranking/weights.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { train } from '../../src/tuning/train.ts';
import { finish } from '../../src/turns.ts';
import { datasetOfLetters } from '../support/baskets.ts';

const test = suite('part shares');

/** Everybody then buys a, which half of them had bought before, and z, which nobody had. */
const shop: Record<string, string[]> = {};
for (let c = 0; c < 20; c++) shop[`c${c}`] = [c % 2 ? 'abc' : 'bcd', 'bd', 'ab', 'az'];
shop.other = ['z', 'c'];
const heldOut = finish(holdOutLast(datasetOfLetters(shop, 1)));
const [a, b, z] = ['a', 'b', 'z'].map((id) => heldOut.train.products.indexOf(id));

async function sharesWith(blend: Partial<Blend>, k: number, lists: [question: 'all' | 'explore', list: number[]][]) {
  const training = { factors: 4, iterations: 2, regularization: 1, unobservedWeight: 0.1, tasteDecay: 1, threads: 1 };
  const model = await train(heldOut.train, { ...training, blend: { taste: 1, habit: 1, trend: 0.1, ...blend } });
  const recommender = createRecommender(model, { threads: 1 });
  const parts = createPartShares(k);
  const window = parts.window(heldOut);
  for (const customer of heldOut.customers)
    for (const [question, list] of lists) window.take(customer, Uint32Array.from(list), question);
  await window.explain(recommender);
  await recommender.close();
  return parts.shares();
}

test('only products that were then bought count, within the first k places, by question', async () => {
  const shares = await sharesWith({}, 2, [
    ['all', [b, a, z]],
    ['explore', [z, b]],
  ]);
  assert.equal(
    shares.map(({ question, hits }) => [question, hits]),
    // Other then bought neither a nor z.
    [
      ['all', 20],
      ['explore', 20],
    ],
  );
  const [all, explore] = shares.map(({ shares }) => shares);
  assert.ok(Math.abs(all.taste + all.habit + all.trend - 1) < 1e-6);
  assert.equal(partNames(shares), ['taste', 'habit', 'trend']);
  assert.ok(all.habit > 0);
  assert.equal(explore, { taste: 0, habit: 0, trend: 0 }, 'nothing lifts what one other customer bought');
});

test('a part without weight has no share, and one with all the weight has all of it', async () => {
  const [habitOnly] = await sharesWith({ taste: 0, trend: 0 }, 1, [['all', [a]]]);
  assert.equal(habitOnly.shares, { taste: 0, habit: 1, trend: 0 });
  const [trendOnly] = await sharesWith({ taste: 0, habit: 0, repeat: 0 }, 1, [['all', [a]]]);
  assert.ok(trendOnly.shares.trend > 0.999999);
});

test('without hits there is nothing to tell', async () => {
  assert.equal(await sharesWith({}, 1, [['all', [b]]]), []);
});

test.run();
