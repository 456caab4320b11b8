import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { repeatPropensityOf } from '../../src/ranking/repeat.ts';
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

test.run();
