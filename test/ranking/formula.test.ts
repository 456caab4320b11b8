import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linesWhere, withHistory } from '../../src/dataset/pairs.ts';
import type { Model } from '../../src/model/model.ts';
import { createSignals } from '../../src/ranking/signals.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { PurchasedFilter } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import type { TrainOptions } from '../../src/training/fit-on.ts';
import { finish } from '../../src/turns.ts';
import { backends } from '../kernel/backends.ts';
import { shopWithHistory } from '../recommending/shop.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('ranking');
const dataset = shopWithHistory();
const history = dataset.history!;
const options: TrainOptions = { factors: 8, iterations: 12, tasteDecay: 0.5, solver: 'exact', threads: 1 };
const model = await fit(dataset, options);
const { customers, products } = model;

/** What a customer bought, by orders from the newest to the oldest, straight from the history. */
function ordersOf(customer: number): Set<number>[] {
  const { offsets, starts, products } = history;
  const orders = [];
  for (let order = offsets[customer]; order < offsets[customer + 1]; order++)
    orders.unshift(new Set(products.subarray(starts[order], starts[order + 1])));
  return orders;
}

const last = Math.max(...history.times!);

/** Orders of the last days that hold each product, straight from the history. */
function soldSince(days: number): number[] {
  const sold = products.map(() => 0);
  history.times!.forEach((time, order) => {
    if (time < last - days * 86_400_000) return;
    for (let line = history.starts[order]; line < history.starts[order + 1]; line++) sold[history.products[line]]++;
  });
  return sold;
}

/** The scores as their formula has them, best first. */
function plainList(of: Model, customer: number, purchased: PurchasedFilter) {
  const { taste, habit, trend, bought: again, repeat, decay, windowDays } = of.metadata.ranking!;
  const { repeatPropensity, uptake } = of.signals!;
  const orders = ordersOf(customer);
  const sold = soldSince(windowDays);
  const share = (counts: ArrayLike<number>, row: number) => counts[row] / Math.max(...Array.from(counts));
  const weights = orders.map((_, ago) => decay ** ago);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return products
    .map((_, row) => {
      let dot = 0;
      for (let k = 0; k < of.factors; k++)
        dot += of.customerFactors[customer * of.factors + k] * of.productFactors[row * of.factors + k];
      const own = orders.reduce((sum, order, ago) => sum + (order.has(row) ? weights[ago] : 0), 0);
      const bought = orders.some((order) => order.has(row));
      const score =
        taste * Math.sqrt(Math.max(0, dot)) +
        (habit * own) / (1 + all) +
        (bought ? again + repeat * repeatPropensity[row] : 0) +
        trend * Math.log(share(bought ? sold : uptake!, row) + 1e-3);
      return { row, score, bought };
    })
    .filter(({ bought }) => purchased === 'allow' || bought === (purchased === 'only'))
    .sort((a, b) => b.score - a.score || a.row - b.row);
}

test('scores are taste, habit and trend, in one formula for what was bought and what was not, in every backend', async () => {
  const weighted = await fit(dataset, {
    ...options,
    decay: 0.6,
    windowDays: 20,
    blend: { habit: 1, trend: 0.7, bought: -0.5 },
  });
  for (const { options: kernel, absent, name } of backends) {
    if (absent) continue;
    for (const of of [model, weighted]) {
      const recommender = createRecommender(of, { ...kernel, threads: 1 });
      for (let c = 0; c < customers.length; c += 5) {
        for (const purchased of ['allow', 'exclude', 'only'] as const) {
          const expected = plainList(of, c, purchased);
          const { items, source } = recommender.recommendSync(customers[c], { n: 20, purchased });
          assert.is(source, 'personal');
          assert.is(items.length, Math.min(20, expected.length), name);
          items.forEach((item, i) => {
            assert.ok(Math.abs(item.score - expected[i].score) < 1e-4, `${name} ${customers[c]} ${purchased} ${i}`);
          });
        }
      }
      await recommender.close();
    }
  }
});

test('all customers at once are given what each is given', async () => {
  const recommender = createRecommender(model, { threads: 2 });
  for (const purchased of ['allow', 'exclude', 'only'] as const) {
    for (const filters of [{}, { deny: products.slice(0, 9) }, { allow: products.slice(0, 30), deny: [products[4]] }]) {
      const all = [];
      for await (const { items } of recommender.recommendAll({ n: 7, purchased, ...filters })) all.push(items);
      assert.equal(
        all,
        customers.map((customer) => recommender.recommendSync(customer, { n: 7, purchased, ...filters }).items),
      );
    }
  }
  await recommender.close();
});

test('unknown customers get what sold most in the window, ties by what sold most ever', () => {
  const recommender = createRecommender(model, { threads: 1 });
  const { items } = recommender.recommendSync('nobody', { n: products.length });
  const sold = soldSince(30);
  const ever = soldSince(1e6);
  const expected = products.map((_, row) => row).sort((a, b) => sold[b] - sold[a] || ever[b] - ever[a] || a - b);
  assert.equal(
    items.map(({ row, score }) => [row, score]),
    expected.map((row) => [row, sold[row]]),
  );
});

test('a basket stands for the newest order: habits and taste are those of the history with it', async () => {
  const customer = customers.findIndex((_, c) => history.offsets[c + 1] - history.offsets[c] > 4);
  const newest = history.offsets[customer + 1] - 1;
  const basket = Array.from(
    history.products.subarray(history.starts[newest], history.starts[newest + 1]),
    (row) => products[row],
  );
  // The same products and scale, for a customer who has not yet given their newest order.
  const earlier = finish(withHistory(dataset, finish(linesWhere(history, (_, order) => order !== newest))));
  const { popularity, uptake, repeatPropensity } = model.signals!;
  const earlierSignals = createSignals(earlier);
  const tasteRecency = earlierSignals.recency(0.5);
  const signals = { ...earlierSignals.signals(0.9, 30), tasteRecency, popularity, uptake, repeatPropensity };
  const before = createRecommender({ ...model, purchases: earlier.purchases, signals }, { threads: 1 });
  const after = createRecommender(model, { threads: 1 });
  const wishes = { customer: customers[customer], purchased: 'allow', n: products.length } as const;
  const { items, source } = before.recommendForBasketSync(basket, wishes);
  assert.is(source, 'basket');
  const scores = new Map(after.recommendForBasketSync([], wishes).items.map(({ row, score }) => [row, score]));
  for (const { row, score, product } of items) assert.ok(Math.abs(score - scores.get(row)!) < 1e-3, product);
});

test('a model without signals ranks by the dot product, and so does quantity', async () => {
  const { signals: _, ...plain } = model;
  const { ranking: __, ...metadata } = model.metadata;
  const recommender = createRecommender({ ...plain, metadata }, { threads: 1 });
  const [first] = recommender.recommendSync(customers[3], { n: 1, explain: true }).items;
  let dot = 0;
  for (let k = 0; k < model.factors; k++)
    dot += model.customerFactors[3 * model.factors + k] * model.productFactors[first.row * model.factors + k];
  assert.ok(Math.abs(first.score - dot) < 1e-5);
  assert.equal(first.explanation!.parts, { taste: first.score, habit: 0, trend: 0 });
  assert.is(recommender.recommendSync('nobody', { n: 1 }).source, 'popular');
});

test('orders without times make all of them count, and nothing sold leaves nothing to a trend', async () => {
  const { times: _, ...timeless } = history;
  const without = await fit(finish(withHistory(dataset, timeless)), options);
  assert.equal([...without.signals!.popularity], soldSince(1e6));
  const popularity = new Float32Array(products.length);
  const signals = { ...model.signals!, popularity, uptake: popularity };
  const recommender = createRecommender({ ...model, signals }, { threads: 1 });
  for (const { score, explanation } of recommender.recommendSync(customers[0], { explain: true }).items) {
    assert.ok(Number.isFinite(score));
    assert.is(explanation!.parts.trend, 0);
  }
});

test('the ranking and what it was trained with stand in the model', async () => {
  const { ranking, options: used } = model.metadata;
  assert.equal(ranking, {
    taste: 2,
    habit: 4,
    trend: 0.1,
    bought: 0,
    repeat: 0.5,
    neighbours: 0,
    decay: 0.9,
    windowDays: 30,
  });
  assert.is(used.blend, 'taste=2,habit=4,trend=0.1,bought=0,repeat=0.5,neighbours=0');
  assert.is(used.together, 20);
  for (const [wrong, name] of [
    [{ decay: 0 }, 'decay'],
    [{ decay: 1.1 }, 'decay'],
    [{ windowDays: 0 }, 'windowDays'],
    [{ blend: { taste: -1 } }, 'blend.taste'],
    [{ blend: { taste: Number.NaN } }, 'blend.taste'],
    [{ blend: { habits: 1 } }, 'habits'],
    [{ blend: 3 }, 'blend'],
    [{ together: 1.5 }, 'together'],
    [{ algorithm: 'quantity', decay: 0.9 }, 'decay'],
  ] as const) {
    const error = await endcapErrorOf(fit(dataset, wrong as never));
    assert.is(error.code, 'invalid_options');
    assert.ok(error.message.startsWith(name), error.message);
  }
});

test.run();
