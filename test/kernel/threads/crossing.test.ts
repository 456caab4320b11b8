import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenBounds } from '../../../src/kernel/kernel.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { crossed, crossing } from '../../../src/kernel/threads/crossing.ts';
import { testUnless } from '../../support/skip.ts';
import { backends } from '../backends.ts';

const test = suite('crossing');

const gibibytes = 6;
const small = totalmem() < gibibytes * 2 ** 30 ? 'this machine has less memory than the array' : undefined;
const [native] = backends.filter(({ options, absent }) => options.backend === 'native' && absent === undefined);

test('what ends below 4 GiB crosses as it is', () => {
  for (const value of [7, undefined, Float32Array.of(1, 2), new Uint8Array(9).subarray(3)]) {
    assert.is(crossing(value), value);
    assert.is(crossed(crossing(value)), value);
  }
});

testUnless(test, small, 'what ends beyond 4 GiB is the same on the other side', async () => {
  const whole = new Float32Array(new SharedArrayBuffer(gibibytes * 2 ** 30));
  const last = new Uint8Array(whole.buffer, whole.byteLength - 2, 2);
  const start = whole.subarray(0, 9);
  assert.is(crossing(start), start);
  last.set([3, 4]);
  const echo = `const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData);`;
  const worker = new Worker(echo, { eval: true, workerData: [whole, last].map(crossing) });
  const [all, end] = await new Promise<unknown[]>((resolve, reject) =>
    worker.on('message', resolve).on('error', reject),
  );
  assert.is(crossed<Float32Array>(all as never).length, whole.length);
  assert.equal([...crossed<Uint8Array>(end as never)], [3, 4]);
});

testUnless(
  test,
  small ?? (native ? undefined : 'there is no native kernel'),
  'threads of a kernel read rows that lie beyond 4 GiB',
  async () => {
    const kernel = openKernel({ ...native.options, threads: 2 });
    const gramOf = async (x: Float32Array) => {
      x.set(Float32Array.from({ length: 32 }, (_, i) => i));
      const gram = kernel.memory.allocate(Float32Array, 256);
      await kernel.run('gram', { x, count: 2, stride: 16, scale: 1, gram }, evenBounds(16, 8));
      return [...gram];
    };
    const whole = kernel.memory.allocate(Float32Array, gibibytes * 2 ** 28);
    const expected = await gramOf(kernel.memory.allocate(Float32Array, 32));
    assert.equal(await gramOf(whole.subarray(whole.length - 32)), expected);
    await kernel.close();
  },
);

test.run();
