import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read-web.ts';
import type { OpenKernel } from '../../src/kernel/kernel.ts';
import { openKernel } from '../../src/kernel/web/open.ts';
import type { Model } from '../../src/model/model.ts';
import { sampleCsv } from '../../src/sample/sample.ts';
import { train as trainOnNode } from '../../src/tuning/train.ts';
import { train, type WebTrainOptions } from '../../src/tuning/train-web.ts';
import { modules } from '../kernel/web/modules.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('train without Node');
const csv = [...sampleCsv({ lines: 2500 })].join('');
const dataset = await readOrders(csv, { format: 'csv' });
const options = { factors: 16, iterations: 3, seed: 1 };
const [first] = modules.filter(({ absent, shared }) => !absent && !shared);

/** A model without what tells when and where it was trained. */
function learnedOf({ metadata, ...arrays }: Model): unknown {
  const { trainedAt: _, trainingMs: __, kernel: ___, ...learned } = metadata;
  return { ...arrays, metadata: learned };
}

for (const { name, isa, shared, absent, module } of modules) {
  testUnless(test, absent, `${name} learns what Node's WebAssembly learns, search and all`, async () => {
    const onNode = await trainOnNode(dataset, { ...options, backend: 'wasm', isa, threads: 1 });
    const model = await train(dataset, { ...options, module: module() });
    assert.equal(model.metadata.kernel, { backend: 'wasm', isa, threads: 1 });
    assert.equal(learnedOf(model), learnedOf(onNode));
    assert.is(shared, !name.includes('unshared'));
  });
}

/** The kernel, and the arrays that it holds. */
async function watched(): Promise<{ kernel: OpenKernel; held: Set<unknown>; isClosed: () => boolean }> {
  const kernel = await openKernel({ module: first.module(), threads: 1 });
  const held = new Set<unknown>();
  let closed = false;
  const { memory } = kernel;
  return {
    held,
    isClosed: () => closed,
    kernel: {
      ...kernel,
      memory: {
        ...memory,
        allocate(type, length) {
          const array = memory.allocate(type, length);
          held.add(array);
          return array;
        },
        free(...arrays) {
          for (const array of arrays) held.delete(array);
          memory.free(...arrays);
        },
        release(array) {
          held.delete(array);
          return memory.release(array);
        },
      },
      async close() {
        closed = true;
        await kernel.close();
      },
    },
  };
}

test('a kernel that is given reads and trains, stays open, and has all of its memory back', async () => {
  const { kernel, held, isClosed } = await watched();
  const read = await readOrders(csv, { format: 'csv', kernel });
  assert.is(read.fingerprint, dataset.fingerprint);
  assert.is(held.size, 0);
  const model = await train(read, { ...options, kernel });
  assert.equal(learnedOf(model), learnedOf(await train(dataset, { ...options, module: first.module() })));
  assert.is(held.size, 0);
  for (const when of ['onChoice', 'onProgress'] as const) {
    const stopping = new AbortController();
    const { signal } = stopping;
    const stopped = train(read, { ...options, kernel, signal, [when]: () => stopping.abort() });
    assert.is((await endcapErrorOf(stopped)).code, 'aborted', when);
  }
  assert.equal([held.size, isClosed()], [0, false]);
});

test('options that do not go together, or are none, are refused', async () => {
  const { kernel } = await watched();
  for (const [wrong, words] of [
    [{ backend: 'wasm' }, /^backend: /],
    [{ kernel, threads: 1 }, /^threads: 1 cannot be used; expected nothing, since a kernel is given/],
    [{ kernel: {} }, /^kernel: .* expected what openKernel returned/],
    [{ factors: 0, kernel }, /^factors: 0 cannot be used/],
  ] as [WebTrainOptions, RegExp][]) {
    const error = await endcapErrorOf(train(dataset, wrong));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, words);
  }
});

test.run();
