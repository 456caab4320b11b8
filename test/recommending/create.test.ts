import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { loadModel, loadWith, saveModel } from '../../src/model/file/file.ts';
import type { Model } from '../../src/model/model.ts';
import { createRecommender, loadRecommender, openModel } from '../../src/recommending/create.ts';
import type { Recommender } from '../../src/recommending/types.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { train } from '../../src/tuning/train.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { assertSame, neighbouringModel } from '../model/models.ts';

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

/** Every kind of answer, as text. */
async function answersOf(recommender: Recommender): Promise<string> {
  const { customers, products } = recommender.model;
  const answers: unknown[] = [];
  for (const id of [...customers.slice(0, 30), 'nobody'])
    for (const purchased of ['allow', 'exclude'] as const)
      answers.push(await recommender.recommend(id, { n: 12, purchased, explain: true, perCategory: 3 }));
  for (const id of products.slice(0, 10)) {
    answers.push(await recommender.similarProducts(id), await recommender.boughtTogether(id));
    answers.push(await recommender.recommendForBasket([id], { explain: true, diversity: 0.3 }));
  }
  answers.push(await recommender.similarCustomers(customers[0]));
  for await (const list of recommender.recommendAll({ to: 50 })) answers.push(list);
  return JSON.stringify(answers);
}

test('a model of orders that is loaded a piece at a time answers bit for bit as one that was trained', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-create-'));
  const path = join(directory, 'shop.safetensors');
  try {
    const trained = await train(await readOrders(sampleOrders({ lines: 4000 })), { factors: 16, iterations: 2 });
    await saveModel(trained, path);
    for (const options of [{}, { backend: 'wasm' }] as const) {
      const other = createRecommender(trained, { ...options, threads: 1 });
      const loaded = await loadRecommender(path, { ...options, threads: 1 });
      assert.is(await answersOf(loaded), await answersOf(other));
      await Promise.all([loaded.close(), other.close()]);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('the arrays that kernels read are loaded into their memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-create-'));
  const path = join(directory, 'shop.safetensors');
  try {
    await saveModel({ ...neighbouringModel(), ...wideFactors(neighbouringModel(), 16) }, path);
    for (const options of [{}, { backend: 'wasm' }] as const) {
      const kernel = openKernel({ ...options, threads: 1 });
      for (const leastForThreads of [0, Number.POSITIVE_INFINITY]) {
        const loaded = await loadWith(path, { memory: kernel.memory, leastForThreads });
        const { customerFactors, productFactors, purchases, neighbours } = loaded;
        const { offsets, products, strengths } = neighbours!;
        for (const array of [customerFactors, productFactors, purchases.offsets, purchases.products])
          assert.ok(kernel.memory.shares(array));
        for (const array of [offsets, products, strengths]) assert.ok(kernel.memory.shares(array));
        assertSame(loaded, await loadModel(path));
      }
      await kernel.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

function wideFactors({ customers, products }: Model, factors: number) {
  const rows = ({ length }: readonly string[]) =>
    Float32Array.from({ length: length * factors }, (_, i) => Math.sin(i));
  return { factors, customerFactors: rows(customers), productFactors: rows(products) };
}

test('opening a model ends once its signal fires, wherever it is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'endcap-create-'));
  const path = join(directory, 'shop.safetensors');
  try {
    await saveModel(randomModel(zipfDataset(300, 5000, 3000), 16), path);
    const ends: string[] = [];
    // Later each time, until it is open before the signal fires.
    for (let turns = 0; ends.at(-1) !== 'served'; turns = 2 * turns + 1) {
      const controller = new AbortController();
      const opening = openModel(path, { threads: 1 }, { signal: controller.signal }).then(({ serve }) => serve());
      const end = opening.then(
        async ({ recommender }) => {
          await recommender.close();
          return 'served';
        },
        ({ code }) => code,
      );
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      controller.abort();
      ends.push(await end);
    }
    assert.ok(ends.length > 5, ends.join());
    assert.ok(ends.slice(0, -1).every((end) => end === 'aborted'));
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
