import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { holdOutLast } from '../../../src/dataset/split.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createScope } from '../../../src/kernel/scope.ts';
import { decodeModel, encodeModel } from '../../../src/model/file/format.ts';
import type { MeasuredLists, MeasuredModel } from '../../../src/model/measured.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRandom } from '../../../src/random.ts';
import { defaultBlendOf } from '../../../src/ranking/weights.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { trainAls } from '../../../src/training/als.ts';
import { type AlsOptions, alsSettings } from '../../../src/training/als-options.ts';
import { fit } from '../../../src/training/fit.ts';
import { optionsOf } from '../../../src/training/model-options.ts';
import { neighboursBy } from '../../../src/training/neighbours/ease.ts';
import { verdictOver } from '../../../src/tuning/describe-measured.ts';
import type { Scores } from '../../../src/tuning/judging/guards.ts';
import { holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { createJudge } from '../../../src/tuning/judging/judge.ts';
import { measuredOf } from '../../../src/tuning/judging/measured.ts';
import { learnFromHalf } from '../../../src/tuning/picking/blend.ts';
import { sampleFactors } from '../../../src/tuning/picking/sampled-factors.ts';
import { refit } from '../../../src/tuning/refit.ts';
import { ordersIn, startFor } from '../../../src/tuning/small-shops.ts';
import { train } from '../../../src/tuning/train.ts';
import { finish } from '../../../src/turns.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('what lists find, next to best-sellers');

const small = { factors: 6, iterations: 3, threads: 1 };
/** In which nothing is learned: the weights are those that a shop of its size begins with. */
const shop = randomShop({ customers: 130, seed: 2 });
const model = await train(shop, { ...small, trees: false });

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const errorOf = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1) / values.length);

/** By customer, which of the last order's products count for each question, and what was bought before. */
function wantedIn({ customers, products, history }: Dataset) {
  const { offsets, starts, products: rows } = history!;
  return customers.map((_, c) => {
    const idsOf = (from: number, to: number) =>
      new Set(Array.from(rows.subarray(starts[from], starts[to]), (row) => products[row]));
    const last = offsets[c + 1] - 1;
    const before = idsOf(offsets[c], last);
    const all = [...idsOf(last, last + 1)];
    return {
      before: [...before],
      all,
      explore: all.filter((id) => !before.has(id)),
      repeat: all.filter((id) => before.has(id)),
    };
  });
}

const dcg = (places: readonly number[]) => places.reduce((sum, place) => sum + 1 / Math.log2(place + 2), 0);
const found = (list: readonly string[], wanted: readonly string[]) => {
  const hits = [...list.keys()].filter((place) => place < 10 && wanted.includes(list[place]));
  return {
    recall: hits.length / wanted.length,
    ndcg: dcg(hits) / dcg([...Array(Math.min(10, wanted.length)).keys()]),
  };
};

test('is what an independent recomputation finds: a model without the last orders, and lists of best-sellers', async () => {
  const measured = model.metadata.measured!;
  assert.is(model.metadata.choice!.learned, false);
  assert.equal([measured.heldOut, measured.n, measured.picked, measured.trees], ['orders', 10, true, undefined]);
  assert.is(measured.until, Math.max(...shop.history!.times!));
  assert.equal(
    measured.results.map(({ question }) => question),
    ['all', 'explore', 'repeat'],
  );
  const customers = wantedIn(shop);
  const without = await fit(finish(holdOutLast(shop)).train, { ...optionsOf(model), threads: 1 } as never);
  const recommender = createRecommender(without, { threads: 1 });
  const orders = new Map<string, number>();
  for (const [c] of shop.customers.entries())
    for (let order = shop.history!.offsets[c]; order < shop.history!.offsets[c + 1] - 1; order++)
      for (const row of shop.history!.products.subarray(shop.history!.starts[order], shop.history!.starts[order + 1]))
        orders.set(shop.products[row], (orders.get(shop.products[row]) ?? 0) + 1);
  const sold = shop.products.map((id) => ({ id, orders: orders.get(id) ?? 0 }));
  const popular = sold.sort((a, b) => b.orders - a.orders).map(({ id }) => id);
  const filters = { all: 'allow', explore: 'exclude', repeat: 'only' } as const;
  for (const { question, customers: count, model: own, baselines } of measured.results) {
    const asked = [...shop.customers.keys()].filter((c) => customers[c][question].length > 0);
    assert.is(count, asked.length, question);
    const { before } = Object.fromEntries([['before', (c: number) => new Set(customers[c].before)]]);
    const isAllowed = (c: number, id: string) => question === 'all' || before(c).has(id) === (question === 'repeat');
    const lists = asked.map((c) => {
      const { items } = recommender.recommendSync(shop.customers[c], { n: 10, purchased: filters[question] });
      const bestSellers = popular.filter((id) => isAllowed(c, id)).slice(0, 10);
      const wanted = customers[c][question];
      return {
        own: found(
          items.map(({ product }) => product),
          wanted,
        ),
        popular: found(bestSellers, wanted),
      };
    });
    const best = baselines.find(({ name }) => name === 'popular')!;
    for (const metric of ['recall', 'ndcg'] as const) {
      const values = lists.map((each) => each.own[metric]);
      const others = lists.map((each) => each.popular[metric]);
      const gains = values.map((value, i) => value - others[i]);
      for (const [what, given, expected] of [
        ['model', own[metric], values],
        ['popular', best[metric], others],
        ['gain', best.gain[metric], gains],
      ] as const) {
        const where = `${question} ${metric} ${what}`;
        assert.ok(Math.abs(given.mean - mean(expected)) < 2e-3, `${where}: ${given.mean} ${mean(expected)}`);
        assert.ok(Math.abs(given.standardError - errorOf(expected)) < 2e-3, `${where}: ${given.standardError}`);
      }
    }
  }
  await recommender.close();
});

test('weights that were learned are measured on customers who did not teach them', async () => {
  const dataset = randomShop({ customers: 130, seed: 3 });
  const { metadata } = await train(dataset, { ...small, trees: false });
  assert.ok(metadata.choice!.learned && !metadata.guards);
  const { taste, habit, trend, bought, repeat, neighbours, decay, windowDays } = metadata.ranking!;
  const options = optionsOf({ algorithm: 'als', metadata } as Model) as AlsOptions;
  const kernel = openKernel({ threads: 1 });
  const scope = createScope(kernel);
  try {
    const sample = finish(holdOutSample(dataset, small.factors))!;
    const others = await neighboursBy(scope, sample.heldOut.train, {});
    const trained = await trainAls(scope, sample.heldOut.train, alsSettings(options), { signals: sample.signals });
    const judge = createJudge(scope, sample, sampleFactors(scope, sample, trained, others), { decay, windowDays });
    const { blend: start } = startFor(ordersIn(dataset), defaultBlendOf(dataset));
    const learned = { taste, habit, trend, bought, repeat, neighbours: neighbours! };
    const found: number[] = [];
    const own: number[] = [];
    for (const half of [0, 1] as const) {
      for (const [teaching, values] of [
        [half === 0 ? 1 : 0, found],
        [half, own],
      ] as const) {
        const taught = await learnFromHalf(judge, teaching, start, learned);
        await judge.measure(taught, (_, __, ___, ndcg) => values.push(ndcg), { half, questions: ['all'] });
      }
    }
    const all = metadata.measured!.results[0];
    assert.is(found.length, all.customers);
    near(all.model.ndcg.mean, mean(found));
    assert.ok(Math.abs(mean(own) - mean(found)) > 1e-6);
  } finally {
    scope.end();
    await kernel.close();
  }
});

test('survives the file, and training on more orders with the same options', async () => {
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model)));
  assert.equal(metadata.measured, model.metadata.measured);
  const more = await refit(shop, model, { threads: 1 });
  assert.equal(more.metadata.measured, model.metadata.measured);
});

test('is absent where nothing was picked by trying', async () => {
  const given = { regularization: 3, unobservedWeight: 0.1, tasteDecay: 0.8, blend: { habit: 1 } };
  for (const [dataset, options] of [
    [shop, { fast: true }],
    [shop, given],
    [shop, { blend: { habit: 1 } }],
    [randomShop({ customers: 60 }), {}],
  ] as const) {
    const { metadata } = await train(dataset, { ...small, iterations: 1, trees: false, ...options });
    assert.is(metadata.measured, undefined);
  }
});

test('where nobody buys twice, and of held-out products, all are new to the customer', async () => {
  for (const dataset of [randomShop({ customers: 600, orders: 1 }), neverAgain()]) {
    const { metadata } = await train(dataset, { ...small, trees: false });
    const { results, heldOut } = metadata.measured!;
    assert.equal([heldOut, metadata.choice?.heldOut], [metadata.choice?.heldOut, heldOut]);
    assert.equal(
      results.map(({ question }) => question),
      ['explore'],
    );
  }
});

test('a shop in which best-sellers are all there is to know does not claim more', async () => {
  const { metadata } = await train(skewed(), { ...small, trees: false });
  const [{ baselines }] = metadata.measured!.results;
  const popular = baselines.find(({ name }) => name === 'popular')!;
  assert.is.not(verdictOver(popular), 'better', JSON.stringify(popular));
});

const scoresOf = (all: readonly number[]): Scores => ({
  all: new Map(all.map((recall, customer) => [customer, [recall, recall / 2] as const])),
  explore: new Map(),
  repeat: new Map(),
});

function sumUp(own: readonly number[], other: readonly number[], trees?: Parameters<typeof measuredOf>[2]['trees']) {
  const rivals = [{ name: 'popular', questions: ['all' as const], onFirst: scoresOf(other) }];
  const sample = { kind: 'orders' as const, heldOut: finish(holdOutLast(shop)) };
  return measuredOf(sample, { model: scoresOf(own), rivals }, { picked: false, trees });
}

test('what finds less is worse by paired differences, however much customers differ', () => {
  const others = Array.from({ length: 40 }, (_, c) => (c % 2 === 0 ? 1 : 0.2));
  const {
    results: [{ customers, baselines }],
  } = sumUp(
    others.map((recall, c) => recall - 0.05 - 0.001 * (c % 3)),
    others,
  )!;
  assert.is(customers, 40);
  const [{ gain }] = baselines as MeasuredModel['results'][0]['baselines'];
  near(gain.recall.mean, -0.051, 1e-4);
  assert.ok(gain.recall.standardError < 0.001);
  assert.is(verdictOver(baselines[0]), 'worse');
  assert.is(verdictOver(sumUp(others, others)!.results[0].baselines[0]), 'tie');
});

test('what trees gain counts for the customers who gain it; if that is not known, it is said', () => {
  const flat = Array.from({ length: 30 }, () => 0.5);
  const gains = { all: new Map([[0, [0.3, 0.6] as const]]), repeat: new Map() };
  const measured = sumUp(flat, flat, gains)!;
  assert.is(measured.trees, true);
  const { model: own, baselines } = measured.results[0];
  const close = ({ recall, ndcg }: MeasuredLists, expected: readonly number[]) => {
    near(recall.mean, expected[0]);
    near(ndcg.mean, expected[1]);
  };
  close(own, [0.5 + 0.3 / 30, 0.25 + 0.6 / 30]);
  close(baselines[0].gain, [0.01, 0.02]);
  const unknown = sumUp(flat, flat, 'unknown')!;
  assert.equal([unknown.trees, unknown.results[0].model.recall.mean], [false, 0.5]);
});

test('fewer than 30 customers say nothing', () => {
  const few = Array.from({ length: 29 }, () => 0.5);
  assert.is(sumUp(few, few), undefined);
});

function near(value: number, expected: number, within = 1e-9): void {
  assert.ok(Math.abs(value - expected) < within, `${value} is not ${expected}`);
}

/** A shop of 300 customers with `orders` orders of two products that `draw` gives. */
function shopOf(orders: number, draw: (c: number, order: number, line: number) => number): Dataset {
  const day = 86_400_000;
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < 300; c++)
    baskets.set(
      `c${c}`,
      Array.from({ length: orders }, (_, order) => ({
        products: [`p${100 + draw(c, order, 0)}`, `p${100 + draw(c, order, 1)}`],
        time: (30 * order + (c % 20)) * day,
      })),
    );
  return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'order', time: 'time' });
}

/** Everybody draws from the same 60 products, of which the first sell many times as often as the last. */
function skewed(): Dataset {
  const random = createRandom(3);
  return shopOf(6, () => Math.floor(60 * random.uniform() ** 3));
}

/** Each order has products of its own. */
function neverAgain(): Dataset {
  const random = createRandom(5);
  return shopOf(4, (c, order, line) => 100 * (c % 3) + 20 * order + 10 * line + random.below(10));
}

test.run();
