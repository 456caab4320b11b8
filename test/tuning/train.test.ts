import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { decodeModel, encodeModel } from '../../src/model/file/format.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { fit } from '../../src/training/fit.ts';
import { train } from '../../src/tuning/train.ts';
import { trainOn } from '../../src/tuning/train-on.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { randomShop } from '../support/random-shop.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('train');

const shop = randomShop({ customers: 150 });
const small = { factors: 6, iterations: 3, threads: 1 };

test('trains with the options it picks, and says how it picked them', async () => {
  const model = await train(shop, small);
  const { regularization, unobservedWeight, tasteDecay } = model.metadata.options;
  const { tried } = model.metadata.choice!;
  assert.ok(tried.some((one) => one.regularization === regularization && one.unobservedWeight === unobservedWeight));
  const { decay, windowDays, ...blend } = model.metadata.ranking!;
  const same = await fit(shop, {
    ...small,
    regularization: Number(regularization),
    unobservedWeight: Number(unobservedWeight),
    tasteDecay: Number(tasteDecay),
    decay,
    windowDays,
    blend,
  });
  assert.is(model.metadata.version, same.metadata.version);
});

test('says that all options were given', async () => {
  const given = { regularization: 3, unobservedWeight: 0.1, tasteDecay: 0.8, blend: { habit: 1 } };
  const { metadata } = await train(shop, { ...small, ...given });
  assert.is(metadata.unchosen, 'given');
  assert.is(metadata.options.blend, 'taste=2,habit=1,trend=0.1,bought=0,repeat=0.5,neighbours=0');
});

test('takes the defaults if nothing can be held out', async () => {
  const model = await train(randomShop({ customers: 20, orders: 30 }), { ...small, earlyStopping: true });
  assert.is(model.metadata.choice, undefined);
  assert.is(model.metadata.unchosen, 'too_few');
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model)));
  assert.is(metadata.unchosen, 'too_few');
  assert.is(model.metadata.validation, undefined);
  assert.is(model.metadata.options.regularization, 8);
  assert.is(model.metadata.losses.length, 3);
});

test('with fewer than 200 orders lists go by popularity and habit, and the source says so', async () => {
  const tiny = randomShop({ customers: 40 });
  const model = await train(tiny, small);
  assert.is(model.metadata.unchosen, 'too_early');
  const recommender = createRecommender(model, { threads: 1 });
  const known = recommender.recommendSync('c1', { n: 40, purchased: 'exclude', explain: true });
  assert.is(known.source, 'too-early');
  const parts = known.items.map(({ explanation }) => explanation!.parts);
  assert.ok(parts.every(({ taste }) => taste === 0));
  assert.ok(
    parts.every(({ trend }, i) => i === 0 || trend <= parts[i - 1].trend),
    'the most popular first',
  );
  const [first] = recommender.recommendSync('c1', { n: 1 }).items;
  const own = model.purchases.products.subarray(model.purchases.offsets[1], model.purchases.offsets[2]);
  assert.ok(own.includes(model.products.indexOf(first.product)), 'what they bought comes first');
  assert.is(recommender.recommendSync('nobody').source, 'popular');
  assert.is(recommender.recommendForBasketSync(['p1']).source, 'basket');
  await recommender.close();
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model)));
  assert.is(metadata.unchosen, 'too_early');
});

test('a fast training tries nothing', async () => {
  let tried = 0;
  const model = await train(shop, { ...small, fast: true, onChoice: () => tried++ });
  assert.equal([tried, model.metadata.unchosen, model.metadata.choice], [0, 'fast', undefined]);
  assert.is(model.metadata.options.regularization, 8);
  const { details } = await endcapErrorOf(train(shop, { ...small, fast: true, earlyStopping: true }));
  assert.is(details.option, 'earlyStopping');
});

test('a budget is a number of minutes', async () => {
  for (const budget of [-1, Number.NaN, '5'])
    assert.is((await endcapErrorOf(train(shop, { ...small, budget: budget as number }))).details.option, 'budget');
});

test('orders whose sequence is not known are not weighted by it, unless a decay is given', async () => {
  const shuffled = randomShop({ times: false });
  const unordered = { ...shuffled, account: { ...shuffled.account, columns: { customer: 'customer' } } };
  const given = { ...small, regularization: 3, unobservedWeight: 0.1, blend: defaultBlend };
  const { options } = (await train(unordered, given)).metadata;
  assert.equal([options.decay, options.tasteDecay], [1, 1]);
  const decayed = (await train(unordered, { ...given, decay: 0.8 })).metadata.options;
  assert.equal([decayed.decay, decayed.tasteDecay], [0.8, 1]);
});

test('guards of an earlier search are noted in the model, and what are none are refused', async () => {
  const guards = [{ question: 'all', baseline: 'popular', action: 'trend 0.4 instead of 0.2' }] as const;
  const given = { ...small, regularization: 3, unobservedWeight: 0.1, tasteDecay: 0.8, blend: defaultBlend };
  assert.equal((await train(shop, { ...given, guards })).metadata.guards, guards);
  for (const wrong of [{}, 'popular', [null], ['popular'], [{ ...guards[0], question: 'none' }], [{ question: 'all' }]])
    assert.is((await endcapErrorOf(train(shop, { guards: wrong as never }))).details.option, 'guards');
});

test('opens one kernel for all that it trains', async () => {
  let workers = 0;
  const onWorker = () => workers++;
  process.on('worker', onWorker);
  await train(shop, { ...small, iterations: 1, threads: 2, earlyStopping: true });
  process.off('worker', onWorker);
  assert.is(workers, 2);
});

test('options that are no object, and signals and callbacks that are none, are refused before anything is trained', async () => {
  const wrong = [
    null,
    [],
    'als',
    { signal: {} },
    { onProgress: 1 },
    { onChoice: 'x' },
    { algorithm: Object.create(null) },
  ];
  for (const options of wrong) assert.is((await endcapErrorOf(train(shop, options as never))).code, 'invalid_options');
});

testUnless(
  test,
  Number(process.versions.node.split('.')[0]) < 22 ? undefined : 'Node has such arrays from version 22 on',
  'customers of more factors than an array has are refused before any search',
  async () => {
    const kernel = new Proxy({}, { get: () => assert.unreachable('the kernel was used') }) as OpenKernel;
    const dataset = { customers: { length: 2 ** 25 + 1 }, products: [] } as unknown as Dataset;
    for (const options of [{}, { factors: 125 }, { algorithm: 'quantity', factors: 128 }] as const) {
      const { code, message } = await endcapErrorOf(trainOn(kernel, dataset, options));
      assert.is(code, 'out_of_memory');
      assert.match(message, 'use Node 22 or later, or use fewer factors');
    }
  },
);

test.run();
