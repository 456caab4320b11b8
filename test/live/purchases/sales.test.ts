import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { learnedByTime } from '../../../src/live/purchases/learned.ts';
import { createSales } from '../../../src/live/purchases/sales.ts';
import { fit } from '../../../src/training/fit.ts';
import { resultOf } from '../../support/pieces.ts';

const test = suite('sales');
const minute = 60_000;
const monday = Date.UTC(2025, 2, 3, 12);

/** Ann ordered tea twice and jam once, the last time on Monday; nobody else matters. */
const model = await fit(
  await readOrders(
    [...'12345678'].flatMap((n) => [
      {
        customer: 'ann',
        order: `a${n}`,
        product: n === '3' ? 'jam' : 'tea',
        quantity: 1,
        ordered_at: new Date(monday - Number(n)),
      },
      { customer: `c${n}`, order: `b${n}`, product: 'salt', quantity: 1, ordered_at: new Date(monday) },
    ]),
  ),
  { factors: 2, iterations: 1, threads: 1 },
);
const rowOf = (ids: readonly string[]) => (id: string | number) => {
  const row = ids.indexOf(String(id));
  return row < 0 ? undefined : row;
};
const rows = { customerRow: rowOf(model.customers), productRow: rowOf(model.products) };
const line = (product: string, given: object = {}) => ({
  seq: 1,
  customer: 'ann',
  order: 'w1',
  product,
  quantity: 1,
  time: monday + minute,
  ...given,
});

/** What the lines add to the orders that hold a product, and to its uptake. */
function addedBy(product: string, lines: readonly ReturnType<typeof line>[], end = monday + 2 * minute) {
  const countsWith = (some: readonly ReturnType<typeof line>[]) => {
    const sales = createSales(model, rows, learnedByTime(model));
    // One line that is always there, so that the window ends at the same time.
    for (const each of [...some, line('salt', { order: 'other', customer: 'c1' })]) sales.add(each, end);
    const { popularity, uptake } = resultOf(sales.changed(end)!);
    const row = model.products.indexOf(product);
    return [popularity[row], uptake![row]];
  };
  const [before, after] = [countsWith([]), countsWith(lines)];
  return after.map((each, i) => Math.round(100 * (each - before[i])) / 100);
}

test('a line counts as an order; returns, unknown products, and what the model has do not', () => {
  const { popularity } = model.signals!;
  assert.equal([...popularity], [1, 8, 7], model.products.join());
  assert.equal(addedBy('tea', [line('tea', { quantity: 3 })]), [1, 0.2]);
  assert.equal(addedBy('tea', [line('tea', { quantity: -1 }), line('mug'), line('tea', { time: monday })]), [0, 0]);
});

test('it is taken up by who has ordered before, but not this product', () => {
  const [again, first] = [
    [1, 0.2],
    [1, 1.2],
  ];
  assert.equal(addedBy('salt', [line('salt')]), first);
  assert.equal(addedBy('salt', [line('salt'), line('salt', { order: 'w2' })]), [2, 1.4]);
  const stranger = { customer: 'new' };
  assert.equal(addedBy('tea', [line('tea', stranger)]), again);
  assert.equal(addedBy('tea', [line('salt', stranger), line('tea', stranger)]), again, 'the first order has both');
  assert.equal(addedBy('tea', [line('salt', stranger), line('tea', { ...stranger, order: 'w2' })]), first);
  assert.equal(addedBy('tea', [line('tea', stranger), line('tea', { ...stranger, order: 'w2' })]), [2, 0.4]);
});

test('lines count up to a time, and those after it later', () => {
  const sales = createSales(model, rows, learnedByTime(model));
  assert.is(sales.changed(monday + minute), undefined);
  sales.add(line('tea', { time: monday + 2 * minute }), monday + minute);
  assert.is(sales.changed(monday + 2 * minute), undefined);
  const tea = model.products.indexOf('tea');
  assert.is(resultOf(sales.changed(monday + 3 * minute)!).popularity[tea], 8);
  // Lists could not follow.
  assert.is(resultOf(sales.changed(monday + 4 * minute)!).popularity[tea], 8);
  sales.followed();
  assert.is(sales.changed(monday + 4 * minute), undefined);
  sales.add(line('tea', { order: 'w2' }), monday + 4 * minute);
  assert.is(resultOf(sales.changed(monday + 5 * minute)!).popularity[tea], 9);
});

test.run();
