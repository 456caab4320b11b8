import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ablationsOf } from '../../src/evaluation/ablations.ts';
import type { Contestant } from '../../src/measuring/contestants.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { train } from '../../src/tuning/train.ts';
import { type Basket, datasetOfBaskets, datasetOfLetters } from '../support/baskets.ts';
import { rotatingShop } from '../support/rotating-shop.ts';

const test = suite('ablations');

const shop = datasetOfLetters({ anna: ['ab', 'cb'], bert: ['bc', 'ac'], carl: ['ad', 'b'], dora: ['de', 'ef'] }, 1);
const given = { factors: 4, iterations: 2, regularization: 1, unobservedWeight: 0.1, tasteDecay: 1, threads: 1 };
const blend = { taste: 1, habit: 1, trend: 0.1 };

async function lists(model: Awaited<ReturnType<typeof train>>): Promise<number[]> {
  const recommender = createRecommender(model, { threads: 1 });
  const found: number[] = [];
  for await (const { rows } of recommender.recommendBlocks({ n: 6 })) found.push(...rows);
  await recommender.close();
  return found;
}

test('without neighbours, lists are those of the same factors ranked without them', async () => {
  const model = await train(shop, { ...given, blend: { ...blend, neighbours: 3 } });
  const recommender = createRecommender(model, { threads: 1 });
  const { ablations, close } = ablationsOf(recommender, { threads: 1 });
  assert.equal(
    ablations.map(({ name, kind, description }) => [name, kind, description]),
    [['no-neighbours', 'ablation', 'the model without neighbours']],
  );
  const found: number[] = [];
  for await (const { rows } of ablations[0].lists.recommendBlocks({ n: 6, purchased: 'allow', from: 0, to: 4 }))
    found.push(...rows);
  await close();
  await recommender.close();
  const plain = await lists(await train(shop, { ...given, blend }));
  assert.equal(found, plain);
  assert.not.equal(await lists(model), plain);
});

test('without variety, lists are the best products, whatever words their names share', async () => {
  const lanterns = Array.from({ length: 6 }, (_, i) => `lantern ${i}`);
  const others = Array.from({ length: 30 }, (_, i) => `thing${i}`);
  const baskets = others.map((other, i): [string, Basket[]] => [
    `c${i}`,
    [{ products: lanterns }, { products: [other, ...lanterns] }],
  ]);
  const names = new Map([...lanterns, ...others].map((name) => [name, { name }]));
  const model = await train(datasetOfBaskets(new Map(baskets), names), { ...given, blend });
  const recommender = createRecommender(model, { threads: 1 });
  const { ablations, close } = ablationsOf(recommender, { threads: 1 });
  assert.equal(
    ablations.map(({ name }) => name),
    ['no-variety'],
  );
  const lanternsIn = async (lists: Contestant['lists']) => {
    for await (const { rows } of lists.recommendBlocks({ n: 5, purchased: 'allow', from: 0, to: 1 }))
      return [...rows].filter((row) => model.products[row].startsWith('lantern')).length;
  };
  assert.is(await lanternsIn(ablations[0].lists), 5);
  assert.is(await lanternsIn(recommender), 3);
  await close();
  await recommender.close();
});

test('without trees, the scores of products bought before are not corrected', async () => {
  const model = await train(rotatingShop({ customers: 240 }), { factors: 4, iterations: 2, threads: 1 });
  assert.ok(model.repeatTrees, 'training keeps trees here');
  const recommender = createRecommender(model, { threads: 1 });
  const { ablations, close } = ablationsOf(recommender, { threads: 1 });
  const removed = ablations.find(({ name }) => name === 'no-trees')!;
  const found: number[] = [];
  for await (const { rows } of removed.lists.recommendBlocks({ n: 6, purchased: 'allow', from: 0, to: 4 }))
    found.push(...rows);
  const { repeatTrees, ...rest } = model;
  const same = found.length;
  assert.equal(found, (await lists(rest)).slice(0, same));
  assert.not.equal(found, (await lists(model)).slice(0, same));
  await close();
  await recommender.close();
});

test('a model without such parts has no ablations, and nothing to close', async () => {
  const recommender = createRecommender(await train(shop, { ...given, blend }), { threads: 1 });
  const { ablations, close } = ablationsOf(recommender, { threads: 1 });
  assert.equal(ablations, []);
  await close();
  await recommender.close();
});

test.run();
