/** Which threads of a kernel the first start of a shop takes, and which a swap. */
import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import workerThreads from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import type { Shop } from '../../../src/live/types.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';

const test = suite('the threads of a swap');

/** Threads of kernels that were started, with how many there were at once. */
let started: { inBackground?: boolean; ofThem: number }[] = [];
let running = 0;

const { Worker } = workerThreads;
workerThreads.Worker = class extends Worker {
  constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
    super(file, options);
    const { backend, inBackground } = options?.workerData ?? {};
    if (backend === undefined) return;
    started.push({ inBackground, ofThem: ++running });
    this.once('exit', () => running--);
  }
};
syncBuiltinESMExports();

// What is made for customers who bought something since takes so many factors and products that threads make it.
const dataset = zipfDataset(40, 2000, 400);
const models = [1, 2].map((seed) => {
  const model = randomModel(dataset, 256, seed);
  return { ...model, metadata: { ...model.metadata, version: `random ${seed}` } };
});

async function listsOf(shop: Shop) {
  const lists = await Promise.all(['newcomer', ...dataset.customers].map((customer) => shop.recommend(customer)));
  return lists.map(({ items, source }) => ({ items, source }));
}

test('the first start takes all threads, and a swap one that lets others go first and ends; both answer alike', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-background-'));
  const path = join(folder, 'model.safetensors');
  const open = () => createShop({ model: path, store: join(folder, 'shop.db'), threads: 3 });
  await saveModel(models[0], path);
  const shop = await open();
  assert.equal(
    started,
    [1, 2, 3].map((ofThem) => ({ inBackground: undefined, ofThem })),
  );
  const { products } = dataset;
  await shop.recordPurchases([{ customer: 'newcomer', order: 'w1', product: products[3], quantity: 1 }]);
  started = [];
  await saveModel(models[1], path);
  await shop.reload({ acceptLoss: true });
  assert.is(shop.status().model.swaps, 1);
  assert.equal(
    started.map(({ inBackground }) => inBackground),
    [true],
  );
  const lists = await listsOf(shop);
  await shop.close();
  assert.is(running, 0);

  const other = await open();
  assert.is(other.model.metadata.version, 'random 2');
  assert.equal(await listsOf(other), lists);
  await other.close();
  rmSync(folder, { recursive: true });
});

test.run();
