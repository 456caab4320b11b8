import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pivotRows } from '../../src/kernel/operations/operations.ts';
import { testUnless } from '../support/skip.ts';
import { backends, closeTo, matrix, openBackend } from './backends.ts';

const test = suite('sweep kernel');

for (const backend of backends) {
  const { name, absent } = backend;
  for (const width of [16, 48, 112])
    testUnless(
      test,
      absent,
      `${name}: a step adds the product of pivots and middle, ${width} wide, however it is cut`,
      () => {
        const kernel = openBackend(backend);
        const { memory, operations } = kernel;
        const pivots = matrix(kernel, pivotRows, width, width, width);
        const middle = matrix(kernel, pivotRows, pivotRows, pivotRows, 2);
        for (let i = 0; i < pivotRows; i++)
          for (let j = 0; j < i; j++) middle[i * pivotRows + j] = middle[j * pivotRows + i];
        const before = matrix(kernel, width, width, width, 3);
        const results = [[width], [8, width], [8, 16, width - 8, width]].map((ends) => {
          const changed = memory.allocate(Float32Array, width * width);
          changed.set(before);
          const products = memory.allocate(Float32Array, width * pivotRows).fill(7);
          let begin = 0;
          for (const end of ends.filter((end) => end > 0)) {
            if (end <= begin) continue;
            assert.is(operations.sweep({ matrix: changed, width, pivots, middle, products, begin, end }), 0);
            begin = end;
          }
          const lower = changed.slice();
          for (let i = 0; i < width; i++) lower.fill(0, i * width + i + 1, (i + 1) * width);
          return { lower, products: products.slice() };
        });
        for (const result of results) assert.equal(result, results[0]);

        const products = new Float64Array(width * pivotRows);
        const lower = new Float64Array(width * width);
        for (let i = 0; i < width; i++) {
          for (let b = 0; b < pivotRows; b++)
            for (let a = 0; a < pivotRows; a++)
              products[i * pivotRows + b] += pivots[a * width + i] * middle[a * pivotRows + b];
          for (let j = 0; j <= i; j++) {
            lower[i * width + j] = before[i * width + j];
            for (let b = 0; b < pivotRows; b++)
              lower[i * width + j] += products[i * pivotRows + b] * pivots[b * width + j];
          }
        }
        closeTo(results[0].products, products, 1e-6, 'products');
        closeTo(results[0].lower, lower, 1e-6, 'matrix');
      },
    );

  testUnless(test, absent, `${name}: rows outside the range stay as they are`, () => {
    const kernel = openBackend(backend);
    const { memory, operations } = kernel;
    const width = 32;
    const pivots = matrix(kernel, pivotRows, width, width, 1);
    const middle = matrix(kernel, pivotRows, pivotRows, pivotRows, 2);
    const changed = matrix(kernel, width, width, width, 3);
    const before = changed.slice();
    const products = memory.allocate(Float32Array, width * pivotRows).fill(7);
    operations.sweep({ matrix: changed, width, pivots, middle, products, begin: 8, end: 16 });
    const others = (values: Float32Array, length: number) => [values.slice(0, 8 * length), values.slice(16 * length)];
    assert.equal(others(changed, width), others(before, width));
    assert.ok(others(products, pivotRows).every((rows) => rows.every((value) => value === 7)));
    assert.not.equal(changed, before);
  });
}

test.run();
