import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../src/kernel/open.ts';
import { strideOf } from '../../src/kernel/operations/operations.ts';
import { createRandom } from '../../src/random.ts';
import { createBasis } from '../../src/training/basis.ts';

const test = suite('basis');

test('factors of fewer rows than their length have no rest that shrinks from one iteration to the next', async () => {
  const kernel = openKernel({ threads: 1 });
  const { memory } = kernel;
  const [factors, rows] = [24, 5];
  const stride = strideOf(factors);
  const random = createRandom(3);
  const x = memory.allocate(Float32Array, rows * stride);
  for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) x[row * stride + k] = random.normal();
  const before = x.slice();
  const gram = memory.allocate(Float32Array, stride * stride);
  for (let i = 0; i < factors; i++)
    for (let j = 0; j < factors; j++)
      for (let row = 0; row < rows; row++) gram[i * stride + j] += x[row * stride + i] * x[row * stride + j];
  const basis = createBasis(kernel, factors);
  assert.ok(await basis.turnToEigenvectors(gram, [x]));
  const used = new Set(
    Array.from(x.keys())
      .filter((at) => x[at] !== 0)
      .map((at) => at % stride),
  );
  assert.is(used.size, rows);
  await basis.turnBack([x]);
  for (let at = 0; at < x.length; at++) assert.ok(Math.abs(x[at] - before[at]) < 1e-5, `${x[at]}, not ${before[at]}`);
  await kernel.close();
});

test.run();
