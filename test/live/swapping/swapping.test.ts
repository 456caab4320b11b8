import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import type { ModelChange } from '../../../src/live/swapping/swapping.ts';
import type { Shop, ShopOptions } from '../../../src/live/types.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { line } from '../../support/purchases.ts';
import { until } from '../../support/until.ts';

const test = suite<{ folder: string; path: string; changes: ModelChange[] }>('swapping the model of a shop');

const orders = await readOrders(sampleOrders({ lines: 1500 }));
const modelOf = (seed: number) => fit(orders, { factors: 8, iterations: 2, threads: 1, seed });
const [first, second, third] = [await modelOf(1), await modelOf(2), await modelOf(3)];
const records = Array.from(sampleOrders({ lines: 800 }), (record) => ({
  ...record,
  customer_id: `x${record.customer_id}`,
}));
const foreign = await fit(await readOrders(records), { factors: 8, iterations: 1, threads: 1 });
const { customers } = first;
const versionOf = ({ metadata }: Pick<Model, 'metadata'>) => metadata.version;

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-swapping-'));
  context.path = join(context.folder, 'model.safetensors');
  context.changes = [];
  await saveModel(first, context.path);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

async function within<T>(options: ShopOptions, use: (shop: Shop) => Promise<T>): Promise<T> {
  const shop = await createShop({ threads: 1, ...options });
  try {
    return await use(shop);
  } finally {
    await shop.close();
  }
}

/** Without their ids, which differ. */
const listsOf = (asked: Pick<Recommender, 'recommend'>) =>
  Promise.all(
    customers.slice(0, 20).map(async (id) => {
      const { items, source } = await asked.recommend(id);
      return { items, source };
    }),
  );

async function listsBy(model: Model) {
  const recommender = createRecommender(model, { threads: 1 });
  try {
    return await listsOf(recommender);
  } finally {
    await recommender.close();
  }
}

test('another model in the file answers from the next reload on, and the report says which', async (context) => {
  const { path, folder, changes } = context;
  const onModel = (change: ModelChange) => changes.push(change);
  await within({ model: path, store: join(folder, 'shop.db'), onModel }, async (shop) => {
    const { since } = shop.status().model;
    assert.equal(await shop.reload(), {});
    await saveModel(second, path);
    assert.equal(await listsOf(shop), await listsBy(first));
    const swap = { file: path, version: versionOf(second), before: versionOf(first) };
    assert.equal(await shop.reload(), { model: swap });
    assert.equal(await listsOf(shop), await listsBy(second));
    assert.equal(shop.model.metadata, second.metadata);
    const status = shop.status().model;
    assert.ok(status.since >= since && status.swapSeconds! > 0);
    assert.equal([status.version, status.swaps, status.refusals, status.refused], [swap.version, 1, 0, undefined]);
    assert.equal(await shop.reload(), {});
    const { seconds, ...change } = changes[0] as Extract<ModelChange, { seconds: number }>;
    assert.equal([change, changes.length], [{ result: 'swapped', ...swap }, 1]);
    assert.ok(seconds > 0);
  });
});

test('whoever is told of a model and fails changes nothing', async ({ path }) => {
  const faults = [new Error('told'), new Error('told later')];
  const logged = mock.method(console, 'error', () => {});
  const told = [...faults];
  const onModel = () => {
    const [fault] = told.splice(0, 1);
    if (told.length > 0) throw fault;
    return Promise.reject(fault);
  };
  try {
    await within({ model: path, onModel }, async (shop) => {
      await shop.useModel(second);
      assert.equal((await shop.useModel(third)).version, versionOf(third));
      const { swaps, refusals, refused } = shop.status().model;
      assert.equal([swaps, refusals, refused], [2, 0, undefined]);
    });
    assert.equal(
      logged.mock.calls.map(({ arguments: [fault] }) => fault),
      faults,
    );
  } finally {
    logged.mock.restore();
  }
});

test('a file that is damaged, cut off, half written, or gone is refused with the reason, and the model before answers', async (context) => {
  const { path, changes } = context;
  await saveModel(second, `${path}.new`);
  const whole = readFileSync(`${path}.new`);
  const changed = Buffer.from(whole);
  changed[whole.length - 9] ^= 1;
  await within({ model: path, onModel: (change) => changes.push(change) }, async (shop) => {
    const damages: [string, () => void, RegExp][] = [
      ['checksum', () => writeFileSync(path, changed), /was changed after it was written/],
      ['truncated', () => writeFileSync(path, whole.subarray(0, whole.length / 2)), /is truncated/],
      ['truncated', () => writeFileSync(path, whole.subarray(0, 9)), /is truncated/],
      ['empty', () => writeFileSync(path, ''), /is empty/],
      ['missing', () => rmSync(path), /does not exist/],
    ];
    for (const [i, [reason, damage, message]] of damages.entries()) {
      damage();
      const error = await endcapErrorOf(shop.reload());
      assert.equal([error.code, error.details.reason], ['model_unreadable', reason]);
      assert.match(error.message, message);
      const { version, refused, refusals, swaps } = shop.status().model;
      assert.equal([version, refused!.reason, refusals, swaps], [versionOf(first), error.message, i + 1, 0]);
      assert.equal(changes[i], { result: 'refused', file: path, reason: error.message });
    }
    assert.equal(await listsOf(shop), await listsBy(first));
    writeFileSync(path, whole);
    assert.is((await shop.reload()).model!.version, versionOf(second));
    assert.is(shop.status().model.refused, undefined);
    assert.equal(await listsOf(shop), await listsBy(second));
  });
});

test('a file that is wrong keeps no other file from being read', async ({ path, folder }) => {
  const [catalogue, scenarios] = [join(folder, 'products.csv'), join(folder, 'scenarios.json')];
  const write = (price: number, home: object) => {
    writeFileSync(catalogue, `sku,price\n${first.products.map((id) => `${id},${price}`).join('\n')}\n`);
    writeFileSync(scenarios, JSON.stringify({ scenarios: { home } }));
  };
  write(1, { n: 1 });
  await within({ model: path, catalogue, scenarios }, async (shop) => {
    write(2, { n: 2 });
    writeFileSync(path, 'no model');
    assert.is((await endcapErrorOf(shop.reload())).code, 'model_unreadable');
    const { items } = await shop.recommend(customers[0], { scenario: 'home', fields: ['price'] });
    assert.equal(
      items.map(({ price }) => price),
      [2, 2],
    );
    write(3, { n: 'many' } as object);
    const { message } = await endcapErrorOf(shop.reload());
    assert.match(message, /is truncated.*\n.*scenarios\.home\.n/);
    await saveModel(second, path);
    assert.match((await endcapErrorOf(shop.reload())).message, /^\S+scenarios\.json: [^\n]+$/);
    assert.is(shop.status().model.version, versionOf(second));
    assert.is((await shop.recommend(customers[0], { fields: ['price'] })).items[0].price, 3);
  });
});

test('a model of another shop is refused, unless it is accepted', async ({ path, folder }) => {
  const catalogue = join(folder, 'products.csv');
  writeFileSync(catalogue, `sku\n${first.products.join('\n')}\n`);
  await within({ model: path, catalogue }, async (shop) => {
    await saveModel(foreign, path);
    const error = await endcapErrorOf(shop.reload());
    assert.is(error.code, 'model_lost');
    assert.equal(error.details.customers, { known: 0, of: customers.length });
    assert.match(error.message, `knows 0 of the ${customers.length} customers`.slice(6));
    assert.is(shop.status().model.version, versionOf(first));
    assert.is((await endcapErrorOf(shop.reload({ acceptLoss: false }))).code, 'model_lost');
    assert.is((await shop.reload({ acceptLoss: true })).model!.version, versionOf(foreign));
    assert.is((await endcapErrorOf(shop.useModel(first))).code, 'model_lost');
    assert.is((await shop.useModel(first, { acceptLoss: true })).before, versionOf(foreign));
  });
});

test('the file is looked at each minute, and one that was refused not again until it changes', async (context) => {
  const { path, changes } = context;
  const { setTimeout } = globalThis;
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 2, 12) });
  try {
    await within({ model: path, onModel: (change) => changes.push(change) }, async (shop) => {
      const minute = async () => {
        mock.timers.tick(60_000);
        // Whatever was begun is done before the next one. Between its pieces, it rests for some milliseconds.
        let isDone = false;
        const done = () => (isDone = true);
        shop.useModel(undefined as never).then(done, done);
        while (!isDone) {
          mock.timers.tick(2);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const results = () => changes.filter((change) => !('reason' in change && /it is undefined/.test(change.reason)));
      await minute();
      assert.equal(results(), []);
      writeFileSync(path, readFileSync(path).subarray(0, 2000));
      await minute();
      await minute();
      assert.equal(
        results().map(({ result }) => result),
        ['refused'],
      );
      await saveModel(second, path);
      await minute();
      assert.is(shop.status().model.version, versionOf(second));
      // Touched, or copied over itself: the same model.
      utimesSync(path, 1, 1);
      await minute();
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
      await minute();
      assert.equal(
        results().map(({ result }) => result),
        ['refused', 'swapped'],
      );
    });
  } finally {
    mock.timers.reset();
  }
});

test('a model that is replaced while it is loaded is followed by the next one', async ({ path }) => {
  await within({ model: path }, async (shop) => {
    await saveModel(second, path);
    const swapping = shop.reload();
    await saveModel(third, path);
    await swapping;
    await shop.reload();
    assert.is(shop.status().model.version, versionOf(third));
    assert.equal(await listsOf(shop), await listsBy(third));
  });
});

test('of reloads at once one swaps, and a model that is given meanwhile has its turn', async ({ path }) => {
  await within({ model: path }, async (shop) => {
    await saveModel(second, path);
    const reports = await Promise.all([shop.reload(), shop.useModel(third), shop.reload(), shop.reload()]);
    const { swaps, version } = shop.status().model;
    assert.is(swaps, 2);
    const chain = reports.flatMap((report) => ('before' in report ? report : (report.model ?? [])));
    const [last] = chain.filter(({ version }) => !chain.some(({ before }) => before === version));
    assert.equal([last.version, shop.model.metadata.version], [version, version]);
  });
});

test('a model that is given stays until the file has another one than before', async ({ path }) => {
  await within({ model: path }, async (shop) => {
    await shop.useModel(second);
    assert.equal(await shop.reload(), {});
    assert.is(shop.model, second);
    await saveModel(third, path);
    assert.is((await shop.reload()).model!.version, versionOf(third));
    assert.ok(statSync(path).size > 0);
  });
});

test('a path that is given is the file that is read from then on', async ({ path, folder }) => {
  const other = join(folder, 'other.safetensors');
  await within({ model: first, store: join(folder, 'shop.db') }, async (shop) => {
    assert.match((await endcapErrorOf(shop.reload())).message, /no file to read again/);
    assert.is((await endcapErrorOf(shop.useModel(other))).details.reason, 'missing');
    assert.is(shop.status().modelFile, undefined);
    await saveModel(second, other);
    await shop.useModel(other);
    assert.equal(shop.status().modelFile, { pending: 0 });
    await saveModel(third, other);
    assert.is((await shop.reload()).model!.file, other);
    assert.is((await shop.eraseCustomer(customers[3])).inModel, false);
    assert.not.ok((await loadModel(other)).customers.includes(customers[3]));
    assert.ok((await loadModel(path)).customers.includes(customers[3]));
  });
});

test('what is no model is refused, whatever it is', async () => {
  await within({ model: first }, async (shop) => {
    for (const given of [undefined, null, 7, {}, [], { ...second, metadata: undefined }, { ...second, products: 5 }])
      assert.is((await endcapErrorOf(shop.useModel(given as never))).code, 'model_unreadable');
    assert.is((await endcapErrorOf(shop.useModel(second, { acceptLoss: 1 as never }))).code, 'invalid_options');
    assert.is((await endcapErrorOf(shop.useModel(second, { other: 1 } as never))).code, 'invalid_options');
    assert.is(shop.model, first);
  });
});

test('closing waits for a swap, which then does not happen, and none begins afterwards', async ({ path }) => {
  const shop = await createShop({ model: path, threads: 1 });
  await saveModel(second, path);
  const reloading = endcapErrorOf(shop.reload());
  const closed = shop.close();
  assert.is((await reloading).code, 'aborted');
  await closed;
  assert.is(shop.status().model.version, versionOf(first));
  assert.is((await endcapErrorOf(shop.useModel(second))).code, 'invalid_options');
  assert.is((await endcapErrorOf(shop.reload())).code, 'invalid_options');
});

test('another model has made a list before it answers, so that nobody waits for its first', async ({
  folder,
  path,
}) => {
  const store = await openSqliteStore(join(folder, 'shop.db'));
  const asked: string[] = [];
  const counted: ShopStore = {
    ...store,
    purchasesOf(customer, ...rest) {
      asked.push(customer);
      return store.purchasesOf(customer, ...rest);
    },
  };
  await store.append({ purchases: [line({ customer: customers[0], product: first.products[0], time: Date.now() })] });
  await within({ model: path, store: counted }, async (shop) => {
    assert.equal(asked, []);
    let isAnswering = false;
    const swapped = shop.useModel(second).then(() => {
      isAnswering = true;
    });
    await until(() => asked.length > 0, 0);
    assert.not(isAnswering);
    assert.equal(asked, [customers[0]]);
    await swapped;
    await shop.eraseCustomer(customers[0]);
    asked.length = 0;
    await shop.useModel(third);
    assert.equal(asked, [], 'whoever was erased is not asked for');
    assert.is(versionOf(shop.model), versionOf(third));
  });
  await store.close();
});

test.run();
