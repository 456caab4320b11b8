import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { loadModel, saveModel } from '../../src/model/file/file.ts';
import { createRecommender, loadRecommender } from '../../src/recommending/create.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';

const test = suite('create a recommender');
const model = randomModel(zipfDataset(20, 30, 100), 4);

test('it reports the kernel that answers, and nothing that computes', async () => {
  const options = { backend: 'wasm', isa: 'scalar', threads: 2 } as const;
  const { backend, isa, threads, failed } = openKernel(options);
  const recommender = createRecommender(model, options);
  assert.equal(recommender.kernel, { backend, isa, threads, failed });
  await recommender.close();
});

test('unknown options are refused, so that a slip does not pass for a default', () => {
  for (const options of [{ thread: 2 }, { backend: 'wasm', n: 5 }])
    assert.throws(
      () => createRecommender(model, options as never),
      (error: unknown) =>
        error instanceof EndcapError &&
        error.code === 'invalid_options' &&
        /^(thread|n): .*one of the options backend, isa, threads/.test(error.message),
    );
});

test('a model that was loaded answers as one in memory does, without a copy of its factors', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-create-'));
  const path = join(directory, 'shop.safetensors');
  try {
    for (const factors of [16, 21]) {
      await saveModel(randomModel(zipfDataset(50, 300, 600), factors), path);
      for (const options of [{}, { backend: 'wasm', isa: 'simd' }] as const) {
        const loaded = await loadRecommender(path, { ...options, threads: 2 });
        const other = createRecommender(await loadModel(path), { ...options, threads: 2 });
        for (const customer of other.model.customers)
          assert.equal(await loaded.recommend(customer, { n: 20 }), await other.recommend(customer, { n: 20 }));
        await loaded.close();
        await other.close();
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a model that cannot be loaded is no recommender, and neither is one for an unknown kernel', async () => {
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      ({ code }) => code,
    );
  assert.is(await codeOf(loadRecommender('/nowhere/at/all')), 'model_unreadable');
});

test.run();
