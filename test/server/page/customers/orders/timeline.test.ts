import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../../src/dataset/dataset.ts';
import { createSignals } from '../../../../../src/ranking/signals.ts';
import { ordersInModel, ordersSince } from '../../../../../src/server/page/customers/orders/timeline.ts';
import { type Basket, datasetOfBaskets } from '../../../../support/baskets.ts';

const test = suite('orders of a customer');

const modelOf = (dataset: Dataset) => ({ ...dataset, signals: createSignals(dataset).signals(0.8, 30) });

const order = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 });
const shops = fc
  .tuple(
    fc.array(fc.array(fc.tuple(order, fc.nat(3)), { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([customers, hasTimes]) => {
    const baskets = new Map<string, Basket[]>();
    for (const [c, orders] of customers.entries()) {
      let day = 10;
      const bought = orders.map(([products, days]) => {
        day += days;
        return { products, ...(hasTimes && { time: Date.UTC(2025, 0, day) }) };
      });
      baskets.set(`c${c}`, bought);
    }
    return datasetOfBaskets(baskets);
  });

test('the last eight orders hold what they held, with the units and times that can be known', () => {
  fc.assert(
    fc.property(shops, (dataset) => {
      const model = modelOf(dataset);
      const { offsets, starts, products, quantities, times } = dataset.history!;
      for (const c of dataset.customers.keys()) {
        const { orders, earlier } = ordersInModel(model, c)!;
        const count = offsets[c + 1] - offsets[c];
        assert.equal([orders.length, earlier], [Math.min(8, count), Math.max(0, count - 8)]);
        for (const [ago, { time, products: held, isSince }] of orders.entries()) {
          const at = offsets[c + 1] - 1 - ago;
          const lines = Array.from({ length: starts[at + 1] - starts[at] }, (_, i) => starts[at] + i);
          assert.equal(
            held.map(({ product }) => product),
            lines.map((line) => dataset.products[products[line]]),
          );
          for (const [i, { product, quantity }] of held.entries()) {
            const isOnce = boughtIn(dataset, c, product) === 1;
            assert.is(quantity, isOnce ? (quantities?.[lines[i]] ?? 1) : undefined);
          }
          assert.is(isSince, false);
          if (times === undefined) assert.is(time, undefined);
          else if (typeof time === 'number') assert.is(time, times[at]);
          else {
            // All of it was bought again, so that the order before the newest is between two others.
            assert.ok(held.every(({ product }) => isBoughtAgain(dataset, c, at, product)));
            assert.ok((time!.after ?? -Infinity) <= times[at] && times[at] <= time!.before!);
          }
        }
      }
    }),
  );
});

function boughtIn(
  { purchases: { offsets, products, orders }, ...dataset }: Dataset,
  c: number,
  product: string,
): number {
  for (let pair = offsets[c]; pair < offsets[c + 1]; pair++)
    if (dataset.products[products[pair]] === product) return orders?.[pair] ?? 1;
  return 0;
}

function isBoughtAgain({ history, products }: Dataset, c: number, order: number, product: string): boolean {
  const { offsets, starts, products: rows } = history!;
  for (let line = starts[order + 1]; line < starts[offsets[c + 1]]; line++)
    if (products[rows[line]] === product) return true;
  return false;
}

test('a model without signals, or of orders that nobody put together, has no orders to show', () => {
  const dataset = datasetOfBaskets(new Map([['ann', [{ products: ['a'] }, { products: ['b'] }]]]));
  const { history: _, ...apart } = dataset;
  assert.is(ordersInModel({ ...dataset }, 0), undefined);
  assert.is(ordersInModel(modelOf(apart), 0), undefined);
  assert.equal(ordersInModel(modelOf(dataset), 0)!.orders.length, 2);
});

test('what the store has counts by order, newest first, and what the model has learned does not', () => {
  const line = (order: string, product: string, quantity: number, time: number, isLearned = false) => ({
    ...{ order, product, quantity, time, isLearned },
  });
  const orders = ordersSince([
    line('old', 'a', 1, 1, true),
    line('w1', 'a', 1, 20),
    line('w2', 'a', 1, 30),
    line('w1', 'b', 2, 10),
    line('w1', 'a', 2, 25),
    line('w3', 'a', -1, 40),
  ]);
  assert.equal(
    orders.map(({ order, time, products }) => [
      order,
      time,
      products.map(({ product, quantity }) => [product, quantity]),
    ]),
    [
      ['w3', 40, [['a', -1]]],
      ['w2', 30, [['a', 1]]],
      [
        'w1',
        10,
        [
          ['a', 3],
          ['b', 2],
        ],
      ],
    ],
  );
  assert.ok(orders.every(({ isSince }) => isSince));
});

test.run();
