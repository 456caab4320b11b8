import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { reboughtOf, repeatPropensityOf } from '../../src/ranking/repeat.ts';
import { day, linesOf, orders } from './orders.ts';

const test = suite('repeat propensity');

test('it compares repeats with the chances for them, smoothed by 5 average orders', async () => {
  // Ann had 3 chances each to buy x and y again, and 1 for z. She took 2, 1 and 0: on average 3 of 7.
  const expected = [2, 1, 0].map((repeats, p) => Math.log((repeats / (3 / 7) + 5) / ([3, 3, 1][p] + 5)));
  const propensity = repeatPropensityOf(await readOrders(orders));
  propensity.forEach((value, p) => {
    assert.ok(Math.abs(value - expected[p]) < 1e-6, `${value}, not ${expected[p]}`);
  });
});

test('it is 0 if nothing was bought again, or no history says so', async () => {
  const once = await readOrders([...linesOf('ann', day(1), 'x'), ...linesOf('ann', day(2), 'y')]);
  assert.equal([...repeatPropensityOf(once)], [0, 0]);
  const { history: _, ...unordered } = await readOrders(orders);
  assert.equal([...repeatPropensityOf(unordered)], [0, 0, 0]);
});

test('the share of what was bought before is that of the lines after first orders', async () => {
  const { history, products, customers } = await readOrders(orders);
  let [later, again] = [0, 0];
  customers.forEach((_, c) => {
    const { offsets, starts, products: rows } = history!;
    const before = new Set<number>();
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      const lines = rows.subarray(starts[order], starts[order + 1]);
      if (order > offsets[c]) later += lines.length;
      again += lines.filter((row) => before.has(row)).length;
      for (const row of lines) before.add(row);
    }
  });
  assert.ok(again > 0 && again < later);
  assert.is(reboughtOf({ products, history }), again / later);
});

test('nothing is bought again if every customer came once, or bought other products; without a history nobody knows', async () => {
  const once = await readOrders([...linesOf('ann', day(1), 'xy'), ...linesOf('bob', day(2), 'y')]);
  assert.is(reboughtOf(once), 0);
  assert.is(reboughtOf(await readOrders([...linesOf('ann', day(1), 'x'), ...linesOf('ann', day(2), 'y')])), 0);
  assert.is(reboughtOf({ ...once, history: undefined }), undefined);
});

test.run();
