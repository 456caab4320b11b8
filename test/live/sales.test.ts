import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSales } from '../../src/live/sales.ts';

const test = suite('sales');
const products = ['tea', 'jam'];

test('lines after the model count, by product, and are handed out when there are new ones', () => {
  const { add, changed } = createSales((id) => (products.includes(id) ? products.indexOf(id) : undefined), 10);
  const line = (product: string, given = {}) => add({ product, quantity: 3, time: 11, ...given });
  assert.is(changed(), undefined);
  line('tea');
  line('tea', { time: 10 });
  line('jam', { quantity: -1 });
  line('unheard of');
  assert.equal(changed(), new Map([[0, 1]]));
  assert.is(changed(), undefined);
  line('jam');
  line('tea');
  assert.equal(changed(), new Map([[0, 2], [1, 1]])); // biome-ignore format: a pair each
});

test.run();
