import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { fit } from '../../src/training/fit.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { seedShapedOrders } from './seed-data.ts';

const test = suite('quantity training');

const rows = Array.from({ length: 300 }, (_, i) => ({
  customer: `c${i % 40}`,
  product: `p${(i * 7) % 23}`,
  quantity: 1 + ((i * i) % 5),
}));

// On the kernel that is used here. test/kernel/adam.test.ts compares every instruction set with a plain loop.
test('ten epochs reach the loss of the first system on data of its shape', async () => {
  const { metadata } = await fit(await seedShapedOrders(), { algorithm: 'quantity', threads: 1 });
  assert.is(metadata.losses.length, 10);
  assert.ok(metadata.losses[0] > 5000 && metadata.losses[0] < 10_000, `first loss ${metadata.losses[0]}`);
  assert.ok(metadata.losses[9] <= 89.53, `last loss ${metadata.losses[9]}`);
});

test('options are kept with their defaults, and the progress of every epoch is told', async () => {
  const epochs: number[] = [];
  const dataset = await readOrders(rows, { lines: true });
  const model = await fit(dataset, {
    algorithm: 'quantity',
    iterations: 3,
    threads: 1,
    onProgress: (progress) => {
      assert.is(progress.epochs, 3);
      assert.ok(Number.isFinite(progress.loss) && progress.elapsedMs >= 0);
      epochs.push(progress.epoch);
    },
  });
  assert.equal(epochs, [1, 2, 3]);
  assert.equal(model.metadata.options, {
    algorithm: 'quantity',
    factors: 50,
    iterations: 3,
    learningRate: 0.01,
    batchSize: 256,
    seed: 42,
  });
  assert.is(model.productFactors.length, 23 * 50);
});

test('the same seed gives the same model for any number of threads, another seed another', async () => {
  const dataset = await readOrders(rows, { lines: true });
  const options = { algorithm: 'quantity', factors: 5, iterations: 2, batchSize: 32 } as const;
  const one = await fit(dataset, { ...options, threads: 1 });
  const two = await fit(dataset, { ...options, threads: 2 });
  const other = await fit(dataset, { ...options, threads: 1, seed: 43 });
  assert.equal(one.customerFactors, two.customerFactors);
  assert.equal(one.metadata.version, two.metadata.version);
  assert.is.not(one.metadata.version, other.metadata.version);
});

test('without single lines it says how to read them', async () => {
  const dataset = await readOrders(rows);
  await assertFails(fit(dataset, { algorithm: 'quantity' }), 'invalid_options', /lines: true/);
});

test('training that diverges names the option to change', async () => {
  const dataset = await readOrders(rows, { lines: true });
  const options = { algorithm: 'quantity', learningRate: 1e30, threads: 1 } as const;
  await assertFails(fit(dataset, options), 'diverged', /lower learningRate/);
});

test('options out of range are refused by name', async () => {
  const dataset = await readOrders(rows, { lines: true });
  for (const [option, value] of [
    ['factors', 0],
    ['iterations', 1.5],
    ['learningRate', Number.NaN],
    ['batchSize', -1],
    ['seed', 0.5],
  ] as const) {
    const options = { algorithm: 'quantity', [option]: value } as Parameters<typeof fit>[1];
    await assertFails(fit(dataset, options), 'invalid_options', new RegExp(option));
  }
  await assertFails(fit(dataset, { algorithm: 'quantity', cgSteps: 3 } as never), 'invalid_options', /cgSteps/);
});

async function assertFails(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const error = await endcapErrorOf(promise);
  assert.is(error.code, code);
  assert.match(error.message, message);
}

test.run();
