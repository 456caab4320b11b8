import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/model/file/format.ts';
import { dayMs } from '../../src/orders/times/calendar.ts';
import { fit } from '../../src/training/fit.ts';
import { salesByPeriodOf } from '../../src/training/sales-by-period.ts';
import { refit } from '../../src/tuning/refit.ts';
import { type Basket, datasetOfBaskets } from '../support/baskets.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('sales by period');

/** A day of 2024, by its number. */
const day = (number: number, hour = 12) => Date.UTC(2024, 0, number, hour);

function datasetOf(orders: readonly Basket[]) {
  const byCustomer = new Map<string, Basket[]>();
  for (const [i, order] of orders.entries()) {
    const customer = `c${i % 3}`;
    byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), order]);
  }
  // Orders without a time come first.
  const timeOf = ({ time = Number.NEGATIVE_INFINITY }: Basket) => time;
  for (const own of byCustomer.values()) own.sort((a, b) => timeOf(a) - timeOf(b) || 0);
  return datasetOfBaskets(byCustomer);
}

/** The orders of each product in each period. */
function tableOf(dataset: ReturnType<typeof datasetOf>): number[][] {
  const { sales, periods } = salesByPeriodOf(dataset)!;
  return dataset.products.map((_, row) => {
    const counts = new Array(periods.periods).fill(0);
    for (let i = sales.offsets[row]; i < sales.offsets[row + 1]; i++) counts[sales.periods[i]] = sales.orders[i];
    return counts;
  });
}

const anyOrder = fc.record(
  {
    products: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
    time: fc.integer({ min: 0, max: 500 * 24 }).map((hours) => day(1, hours)),
  },
  { requiredKeys: ['products'], noNullPrototype: true },
);

test('it is what plain counting gives, in at most 52 periods that end with the last day', () => {
  fc.assert(
    fc.property(fc.array(anyOrder, { minLength: 1, maxLength: 19 }), (orders) => {
      const dataset = datasetOf(orders);
      const times = orders.flatMap(({ time }) => (time === undefined ? [] : [time]));
      const counted = salesByPeriodOf(dataset);
      assert.is(counted === undefined, times.length === 0);
      if (!counted) return;
      const { from, periodDays, periods } = counted.periods;
      const end = from + periods * periodDays * dayMs;
      const last = Math.max(...times);
      assert.ok(periods <= 52 && last < end && last >= end - dayMs, 'the last period ends with the last day');
      assert.ok(Math.min(...times) >= from && Math.min(...times) < from + periodDays * dayMs, 'none is empty at first');
      assert.ok(periodDays === 1 || periodDays % 7 === 0);
      const plain = dataset.products.map((product) =>
        Array.from({ length: periods }, (_, period) => {
          const begin = from + period * periodDays * dayMs;
          const isIn = (time = Number.NaN) => time >= begin && time < begin + periodDays * dayMs;
          return orders.filter(({ products, time }) => (products as string[]).includes(product) && isIn(time)).length;
        }),
      );
      assert.equal(tableOf(dataset), plain);
    }),
    { numRuns: 300 },
  );
});

test('up to 52 days are days, up to 52 weeks are weeks, and longer times are several weeks each', () => {
  const lengthOf = (days: number) =>
    salesByPeriodOf(
      datasetOf([
        { products: ['a'], time: day(1) },
        { products: ['a'], time: day(days) },
      ]),
    )!.periods;
  for (const [days, periodDays, periods] of [
    [1, 1, 1],
    [52, 1, 52],
    [53, 7, 8],
    [364, 7, 52],
    [365, 14, 27],
    [3650, 77, 48],
  ])
    assert.equal([lengthOf(days).periodDays, lengthOf(days).periods], [periodDays, periods], `${days} days`);
  assert.is(lengthOf(365).from, day(365 - 27 * 14 + 1, 0));
});

test('orders of a mistyped year are in no period, and do not stretch them', () => {
  const orders = Array.from({ length: 1000 }, (_, i) => ({ products: ['a'], time: day(1 + (i % 300)) }));
  const mistyped = [Date.UTC(1924, 5), Date.UTC(2924, 5)].map((time) => ({ products: ['a', 'b'], time }));
  assert.equal(
    salesByPeriodOf(datasetOf([...orders, ...mistyped]))!.periods,
    salesByPeriodOf(datasetOf(orders))!.periods,
  );
  const [a, b] = tableOf(datasetOf([...orders, ...mistyped]));
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  assert.equal([sum(a), sum(b)], [1000, 0]);
});

test('times that are no dates give no sales rather than a model that cannot be written', async () => {
  const dataset = datasetOf([
    { products: ['a'], time: 1 },
    { products: ['a'], time: 1e300 },
  ]);
  assert.is(salesByPeriodOf(dataset), undefined);
  await encodeModel(await fit(dataset, { factors: 2, iterations: 1, threads: 1 }));
  const history = { ...dataset.history!, times: new Float64Array(2).fill(Number.NaN) };
  assert.is(salesByPeriodOf({ ...dataset, history }), undefined);
});

test('each way of training counts them, of the orders it is given; without times there are none', async () => {
  const dataset = randomShop({ customers: 30 });
  const { sales, periods } = salesByPeriodOf(dataset)!;
  const options = { factors: 2, iterations: 1, threads: 1, backend: 'wasm' } as const;
  const model = await fit(dataset, options);
  assert.equal([model.sales, model.metadata.sales], [sales, periods]);
  const more = randomShop({ customers: 40 });
  const again = await refit(more, model, { threads: 1, backend: 'wasm' });
  assert.equal(again.sales, salesByPeriodOf(more)!.sales);
  assert.is((await fit(randomShop({ customers: 9, times: false }), options)).sales, undefined);
});

test.run();
