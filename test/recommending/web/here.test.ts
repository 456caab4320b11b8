import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { WebKernelOptions } from '../../../src/kernel/web/open.ts';
import { type WasmMemory, webAssembly } from '../../../src/kernel/webassembly.ts';
import { encodeModel } from '../../../src/model/file/format.ts';
import { createRecommender as createOnNode } from '../../../src/recommending/create.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { createRecommender } from '../../../src/recommending/web/create.ts';
import { openHere } from '../../../src/recommending/web/here.ts';
import { openKernel } from '../../../src/recommending/web/open.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { train } from '../../../src/tuning/train.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { modules } from '../../kernel/web/modules.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('a recommender in this thread, without Node');
const dataset = await readOrders(sampleOrders({ lines: 3000 }));
const model = await train(dataset, { factors: 20, iterations: 3, fast: true, threads: 1 });
const [first] = modules.filter(({ absent, shared }) => !absent && !shared);

const onKernel = async (given: Parameters<typeof createRecommender>[0], options: WebKernelOptions) =>
  createRecommender(given, { kernel: await openKernel(options) });

/** Every kind of answer. */
async function answersOf(recommender: Recommender): Promise<unknown> {
  const { customers, products } = recommender.model;
  const blocks = [];
  for await (const block of recommender.recommendBlocks({ n: 10, mix: 2 })) blocks.push(block);
  return {
    blocks,
    lists: await Promise.all(customers.slice(0, 50).map((id) => recommender.recommend(id, { explain: true }))),
    diverse: await recommender.recommend(customers[0], { n: 20, diversity: 0.5, perCategory: 3 }),
    long: await recommender.recommend(customers[0], { n: 10_000 }),
    stranger: await recommender.recommend('nobody', { n: 20 }),
    basket: await recommender.recommendForBasket(products.slice(0, 3), { customer: customers[1] }),
    similar: await recommender.similarProducts(products[0]),
    alike: await recommender.similarCustomers(customers[0]),
    together: recommender.model.boughtTogether && (await recommender.boughtTogether(products[0])),
  };
}

for (const { name, isa, shared, absent, module } of modules) {
  testUnless(test, absent, `${name} gives the lists that Node's WebAssembly gives`, async () => {
    const onNode = createOnNode(model, { backend: 'wasm', isa, threads: 1 });
    const recommender = await onKernel(model, { module: module() });
    assert.equal(recommender.kernel.isa, isa);
    assert.equal(recommender.kernel.threads, 1);
    assert.equal(await answersOf(recommender), await answersOf(onNode));
    await Promise.all([recommender.close(), onNode.close()]);
    assert.is(shared, !name.includes('unshared'));
  });
}

test('the bytes of a file give the same lists as the model in it', async () => {
  const bytes = new Uint8Array(Buffer.concat(await encodeModel(model)));
  const onNode = createOnNode(model, { backend: 'wasm', isa: first.isa, threads: 1 });
  const recommender = await onKernel(bytes, { module: first.module() });
  assert.equal(await answersOf(recommender), await answersOf(onNode));
  await Promise.all([recommender.close(), onNode.close()]);
});

test('what is no model, or no model file, is refused', async () => {
  for (const given of [undefined, {}, { ...model, factors: Number.NaN }, new Uint8Array(100)]) {
    const error = await endcapErrorOf(onKernel(given as never, { module: first.module() }));
    assert.is(error.code, 'model_unreadable');
  }
});

test("a kernel that was opened before is the recommender's to close", async () => {
  const kernel = await openKernel({ module: first.module() });
  const recommender = await createRecommender(model, { kernel });
  assert.is(recommender.kernel.isa, first.isa);
  await recommender.close();
  const args = { candidates: new Float32Array(), count: 0, factors: 1, stride: 16 };
  const error = await endcapErrorOf(kernel.run('pack', args as never, Uint32Array.of(0)));
  assert.match(error.message, /closed/);
});

test('options that contradict each other, or do not exist, are refused', async () => {
  const kernel = await openKernel({ module: first.module() });
  for (const [options, message] of [
    [{ kernel, threads: 1 }, /^threads: .*a kernel is given/],
    [{ kernel, transfer: true }, /^transfer: .*a kernel is given/],
    [{ kernel: { ...kernel } }, /^kernel: .*openKernel of this endcap\/web returned, and not a copy/],
    [{ kernel: {} }, /^kernel: .*what openKernel returned/],
    [{ backend: 'wasm' }, /^backend: .*one of the options module, url/],
  ] as const) {
    const error = await endcapErrorOf(createRecommender(model, options as never));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, message);
  }
  await kernel.close();
});

test('a model that does not fit is an error that says how much to allow', async () => {
  const large = randomModel(zipfDataset(5000, 2000, 20_000), 200);
  const error = await endcapErrorOf(onKernel(large, { module: first.module(), memory: 2 ** 21 }));
  assert.is(error.code, 'out_of_memory');
  assert.match(error.message, /the kernel may take 2 MiB, of which \d+ MiB are in use; open it with memory: \d+/);
});

// The last one, since it takes something away.
test('the room that is reserved where memory cannot grow is enough for every kind of answer', async () => {
  delete (webAssembly.Memory.prototype as WasmMemory).toResizableBuffer;
  for (const [customers, products, factors] of [
    [6000, 30, 512],
    [30, 3000, 200],
    [1000, 1000, 1],
    [10, 10, 2048],
  ]) {
    const large = randomModel(zipfDataset(customers, products, 4000), factors);
    for (const given of [large, new Uint8Array(Buffer.concat(await encodeModel(large)))]) {
      const recommender = await openHere(given, { module: first.module() });
      assert.ok(await answersOf(recommender));
      await recommender.close();
    }
  }
});

test.run();
