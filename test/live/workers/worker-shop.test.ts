/** Shops of workers that follow the one of the main thread, all on one thread here, with messages that are copied. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ServingShop, Shop, ShopOptions } from '../../../src/live/types.ts';
import { followersOf, type JoinedWorker } from '../../../src/live/workers/followers.ts';
import type { Asked, Call, Told } from '../../../src/live/workers/messages.ts';
import { createWorkerShop, type WorkerShop } from '../../../src/live/workers/worker-shop.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { createRandom } from '../../../src/random.ts';
import { fit } from '../../../src/training/fit.ts';
import { absentBackend } from '../../kernel/backends.ts';
import { afterThisTest } from '../../support/after-this-test.ts';
import { randomShop } from '../../support/random-shop.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';

const test = suite('shops of workers');

const options = { factors: 8, iterations: 3, together: 5 };
const model = await fit(randomShop(), options);
const other = await fit(randomShop(), { ...options, factors: 16 });
const folder = mkdtempSync(join(tmpdir(), 'endcap-worker-shop-'));
const file = join(folder, 'model.safetensors');
test.before.each(async () => {
  await saveModel(model, file);
});
test.after(() => rmSync(folder, { recursive: true }));

interface Worker {
  shop: ServingShop;
  /** Ends it as one that dies. */
  die(): void;
  close(): Promise<void>;
}

/** Messages are copied, and arrive in order in a later turn, as they do from thread to thread. */
async function workerOf(shop: Shop): Promise<Worker> {
  let isDead = false;
  const later =
    (methods: () => object) =>
    (name: string, ...args: unknown[]) => {
      const copied = structuredClone(args);
      return new Promise((resolve, reject) => {
        setImmediate(async () => {
          if (isDead) return reject(new Error('gone'));
          try {
            const method = (methods() as Record<string, (...args: unknown[]) => unknown>)[name];
            resolve(structuredClone(await method(...copied)));
          } catch (error) {
            reject(error);
          }
        });
      });
    };
  let worker: WorkerShop | undefined;
  const joined: JoinedWorker = followersOf(shop)!.join({ call: later(() => worker!.told) as Call<Told> });
  worker = createWorkerShop(later(() => joined.asked) as Call<Asked>);
  return {
    shop: await worker.opened,
    die() {
      isDead = true;
      joined.leave();
    },
    close: worker.close,
  };
}

/** Runs a test over a shop with two workers. */
async function withWorkers(
  given: Partial<ShopOptions>,
  run: (shop: Shop, workers: Worker[]) => Promise<void>,
): Promise<void> {
  const store = join(mkdtempSync(join(folder, 'store-')), 'shop.db');
  const shop = await createShop({ model: file, store, threads: 1, ...given });
  const workers = [await workerOf(shop), await workerOf(shop)];
  try {
    await run(shop, workers);
  } finally {
    for (const { close } of workers) await close();
    await shop.close();
  }
}

const { customers, products } = model;

/** What each shop answers, without what differs from list to list. */
async function listsOf(shop: ServingShop, customer: string, asked: object = {}) {
  const { recommendationId: _, ...list } = await shop.recommend(customer, { n: 20, ...asked });
  return { ...list, together: await shop.boughtTogether('p1', { n: 5 }) };
}

async function same(shop: Shop, workers: readonly Worker[], customer: string, asked: object = {}) {
  const expected = await listsOf(shop, customer, asked);
  for (const worker of workers) assert.equal(await listsOf(worker.shop, customer, asked), expected, customer);
  return expected;
}

for (const backend of ['native', 'wasm'] as const)
  testUnless(
    test,
    absentBackend(backend),
    `what is written through any is in the next list of all, on ${backend}`,
    () =>
      withWorkers({ backend }, async (shop, workers) => {
        const random = createRandom(7);
        const any = <T>(of: readonly T[]) => of[random.below(of.length)];
        const people = [...customers.slice(0, 12), 'somebody', 'else'];
        const time = afterThisTest();
        const soldOut = new Set<string>();
        for (let i = 0; i < 120; i++) {
          const { shop: through } = any(workers);
          const customer = any(people);
          const product = any(products);
          const before = await same(shop, workers, customer);
          const kind = random.below(8);
          if (kind < 3) {
            await through.recordPurchases([{ customer, order: `o${i}`, product, quantity: 1, time }]);
          } else if (kind === 3) {
            soldOut.add(product);
            await through.putProducts([{ product, available: false, price: i }]);
          } else if (kind === 4) {
            soldOut.delete(product);
            await through.patchProducts([{ product, available: true, name: `name ${i}` }]);
          } else if (kind === 5) {
            await through.eraseCustomer(customer);
          } else if (kind === 6) {
            await through.putScenarios({ scenarios: { home: { n: 1 + random.below(9), diversity: 0.2 } } });
          } else {
            await through.putProducts([{ product: `new ${i}`, name: 'new' }]);
          }
          const after = await same(shop, workers, customer);
          assert.ok(after.items.every((item) => !soldOut.has(item.product)));
          if (kind === 5) assert.is(after.source, 'popular');
          if (kind < 3 && before.source !== 'personal') assert.is(after.source, 'personal');
          await same(shop, workers, customer, { scenario: any(['home', 'new']), fields: ['price'], n: undefined });
        }
      }),
  );

for (const backend of ['native', 'wasm'] as const)
  testUnless(
    test,
    absentBackend(backend),
    `sales count on all workers with the next minute, whether they began before or after, on ${backend}`,
    () =>
      withWorkers({ backend }, async (shop, workers) => {
        const { now } = Date;
        const sell = async (product: string, round: number) => {
          const time = Date.now() - 1000;
          const lines = Array.from({ length: 150 * round }, (_, i) => ({
            ...{ customer: `buyer ${round} ${i}`, order: `o${round} ${i}`, product, quantity: 1, time },
          }));
          await shop.recordPurchases(lines);
        };
        try {
          for (let round = 1; round <= 4; round++) {
            const before = await same(shop, workers, 'nobody');
            const product = products[7 * round];
            await sell(product, round);
            Date.now = () => now() + 120_000 * round;
            await shop.eraseCustomer('whoever');
            const asked = () => listsOf(shop, 'nobody');
            await until(async () => JSON.stringify(await asked()) !== JSON.stringify(before));
            // Nobody waits for workers to follow sales.
            await wait(50);
            const after = await same(shop, workers, 'nobody');
            assert.is(after.items[0].product, product);
            await same(shop, workers, 'c1');
            workers.push(await workerOf(shop));
            await same(shop, workers, 'c1');
          }
        } finally {
          Date.now = now;
        }
      }),
  );

test('another model answers everywhere once it was taken, and nobody who asks meanwhile gets an error', () =>
  withWorkers({}, async (shop, workers) => {
    await shop.recordPurchases([
      { customer: 'somebody', order: 'o', product: 'p1', quantity: 1, time: afterThisTest() },
    ]);
    await shop.eraseCustomer('c3');
    let isOver = false;
    const asking = workers.map(async (worker) => {
      let asked = 0;
      for (; !isOver; asked++) {
        const customer = customers[asked % customers.length];
        assert.is((await worker.shop.recommend(customer || 'nobody')).items.length, 10);
        await worker.shop.similarProducts('p1');
        await wait(1);
      }
      return asked;
    });
    for (let i = 0; i < 4; i++) {
      const next = i % 2 === 0 ? other : model;
      await saveModel(next, file);
      const swapping = workers[i % 2].shop.reload({ acceptLoss: true });
      const beginning = i < 3 ? wait(7 * i).then(() => workerOf(shop)) : undefined;
      const { model: swap } = await swapping;
      assert.is(swap?.version, next.metadata.version);
      // Some begin while models are swapped.
      if (beginning) workers.push(await beginning);
      for (const worker of workers) assert.is(worker.shop.model.metadata.version, next.metadata.version);
      for (const customer of ['somebody', 'c3', 'c5']) await same(shop, workers, customer);
      assert.is((await same(shop, workers, 'c3')).source, 'popular');
    }
    isOver = true;
    assert.ok((await Promise.all(asking)).every((asked) => asked > 3));
    assert.is((await workers[0].shop.status()).model.swaps, 4);
    assert.equal(await workers[0].shop.models(), await shop.models());
    assert.equal(await workers[0].shop.retrainingHistory(), { runs: [] });
  }));

test('a worker that is gone holds nobody up, and lists that workers showed are kept', () =>
  withWorkers({}, async (shop, workers) => {
    const id = (await workers[0].shop.recommend('c1')).recommendationId;
    const similar = workers[1].shop.recordShown({ kind: 'similar', customer: 'c1', items: [{ product: 'p1' }] });
    const [dying] = workers.splice(1, 1, await workerOf(shop));
    await wait(1100);
    dying.die();
    await shop.putProducts([{ product: 'p1', available: false }]);
    await saveModel(other, file);
    await shop.reload({ acceptLoss: true });
    await same(shop, workers, 'c1');
    const { lists } = (await workers[1].shop.customerData('c1'))!;
    assert.equal(lists.map((list) => list.id).sort(), [id, similar].sort());
  }));

test('customers are found, and lists looked at, through a worker as on the main thread', () =>
  withWorkers({}, async (shop, [{ shop: worker }]) => {
    await worker.recordPurchases([{ customer: 'c1 since', order: 'w1', product: 'p1', quantity: 1 }]);
    const found = await worker.findCustomers('c1', { limit: 3 });
    assert.equal(found, await shop.findCustomers('c1', { limit: 3 }));
    assert.equal(found, { customers: ['c1', 'c1 since', 'c10'], more: 9, isCounted: true });
    const list = await worker.preview.recommend('c1 since', { explain: true });
    assert.equal(list, await shop.preview.recommend('c1 since', { explain: true }));
    assert.equal((await shop.customerData('c1 since', { lists: 1 }))!.purchases[0].isLearned, false);
    assert.is((await worker.status()).attribution.waiting, 0);
  }));

test('experiments choose the same arm everywhere, also where it has a model of its own', () =>
  withWorkers({}, async (shop, workers) => {
    const path = join(folder, 'arm.safetensors');
    await saveModel(other, path);
    const arms = { control: { share: 50 }, other: { share: 50, model: path } };
    await workers[1].shop.putScenarios({ experiments: { taste: { arms, control: 'control' } } });
    const seen = new Set<string | undefined>();
    for (const customer of customers.slice(0, 20)) seen.add((await same(shop, workers, customer)).experiment?.arm);
    assert.equal([...seen].sort(), ['control', 'other']);
    await workers[0].shop.eraseCustomer('c4');
    assert.is((await same(shop, workers, 'c4')).source, 'popular');
    await workers[0].shop.putScenarios({});
    assert.is((await same(shop, workers, 'c1')).experiment, undefined);
  }));

test('what another server wrote to the store reaches the workers, too', async () => {
  const store = await openSqliteStore(join(folder, 'two.db'));
  const another = await createShop({ model, store, threads: 1 });
  await withWorkers({ store }, async (shop, workers) => {
    type Lists = Awaited<ReturnType<typeof listsOf>>;
    const everywhere = async (is: (list: Lists) => boolean, customer: string, asked = {}) => {
      await until(async () => {
        const lists = await Promise.all(workers.map((each) => listsOf(each.shop, customer, asked)));
        return lists.every(is);
      });
      await same(shop, workers, customer, asked);
    };
    assert.is((await same(shop, workers, 'visitor')).source, 'popular');
    const time = afterThisTest();
    await another.recordPurchases([{ customer: 'visitor', order: 'o', product: 'p1', quantity: 1, time }]);
    await another.putProducts([{ product: 'p3', available: false }]);
    await another.putScenarios({ scenarios: { home: { n: 2 } } });
    await another.eraseCustomer('c7');
    // Whoever erases looks what others wrote.
    await shop.eraseCustomer('whoever');
    await everywhere(({ source }) => source === 'personal', 'visitor');
    await everywhere(({ items }) => items.every(({ product }) => product !== 'p3'), 'c1');
    await everywhere(({ source }) => source === 'popular', 'c7');
    await everywhere(({ items }) => items.length === 2, 'c1', { scenario: 'home', n: undefined });
  });
  await another.close();
  await store.close();
});

test('a shop without a store has workers, too', () =>
  withWorkers({ store: undefined }, async (shop, workers) => {
    await workers[0].shop.putProducts([{ product: 'p1', available: false }]);
    await workers[1].shop.putScenarios({ scenarios: { home: { n: 3 } } });
    assert.is((await same(shop, workers, 'c1', { scenario: 'home', n: undefined })).items.length, 3);
    workers.push(await workerOf(shop));
    await same(shop, workers, 'c2');
  }));

test.run();
