import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import { refit } from '../../src/tuning/refit.ts';
import { train } from '../../src/tuning/train.ts';
import { randomShop } from '../support/random-shop.ts';
import { rotatingShop } from '../support/rotating-shop.ts';

const test = suite('training again with what was found');
const small = { factors: 6, iterations: 3, threads: 1 };

test('on the same orders it gives the same model, with the same story', async () => {
  const shop = randomShop({ customers: 130 });
  const model = await train(shop, { ...small, trees: false });
  const again = await refit(shop, model, { threads: 1 });
  assert.is(again.metadata.version, model.metadata.version);
  const story = ({ metadata: { trainedAt: _, trainingMs: __, ...rest } }: typeof model) => rest;
  assert.equal(story(again), story(model));
});

test('on more orders it keeps the options, the weights, and the trees', async () => {
  const shop = rotatingShop({ customers: 80 });
  const found = await train(holdOutLast(shop).train, small);
  assert.ok(found.repeatTrees);
  const model = await refit(shop, found, { threads: 1 });
  assert.equal(model.metadata.options, found.metadata.options);
  assert.equal(model.metadata.ranking, found.metadata.ranking);
  assert.equal(model.repeatTrees!.leaves, found.repeatTrees.leaves);
  assert.ok(model.metadata.repeatTrees!.asOf! > found.metadata.repeatTrees!.asOf!);
  assert.equal(model.purchases, shop.purchases);
});

test.run();
