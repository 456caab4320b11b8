import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import type { Model } from '../../src/model/model.ts';
import { refit } from '../../src/tuning/refit.ts';
import { train } from '../../src/tuning/train.ts';
import { finish } from '../../src/turns.ts';
import { randomShop } from '../support/random-shop.ts';
import { rotatingShop } from '../support/rotating-shop.ts';

const test = suite('training again with what was found');
const small = { factors: 6, iterations: 3, threads: 1 };

const story = ({ metadata: { trainedAt: _, trainingMs: __, losses: ___, version: ____, ...rest } }: Model) => rest;

test('on the same orders it goes on from the factors, with the same story', async () => {
  const shop = randomShop({ customers: 130 });
  const model = await train(shop, { ...small, trees: false });
  const again = await refit(shop, model, { threads: 1 });
  assert.equal(story(again), story(model));
  const { losses } = again.metadata;
  assert.is(losses.length, small.iterations);
  assert.ok(losses[0] < model.metadata.losses[0] && losses.at(-1)! < model.metadata.losses.at(-1)!, `${losses}`);
  assert.is((await refit(shop, model, { threads: 2 })).metadata.version, again.metadata.version);
  const longer = await refit(shop, {
    ...model,
    metadata: { ...model.metadata, options: { ...model.metadata.options, iterations: 10 } },
  });
  assert.is(longer.metadata.losses.length, 4);
});

test('if the number of epochs was picked, it begins from nothing, and gives the same model', async () => {
  const shop = randomShop({ customers: 130 });
  const model = await train(shop, { ...small, trees: false });
  const validation = { metric: 'recall@10', values: [0.1] };
  const again = await refit(shop, { ...model, metadata: { ...model.metadata, validation } }, { threads: 1 });
  assert.is(again.metadata.version, model.metadata.version);
});

test('on more orders it keeps the options, the weights, and the trees', async () => {
  const shop = rotatingShop({ customers: 80 });
  const found = await train(finish(holdOutLast(shop)).train, small);
  assert.ok(found.repeatTrees);
  const model = await refit(shop, found, { threads: 1 });
  assert.equal(model.metadata.options, found.metadata.options);
  assert.equal(model.metadata.ranking, found.metadata.ranking);
  assert.equal(model.repeatTrees!.leaves, found.repeatTrees.leaves);
  assert.ok(model.metadata.repeatTrees!.asOf! > found.metadata.repeatTrees!.asOf!);
  assert.equal(model.purchases, shop.purchases);
});

test.run();
