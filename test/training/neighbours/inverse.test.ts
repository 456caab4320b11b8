import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KernelOptions, openKernel } from '../../../src/kernel/open.ts';
import { invert } from '../../../src/training/neighbours/inverse.ts';
import { backends, closeTo, matrix } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('inverse');

/** The lower triangle of minus the inverse of X'X + shift I, for random X; and the matrix itself. */
async function inverseOf(width: number, shift: number, options: KernelOptions, signal?: AbortSignal) {
  const kernel = openKernel(options);
  try {
    const x = matrix(kernel, width, width, width, width);
    const before = Float64Array.from({ length: width * width }, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      let sum = i === j ? shift : 0;
      for (let row = 0; row < width; row++) sum += x[row * width + i] * x[row * width + j];
      return sum;
    });
    const values = kernel.memory.allocate(Float32Array, width * width);
    values.set(before);
    // Nobody reads what is above the diagonal.
    for (let i = 0; i < width; i++) values.fill(NaN, i * width + i + 1, (i + 1) * width);
    const isDefinite = await invert(kernel, values, width, signal);
    const inverse = Float64Array.from(before, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return -values[Math.max(i, j) * width + Math.min(i, j)];
    });
    return { isDefinite, before, inverse };
  } finally {
    await kernel.close();
  }
}

for (const { name, options, absent } of backends)
  for (const width of [16, 144])
    testUnless(test, absent, `${name}: a matrix of ${width} rows times its inverse is the identity`, async () => {
      const { isDefinite, before, inverse } = await inverseOf(width, 3, { ...options, threads: 1 });
      assert.is(isDefinite, true);
      const product = new Float64Array(width * width);
      const identity = new Float64Array(width * width);
      for (let i = 0; i < width; i++) {
        identity[i * width + i] = 1;
        for (let k = 0; k < width; k++)
          for (let j = 0; j < width; j++) product[i * width + j] += before[i * width + k] * inverse[k * width + j];
      }
      closeTo(product, identity, 1e-4, 'product');
    });

test('the number of threads does not change a bit', async () => {
  const [one, three] = await Promise.all([1, 3].map((threads) => inverseOf(144, 3, { threads })));
  assert.equal(three.inverse, one.inverse);
});

test('says that a matrix is not positive definite, in whichever block', async () => {
  for (const row of [0, 70, 110]) {
    const kernel = openKernel({ threads: 1 });
    const values = kernel.memory.allocate(Float32Array, 112 * 112);
    for (let i = 0; i < 112; i++) values[i * 112 + i] = i === row ? 0 : 1;
    assert.is(await invert(kernel, values, 112), false);
    await kernel.close();
  }
});

test('can be aborted', async () => {
  const error = await endcapErrorOf(inverseOf(144, 3, { threads: 1 }, AbortSignal.abort()));
  assert.is(error.code, 'aborted');
});

test.run();
