import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { trendsOf } from '../../src/ranking/formula.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Reason, Recommendation } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { withNeighbours } from '../support/neighbours.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('explanations');
const dataset = shopWithHistory();
const history = dataset.history!;
const model = await fit(dataset, { factors: 8, iterations: 12, solver: 'exact', threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products, productInfo } = model;

type Kind<K extends Reason['kind']> = Extract<Reason, { kind: K }>;
const reasonOf = <K extends Reason['kind']>({ explanation }: Recommendation, kind: K) =>
  explanation!.reasons.find((reason) => reason.kind === kind) as Kind<K> | undefined;

const explained = customers.map((customer) => recommender.recommendSync(customer, { n: 30, explain: true }).items);

test('products are explained only on request, and the list stays the same', () => {
  for (let c = 0; c < customers.length; c += 7) {
    const plain = recommender.recommendSync(customers[c], { n: 30 }).items;
    assert.equal(
      plain,
      explained[c].map(({ explanation: _, ...item }) => item),
    );
  }
});

test('the parts sum to the score, and only bought products have habit', () => {
  customers.forEach((_, c) => {
    const bought = new Set(
      history.products.subarray(history.starts[history.offsets[c]], history.starts[history.offsets[c + 1]]),
    );
    for (const item of explained[c]) {
      const { taste, habit, trend } = item.explanation!.parts;
      assert.ok(Math.abs(taste + habit + trend - item.score) < 1e-6);
      assert.ok(taste > -1e-6 && trend <= 1e-3);
      assert.is(habit !== 0, bought.has(item.row));
      assert.is(reasonOf(item, 'habit') !== undefined, bought.has(item.row));
    }
  });
});

test('bought products have the trend of all sales, other products that of first purchases', () => {
  const trends = trendsOf(model.signals!, model.metadata.ranking!);
  let differ = 0;
  customers.forEach((_, c) => {
    for (const item of explained[c]) {
      const { fresh, bought } = { fresh: trends.fresh[item.row], bought: trends.bought[item.row] };
      assert.is(item.explanation!.parts.trend, reasonOf(item, 'habit') ? bought : fresh);
      if (fresh !== bought) differ++;
    }
  });
  assert.ok(differ > 0);
});

test('what a habit says about orders is true', () => {
  customers.forEach((_, c) => {
    const orders: Set<number>[] = [];
    for (let order = history.offsets[c]; order < history.offsets[c + 1]; order++)
      orders.unshift(new Set(history.products.subarray(history.starts[order], history.starts[order + 1])));
    for (const item of explained[c]) {
      const reason = reasonOf(item, 'habit');
      if (!reason) continue;
      assert.is(orders.slice(0, reason.of).filter((order) => order.has(item.row)).length, reason.orders);
      assert.match(reason.text, /^you bought it (in your last order|in (each|\d) of your last \d orders|before)$/);
    }
  });
});

test('the purchases named for a product were made by the customer, largest share first', async () => {
  // A single purchase is the only reason and has all of the taste.
  const { items } = recommender.recommendForBasketSync([products[10]], { n: 5, explain: true });
  for (const item of items) {
    const reason = reasonOf(item, 'taste')!;
    assert.equal(
      reason.products.map(({ product }) => product),
      [products[10]],
    );
    assert.ok(Math.abs(reason.products[0].share - 1) < 1e-6);
    assert.is(reason.text, `it goes with ${productInfo[10].name}`);
  }
  let named = 0;
  customers.forEach((_, c) => {
    const bought = new Set(
      history.products.subarray(history.starts[history.offsets[c]], history.starts[history.offsets[c + 1]]),
    );
    for (const item of explained[c]) {
      const reason = reasonOf(item, 'taste');
      if (!reason) continue;
      named++;
      const shares = reason.products.map(({ share }) => share);
      assert.equal(
        shares,
        [...shares].sort((a, b) => b - a),
      );
      assert.ok(reason.products.every(({ row, share }) => bought.has(row) && row !== item.row && share > 0));
    }
  });
  assert.ok(named > 100);
});

test('with neighbours, the parts sum to the score, and what is named is true', () => {
  const cosines = withNeighbours(model, 1.5);
  // Some say that a product is less likely.
  const strengths = cosines.neighbours!.strengths.map((strength, i) => (i % 5 === 0 ? -strength : strength));
  const weighed = { ...cosines, neighbours: { ...cosines.neighbours!, strengths } };
  const { neighbours, purchases, metadata } = weighed;
  const { offsets, products: rows } = neighbours;
  const near = createRecommender(weighed, { threads: 1 });
  const bonusless = { ...model, metadata: { ...metadata, ranking: { ...metadata.ranking!, neighbours: 0 } } };
  const plain = createRecommender(bonusless, { threads: 1 });
  const strengthOf = (j: number, i: number) => {
    const at = rows.subarray(offsets[j], offsets[j + 1]).indexOf(i);
    return at < 0 ? 0 : strengths[offsets[j] + at];
  };
  let named = 0;
  const check = (bought: readonly number[], items: readonly Recommendation[], without: readonly Recommendation[]) => {
    const partsWithout = new Map(without.map(({ row, explanation }) => [row, explanation!.parts]));
    for (const item of items) {
      const { taste, habit, trend, neighbours } = item.explanation!.parts;
      assert.ok(Math.abs(taste + habit + trend + neighbours! - item.score) < 1e-6);
      assert.ok(Math.abs(taste - partsWithout.get(item.row)!.taste) < 1e-4);
      const sum = bought.reduce((total, j) => total + strengthOf(j, item.row), 0);
      assert.ok(Math.abs(neighbours! - 1.5 * Math.sqrt(Math.max(0, sum))) < 1e-3);
      const speaking = bought.reduce((total, j) => total + Math.max(0, strengthOf(j, item.row)), 0);
      const reason = reasonOf(item, 'neighbours');
      assert.is(reason !== undefined, sum > 0);
      if (!reason) continue;
      named++;
      const strongest = bought.filter((j) => strengthOf(j, item.row) > 0);
      strongest.sort((a, b) => strengthOf(b, item.row) - strengthOf(a, item.row) || a - b);
      assert.equal(
        reason.products.map(({ row, product }) => [row, product]),
        strongest.slice(0, 3).map((row) => [row, products[row]]),
      );
      for (const { row, share } of reason.products)
        assert.ok(Math.abs(share - strengthOf(row, item.row) / speaking) < 1e-6);
      const names = strongest.slice(0, 2).map((row) => productInfo[row].name ?? products[row]);
      assert.is(reason.text, `often bought after ${names.join(' and ')}`);
      assert.match(item.explanation!.text, /[Oo]ften bought after/);
    }
  };
  customers.forEach((customer, c) => {
    const options = { n: 1000, explain: true };
    const bought = [...purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1])];
    const [items, without] = [near, plain].map((each) => each.recommendSync(customer, options).items);
    check(bought, items, without);
  });
  const basket = [4, 10];
  const [items, without] = [near, plain].map(
    (each) =>
      each.recommendForBasketSync(
        basket.map((row) => products[row]),
        { n: 1000, explain: true },
      ).items,
  );
  check(basket, items, without);
  assert.ok(named > 1000);
  const [first] = near.recommendSync('nobody', { n: 1, explain: true }).items;
  assert.equal(first.explanation!.parts, { taste: 0, neighbours: 0, habit: 0, trend: first.score });
});

test('only the top sellers are called popular', () => {
  const popularity = model.signals!.popularity;
  const least = [...popularity].sort((a, b) => b - a)[1];
  for (const item of explained.flat()) {
    const reason = reasonOf(item, 'trend');
    assert.is(reason !== undefined, popularity[item.row] >= least);
    if (reason)
      assert.equal(reason, {
        kind: 'trend',
        orders: popularity[item.row],
        days: 30,
        text: 'popular this month',
      });
  }
  const [first] = recommender.recommendSync('nobody', { n: 1, explain: true }).items;
  assert.equal(first.explanation!.parts, { taste: 0, habit: 0, trend: first.score });
  assert.is(first.explanation!.text, 'Popular this month');
});

test('explain is true or false, and batches refuse it', async () => {
  assert.throws(() => recommender.recommendSync(customers[0], { explain: 1 as never }), /^explain: 1 cannot be used/);
  assert.throws(() => recommender.recommendBlocks({ explain: true } as never), /^explain/);
  const error = await endcapErrorOf(recommender.recommend(customers[0], { explain: 'yes' as never }));
  assert.is(error.code, 'invalid_options');
});

test.run();
