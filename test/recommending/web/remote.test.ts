/** Recommenders in workers, which threads of Node stand for. */
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { decodeModel, encodeModel } from '../../../src/model/file/format.ts';
import { viewsOf } from '../../../src/model/texts.ts';
import { createRecommender, type WebRecommenderOptions } from '../../../src/recommending/web/create.ts';
import { openKernel } from '../../../src/recommending/web/open.ts';
import type { RemoteRecommender } from '../../../src/recommending/web/remote.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { train } from '../../../src/tuning/train.ts';
import { modules } from '../../kernel/web/modules.ts';
import { provideWebWorkers, type WebWorkers } from '../../kernel/web/workers.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('a recommender in a Web Worker');
const dataset = await readOrders(sampleOrders({ lines: 3000 }));
const model = await train(dataset, { factors: 20, iterations: 3, fast: true, threads: 1 });
const file = new Uint8Array(Buffer.concat(await encodeModel(model)));
const { module } = modules.find(({ absent, shared }) => !absent && !shared)!;
const here = await createRecommender(model, { kernel: await openKernel({ module: module() }) });
test.after(() => here.close());

let workers: WebWorkers;
test.before.each(() => {
  workers = provideWebWorkers();
});
test.after.each(() => workers.remove());
const remote = (given = model as typeof model | Uint8Array, options: WebRecommenderOptions = {}) =>
  createRecommender(given, { module: module(), ...options });

async function collected<T>(lists: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of lists) all.push(each);
  return all;
}

/** Every kind of answer. */
async function answersOf(recommender: RemoteRecommender): Promise<unknown> {
  const { customers, products } = model;
  await recommender.refresh(new Date('2026-01-01'));
  return {
    lists: await Promise.all(customers.slice(0, 50).map((id) => recommender.recommend(id, { explain: true }))),
    plain: await recommender.recommend(customers[0]),
    stranger: await recommender.recommend('nobody', { n: 20, diversity: 0.5, perCategory: 3 }),
    basket: await recommender.recommendForBasket(products.slice(0, 3), { customer: customers[1] }),
    similar: await recommender.similarProducts(products[0]),
    alike: await recommender.similarCustomers(customers[0], { n: 5 }),
    together: await recommender.boughtTogether(products[0], { n: 3 }),
    blocks: await collected(recommender.recommendBlocks({ n: 10, mix: 2 })),
    all: await collected(recommender.recommendAll({ n: 3, to: 140 })),
  };
}

test('it answers as a recommender in this thread does', async () => {
  const recommender = await remote();
  const { algorithm, factors, metadata, customers, products } = model;
  const counts = { customers: customers.length, products: products.length };
  assert.equal(recommender.model, { algorithm, factors, metadata, ...counts });
  assert.equal(recommender.kernel, here.kernel);
  assert.equal(await answersOf(recommender), await answersOf(here as unknown as RemoteRecommender));
  await recommender.close();
  assert.equal([workers.started, workers.ended], [1, 1]);
});

test('the bytes of a file are copied, or moved if asked for', async () => {
  const expected = await here.recommend(model.customers[0]);
  const padded = new Uint8Array(file.length + 10).fill(7);
  padded.set(file, 5);
  const part = padded.subarray(5, 5 + file.length);
  const copying = await remote(part);
  assert.equal([part.length, padded[0]], [file.length, 7]);
  assert.equal(await copying.recommend(model.customers[0]), expected);
  const own = file.slice();
  const moving = await remote(own, { transfer: true });
  assert.is(own.length, 0);
  assert.equal(await moving.recommend(model.customers[0]), expected);
  await Promise.all([copying.close(), moving.close()]);
});

test('models come whole whatever their arrays are: views of one buffer, of shared memory, or texts that are made when asked for', async () => {
  const expected = await here.recommend(model.customers[0]);
  const shared = new Float32Array(new SharedArrayBuffer(model.productFactors.byteLength));
  shared.set(model.productFactors);
  const pack = (texts: readonly string[]) => {
    const bytes = new TextEncoder().encode(texts.join(''));
    const ends = Uint32Array.from({ length: texts.length }, (_, i) => texts.slice(0, i + 1).join('').length);
    return { bytes, starts: Uint32Array.from([0, ...ends.subarray(0, -1)]), ends };
  };
  const { length } = model.products;
  const info = {
    names: pack(model.productInfo.map(({ name = '' }) => name)),
    categories: [],
    categoryOf: new Uint32Array(length),
    prices: new Float64Array(length),
    known: new Uint8Array(length).fill(1),
  };
  const texts = viewsOf({ customers: pack(model.customers), products: pack(model.products), info });
  for (const given of [await decodeModel(file), { ...model, productFactors: shared }, { ...model, ...texts }]) {
    const recommender = await remote(given);
    const { items } = await recommender.recommend(model.customers[0]);
    assert.equal(
      items.map(({ product, score, name }) => [product, score, name]),
      expected.items.map(({ product, score, name }) => [product, score, name]),
    );
    await recommender.close();
  }
});

test('errors are those of a recommender in this thread', async () => {
  const recommender = await remote();
  for (const ask of [
    (each: RemoteRecommender) => each.recommend('1', { n: 0 }),
    (each: RemoteRecommender) => each.recommend('1', null as never),
    (each: RemoteRecommender) => each.recommend('1', { signal: 1 } as never),
    (each: RemoteRecommender) => each.recommendForBasket([{ product: '1', quantity: -1 }]),
    (each: RemoteRecommender) => each.similarProducts('nothing'),
    (each: RemoteRecommender) => each.similarCustomers('nobody'),
    (each: RemoteRecommender) => each.boughtTogether('1', { m: 1 } as never),
    (each: RemoteRecommender) => each.refresh(Number.NaN),
    async (each: RemoteRecommender) => collected(each.recommendBlocks({ from: 2, to: 1 })),
    async (each: RemoteRecommender) => collected(each.recommendAll({ onProgress: 1 } as never)),
  ]) {
    const [there, expected] = await Promise.all(
      [recommender, here as unknown as RemoteRecommender].map((each) => endcapErrorOf(ask(each))),
    );
    assert.equal([there.code, there.message, there.details], [expected.code, expected.message, expected.details]);
  }
  const unsendable = await endcapErrorOf(recommender.recommend('1', { allow: () => {} } as never));
  assert.is(unsendable.code, 'invalid_options');
  assert.match(unsendable.message, /cannot be sent to the worker: .*could not be cloned/);
  assert.ok(await recommender.recommend('1'));
  await recommender.close();
});

test('what is no model, or not an option, is refused, and no worker stays', async () => {
  const broken = file.slice();
  broken[broken.length - 1] ^= 1;
  for (const given of [null, {}, { ...model, factors: Number.NaN }, new Uint8Array(100), broken])
    assert.is((await endcapErrorOf(remote(given as never))).code, 'model_unreadable');
  assert.is(workers.started, workers.ended);
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  assert.is((await endcapErrorOf(remote(circle as never))).code, 'model_unreadable');
  for (const [options, message] of [
    [{ backend: 'wasm' }, /^backend: .*one of the options module, url/],
    [{ transfer: 1 }, /^transfer: .*true or false/],
    [{ transfer: true }, /^transfer: .*the bytes of a model file/],
    [{ worker: 1 }, /^worker: .*a function/],
    [{ worker: () => ({}) }, /^worker: .*a function that returns a Worker/],
    [{ threads: 0 }, /^threads: .*a whole number/],
    [{ isa: 'simd' }, /^isa: .*since a module is given/],
    [{ module: undefined, url: '' }, /^url: .*the address of a module/],
    [{ module: () => {} }, /cannot be sent to the worker/],
  ] as const) {
    const error = await endcapErrorOf(remote(model, options as never));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, message);
  }
  assert.is(workers.started, workers.ended);
});

test('a signal ends what waits, before it is asked and while it is', async () => {
  const recommender = await remote();
  const id = model.customers[0];
  const fired = AbortSignal.abort('enough');
  const before = await endcapErrorOf(recommender.recommend(id, { signal: fired }));
  assert.equal([before.code, before.cause], ['aborted', 'enough']);
  const ending = new AbortController();
  const { signal } = ending;
  const asked = [
    recommender.recommend(id, { signal: () => signal }),
    recommender.recommendForBasket([], { signal }),
    recommender.similarProducts(model.products[0], { signal }),
    recommender.similarCustomers(id, { signal }),
    recommender.recommendBlocks({ signal }).next(),
  ].map(endcapErrorOf);
  const other = recommender.recommend(id);
  ending.abort();
  for (const { code } of await Promise.all(asked)) assert.is(code, 'aborted');
  assert.equal(await other, await here.recommend(id));
  await recommender.close();
});

test('batches tell their progress, make lists when they are asked for, and can be left', async () => {
  const recommender = await remote();
  const reports: number[] = [];
  const onProgress = ({ done }: { done: number }) => void reports.push(done);
  for await (const { customers } of recommender.recommendBlocks({ onProgress })) assert.is(reports.at(-1), customers);
  assert.is(reports.at(-1), model.customers.length);
  for await (const { customer } of recommender.recommendAll()) {
    assert.is(customer, model.customers[0]);
    break;
  }
  const stop = new Error('stop');
  const throwing = recommender.recommendBlocks({
    onProgress() {
      throw stop;
    },
  });
  assert.is(await throwing.next().catch((error) => error), stop);
  assert.ok(await recommender.recommend('1'));
  await recommender.close();
});

test('close waits for what was asked before, and ends the worker', async () => {
  const recommender = await remote();
  const asked = recommender.recommend(model.customers[0]);
  const closing = recommender.close();
  assert.is(recommender.close(), closing);
  const error = await endcapErrorOf(recommender.recommend('1'));
  assert.match(error.message, /closed/);
  assert.throws(() => recommender.recommendAll(), /closed/);
  assert.ok(await asked);
  await closing;
  assert.is(workers.ended, 1);
});

/** A worker whose messages go nowhere. */
function silentWorker() {
  const worker = {
    postMessage() {},
    terminate() {},
    onerror: undefined as ((event: { message?: string }) => void) | undefined,
    onmessage: undefined as ((event: { data: unknown }) => void) | undefined,
  };
  return worker;
}

test('a worker that does not start is an error that says what to do', async () => {
  const worker = silentWorker();
  const failing = remote(file, { worker: () => worker });
  worker.onerror!({});
  const error = await endcapErrorOf(failing);
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /its file could not be loaded.*endcap\/web\/worker.*worker-src.*openKernel/);

  const throwing = remote(file, {
    worker() {
      throw new Error('refused by a policy');
    },
  });
  assert.match((await endcapErrorOf(throwing)).message, /did not start: refused by a policy/);

  workers.remove();
  workers = provideWebWorkers('data:text/javascript,throw new Error("of another file")');
  assert.match((await endcapErrorOf(remote())).message, /did not start: of another file/);
});

test('a worker that never answers is an error in the end', async () => {
  const { setTimeout: timeout } = globalThis;
  const worker = silentWorker();
  globalThis.setTimeout = ((run: () => void, ms: number) => timeout(run, ms >= 10_000 ? 1 : ms)) as typeof timeout;
  const failing = remote(file, { worker: () => worker });
  globalThis.setTimeout = timeout;
  worker.onmessage!({ data: 'hello from another program' });
  assert.match((await endcapErrorOf(failing)).message, /did not answer within 60 s/);
});

test('a worker that dies rejects what it was asked, and all that comes', async () => {
  let worker: (ReturnType<typeof silentWorker> & object) | undefined;
  const make = (globalThis as unknown as { Worker: new (url: URL) => ReturnType<typeof silentWorker> }).Worker;
  const url = new URL('../../../src/recommending/web/worker.js', import.meta.url);
  const recommender = await remote(model, {
    worker: () => {
      worker = new make(url);
      return worker;
    },
  });
  const asked = [recommender.recommend('1'), recommender.recommendBlocks().next()].map(endcapErrorOf);
  worker!.onerror!({ message: 'out of everything' });
  for (const error of [...(await Promise.all(asked)), await endcapErrorOf(recommender.refresh())]) {
    assert.is(error.code, 'kernel_unavailable');
    assert.match(error.message, /died: out of everything.*Create another/);
  }
  await recommender.close();
  assert.is(workers.ended, 1);
});

test('an address that is relative is one from the page', async () => {
  const opened = (globalThis as { location?: object }).location;
  Object.assign(globalThis, { location: { href: 'http://127.0.0.1:9/shop/page.html' } });
  const error = await endcapErrorOf(remote(model, { module: undefined, url: '../wasm/' }));
  Object.assign(globalThis, { location: opened });
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /http:\/\/127\.0\.0\.1:9\/wasm\/endcap\..*: fetch failed/);
});

test('where there are no workers, the error says how to do without', async () => {
  workers.remove();
  const error = await endcapErrorOf(remote());
  assert.is(error.code, 'kernel_unavailable');
  assert.match(
    error.message,
    /no Web Workers.*createRecommender\(model, \{ kernel: await openKernel\(\{ module \}\) \}\)/,
  );
});

test('its file is a thread of kernels, too', async () => {
  workers.remove();
  workers = provideWebWorkers(fileURLToPath(new URL('../../../dist/recommending/web/worker.js', import.meta.url)));
  const shared = modules.find((each) => !each.absent && each.shared)!;
  const kernel = await openKernel({ module: shared.module(), threads: 2 });
  const recommender = await createRecommender(model, { kernel });
  assert.is(recommender.kernel.threads, 2);
  assert.equal(
    (await collected(recommender.recommendBlocks())).map(({ customers }) => customers),
    (await collected(here.recommendBlocks())).map(({ customers }) => customers),
  );
  await recommender.close();
});

test.run();
