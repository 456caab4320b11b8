import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drawFactors, startFrom } from '../../src/training/start.ts';

const test = suite('where a training begins');

const model = {
  factors: 2,
  customers: ['ann', 'bob', 'zoe'],
  products: ['cup', 'tea'],
  customerFactors: Float32Array.of(1, 2, 0, 0, 5, 6),
  productFactors: Float32Array.of(7, 8, 9, 10),
};

/** The two factors of each row. */
const pairs = (x: Float32Array) =>
  Array.from({ length: x.length / 16 }, (_, row) => [...x.subarray(16 * row, 16 * row + 2)]);

test('who is known begins where the model ended, by id, and all others as in any training', () => {
  const start = startFrom({ customers: ['al', 'ann', 'bob', 'cleo'], products: ['pot', 'tea', 'urn'] }, model, 7, 3);
  const [products, customers] = [3, 4].map((rows) => ({ rows, x: new Float32Array(16 * rows) }));
  drawFactors({ factors: 2, seed: 7 }, products, customers);
  const [drawn, drawnProducts] = [pairs(customers.x), pairs(products.x)];
  // Of bob the model knew no purchase.
  assert.equal(pairs(start.customers), [drawn[0], [1, 2], drawn[2], drawn[3]]);
  assert.equal(pairs(start.products), [drawnProducts[0], [9, 10], drawnProducts[2]]);
  assert.is(start.epochs, 3);
  const padding = start.customers.filter((_, i) => i % 16 >= 2);
  assert.ok(padding.every((value) => value === 0));
});

test.run();
