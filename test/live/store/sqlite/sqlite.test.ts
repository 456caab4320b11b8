import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDriver } from '../../../../src/live/store/sqlite/database.ts';
import { hasRemnants } from '../../../../src/live/store/sqlite/remnants.ts';
import { openSqliteStore } from '../../../../src/live/store/sqlite/sqlite.ts';
import { createRandom } from '../../../../src/random.ts';
import { endcapErrorOf } from '../../../support/errors.ts';
import { line } from '../../../support/purchases.ts';

const test = suite<{ folder: string; path: string }>('sqlite store');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-sqlite-'));
  context.path = join(context.folder, 'shop.db');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** What the files of a folder hold. */
const bytesIn = (folder: string) => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));

const [major, minor] = process.versions.node.split('.').map(Number);
const hasNodeSqlite = major > 22 || (major === 22 && minor >= 13);

// Skipped without node:sqlite, the module that warns.
(hasNodeSqlite ? test : test.skip)('nothing is printed when a store is opened', () => {
  const module = new URL('../../../../src/live/store/sqlite/database.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(({ openDriver }) => openDriver(':memory:').close())`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], { encoding: 'utf8' });
  assert.equal([status, stderr], [0, '']);
});

test('a store opened again has what it had', async ({ path }) => {
  const first = await openSqliteStore(path);
  await first.append({ purchases: [line()], key: 'k' });
  const hash = first.hashOf('ann');
  await first.close();
  const second = await openSqliteStore(path);
  assert.is(second.hashOf('ann'), hash);
  assert.equal(await second.append({ purchases: [line()], key: 'k' }), { accepted: 0, duplicates: 1 });
  await second.close();
  assert.is((await endcapErrorOf(second.append({ purchases: [line()] }))).code, 'store_failed');
});

test('a store that is discarded leaves nothing, unless it was there before', async ({ path, folder }) => {
  const made = await openSqliteStore(path);
  await made.putProducts([{ product: 'A1', fields: {} }]);
  await made.discard!();
  assert.equal(readdirSync(folder), []);
  await (await openSqliteStore(path)).close();
  const files = readdirSync(folder);
  const again = await openSqliteStore(path);
  await again.discard!();
  assert.equal(readdirSync(folder), files);
  await (await openSqliteStore(path)).close();
});

test('what cannot be opened as a store leaves no file', async ({ folder }) => {
  const path = join(folder, 'orders.csv');
  writeFileSync(path, 'order,customer\n'.repeat(1000));
  assert.is((await endcapErrorOf(openSqliteStore(path))).code, 'store_unreadable');
  assert.equal(readdirSync(folder), ['orders.csv']);
});

test('a lock whose file was removed meanwhile is taken anew', async ({ path, folder }) => {
  const first = await openSqliteStore(path);
  // As another process would open the file before it is removed, and lock it after that.
  const late = openDriver(`${path}-serving`);
  await first.discard!();
  const second = await openSqliteStore(path);
  late.close();
  assert.match((await endcapErrorOf(openSqliteStore(path))).message, /used by another server/);
  await second.close();
  assert.ok(readdirSync(folder).includes('shop.db'));
});

test('a store that would be gone at the end is refused, and nothing is written', async ({ folder }) => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    for (const path of ['', ':memory:', 'file:shop.db', 'file::memory:?cache=shared']) {
      const { code, message } = await endcapErrorOf(openSqliteStore(path));
      assert.is(code, 'store_unreadable');
      assert.ok(message.startsWith(`'${path}' is not the path of a file: `), message);
    }
    assert.equal(readdirSync(folder), []);
  } finally {
    process.chdir(before);
  }
});

test('a second server is refused, by whichever path, until the first is gone', async ({ path, folder }) => {
  const store = await openSqliteStore(path);
  symlinkSync(path, join(folder, 'link.db'));
  for (const other of [path, join(folder, 'link.db')]) {
    const { code, message } = await endcapErrorOf(openSqliteStore(other));
    assert.is(code, 'store_unreadable');
    assert.match(message, /is used by another server/);
  }
  await store.close();
  await (await openSqliteStore(path)).close();
});

test('a thread that dies fails what is asked of the store, and another one can open it', async ({ path }) => {
  const started = once(process, 'worker');
  const store = await openSqliteStore(path);
  const [thread] = (await started) as [Worker];
  // As Node says of a thread that throws: an error, and then its exit.
  thread.emit('error', new Error('broken'));
  await thread.terminate();
  const { code, message } = await endcapErrorOf(store.append({ purchases: [line()] }));
  assert.is(code, 'store_failed');
  assert.match(message, /the thread of .* ended: broken/);
  await store.close();
  await (await openSqliteStore(path)).close();
});

test('a file of a later version, and one that is no store, are refused and left as they are', async ({
  path,
  folder,
}) => {
  await (await openSqliteStore(path)).close();
  const driver = openDriver(path);
  driver.exec("UPDATE state SET number = 99 WHERE name = 'version'");
  driver.close();
  const later = await endcapErrorOf(openSqliteStore(path));
  assert.is(later.code, 'store_unreadable');
  assert.match(later.message, /later version of Endcap \(its tables have version 99/);

  const text = join(folder, 'orders.csv');
  writeFileSync(text, 'order,customer,product\n'.repeat(500));
  const hash = createHash('sha256').update(readFileSync(text)).digest('hex');
  const wrong = await endcapErrorOf(openSqliteStore(text));
  assert.is(wrong.code, 'store_unreadable');
  assert.is(createHash('sha256').update(readFileSync(text)).digest('hex'), hash);
  assert.is((await endcapErrorOf(openSqliteStore(join(folder, 'missing', 'shop.db')))).code, 'store_unreadable');
});

test('a store of the version before times of products is brought to this one', async ({ path }) => {
  const before = await openSqliteStore(path);
  for (const product of ['tea', 'cups']) await before.putProducts([{ product, fields: { price: 3 } }]);
  await before.close();
  const driver = openDriver(path);
  driver.exec('ALTER TABLE products DROP COLUMN added_at');
  driver.exec('DROP TABLE shown');
  driver.exec('DROP INDEX purchases_of_customer_by_seq');
  driver.exec('CREATE INDEX purchases_of_customer ON purchases (customer)');
  driver.exec("UPDATE state SET number = 1 WHERE name = 'version'");
  driver.close();
  const store = await openSqliteStore(path);
  await store.putProducts([{ product: 'pot', fields: {} }]);
  const [tea, cups, pot] = await store.productsAfter(0, 10);
  assert.equal(tea.fields, { price: 3 });
  assert.ok(tea.addedAt < cups.addedAt && cups.addedAt < pot.addedAt);
  await store.close();
});

test('what cannot be a store is named with the reason, and a path that is mended can be used at once', async (files) => {
  const { path, folder } = files;
  const missing = join(folder, 'missing', 'shop.db');
  for (const [wrong, reason] of [
    [missing, /missing[/]shop[.]db cannot be opened: the folder .*missing does not exist/],
    [folder, /endcap-sqlite-[^/]* cannot be opened: it is a directory/],
  ] as const) {
    const { code, message } = await endcapErrorOf(openSqliteStore(wrong));
    assert.is(code, 'store_unreadable');
    assert.match(message, reason);
  }
  mkdirSync(join(folder, 'missing'));
  await (await openSqliteStore(missing)).close();

  const other = openDriver(path);
  other.exec('CREATE TABLE accounts (name TEXT)');
  other.close();
  const before = readFileSync(path);
  const { code, message } = await endcapErrorOf(openSqliteStore(path));
  assert.is(code, 'store_unreadable');
  assert.match(message, /belongs to another program, which has the table 'accounts'/);
  assert.equal(readFileSync(path), before);
  rmSync(path);
  await (await openSqliteStore(path)).close();
});

test('a damaged file is said to be damaged, when it is opened and when it is read', async ({ path }) => {
  const store = await openSqliteStore(path);
  for (let i = 0; i < 20; i++)
    await store.append({ purchases: Array.from({ length: 500 }, (_, k) => line({ order: `${i}`, product: `p${k}` })) });
  await store.close();
  const whole = readFileSync(path);
  for (const from of [whole.length >> 1, 4096]) {
    const damaged = Buffer.from(whole).fill(0xa5, from, from + 40 * 4096);
    writeFileSync(path, damaged);
    const read = async () => {
      const opened = await openSqliteStore(path);
      return opened.purchasesAfter(0, 1e6).finally(opened.close);
    };
    const { message } = await endcapErrorOf(read());
    assert.match(message, /shop[.]db is damaged [(].*malformed[)]; replace it with a backup/);
  }
});

test('the log is cut once nobody reads an old state any more', async ({ path, folder }) => {
  const store = await openSqliteStore(path);
  let orders = 0;
  const write = () => {
    const order = `${orders++}`;
    return store.append({
      purchases: Array.from({ length: 1000 }, (_, k) => line({ order, product: `${order} ${'p'.repeat(300)} ${k}` })),
    });
  };
  const logBytes = () => statSync(join(folder, 'shop.db-wal')).size;
  await write();
  const reader = openDriver(path);
  reader.exec('BEGIN');
  reader.prepare('SELECT COUNT(*) FROM purchases').all();
  while (logBytes() < 12e6) await write();
  reader.close();
  // One finds that it can empty the log, the next begins it again.
  for (let i = 0; i < 3; i++) await write();
  assert.ok(logBytes() < 12e6, `${logBytes()}`);
  assert.is((await store.purchasesAfter(0, 1e6)).length, 1000 * orders);
  await store.close();
});

test('no byte of an erased customer is left, also not of their requests', async ({ path, folder }) => {
  const store = await openSqliteStore(path);
  const customer = 'ann-4711-who-leaves';
  for (let i = 0; i < 50; i++)
    await store.append({ purchases: [line({ customer, order: `${customer}-${i}` })], key: `${customer} ${i}` });
  for (let i = 0; i < 50; i++)
    await store.recordShown!([
      { id: `r${i}`, customer, time: i, kind: 'recommend', model: 'm1', products: ['tea'] },
      { id: `s${i}`, customer: 'bob', time: i, kind: 'recommend', model: 'm1', products: ['tea'] },
    ]);
  await store.append({ purchases: [line({ customer: 'bob', order: 'o2' })] });
  assert.ok(bytesIn(folder).includes(customer));
  assert.equal(await store.erase(customer), { purchases: 50, lists: 50 });
  assert.not.ok(bytesIn(folder).includes(customer));
  await store.close();
  assert.not.ok(bytesIn(folder).includes(customer));
  assert.is((await openSqliteStore(path).then((again) => again.purchasesOf('bob').finally(again.close))).length, 1);
});

test('nor of one whose rows SQLite moved between pages, which leaves copies', async ({ path, folder }) => {
  const random = createRandom(1);
  const customers = Array.from({ length: 1500 }, (_, i) => `customer-${i * 7919}-end`);
  const orders = Array.from({ length: 3000 }, (_, i) =>
    line({ customer: customers[random.below(1500)], order: `o${i}` }),
  );
  const store = await openSqliteStore(path);
  for (let from = 0; from < orders.length; from += 250)
    await store.append({
      purchases: orders.slice(from, from + 250).flatMap((each) => [each, { ...each, product: 'b' }]),
    });
  for (let from = 0; from < orders.length; from += 250)
    await store.recordShown!(
      orders.slice(from, from + 250).map(({ customer, order: id }, i) => ({
        ...{ id, customer, time: from + i, kind: 'recommend', model: 'm1', products: ['tea'] },
      })),
    );
  await store.close();
  const file = openSync(path, 'r');
  const copied = customers.filter((customer) => hasRemnants(file, customer)).slice(0, 3);
  closeSync(file);
  assert.ok(copied.length > 0);
  const again = await openSqliteStore(path);
  for (const customer of copied) await again.erase(customer);
  const bytes = bytesIn(folder);
  assert.not.ok(copied.some((customer) => bytes.includes(customer)));
  assert.equal(
    (await again.purchasesAfter(0, 1e6)).map(({ order }) => order).filter((_, i) => i % 2 === 0),
    orders.filter(({ customer }) => !copied.includes(customer)).map(({ order }) => order),
  );
  await again.close();
});

test('a killed process keeps the lists that were written, and every purchase that was acknowledged', async ({
  path,
}) => {
  const writer = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', showing(path)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = '';
  writer.stdout.on('data', (bytes) => (acknowledged += bytes));
  await once(writer.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, 80));
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const store = await openSqliteStore(path);
  const [purchases, lists] = [await store.purchasesAfter(0, 1e6), await store.shownAfter!(undefined, 1e6)];
  const orders = new Set(purchases.map(({ order }) => order));
  const batches = new Map<string, number>();
  for (const { model } of lists) batches.set(model, (batches.get(model) ?? 0) + 1);
  const told = acknowledged.split('\n').slice(0, -1);
  assert.ok(told.length > 0);
  for (const name of told) assert.ok(name.startsWith('o') ? orders.has(name) : batches.get(name) === 20, name);
  // What was under way is there as a whole, or not at all.
  assert.ok([...batches.values()].every((count) => count === 20));
  await store.close();
});

/** A program that records batches of 20 lists and orders, and prints each once it is acknowledged. */
function showing(path: string): string {
  return `
    import { openSqliteStore } from ${JSON.stringify(new URL('../../../../src/live/store/sqlite/sqlite.ts', import.meta.url).href)};
    const store = await openSqliteStore(${JSON.stringify(path)});
    const said = (name) => process.stdout.write(name + '\\n');
    (async () => {
      for (let i = 0; ; i++) {
        const list = { customer: 'c' + i, time: i, kind: 'recommend', model: 'b' + i, products: ['a', 'b', 'c'] };
        await store.recordShown(Array.from({ length: 20 }, (_, k) => ({ ...list, id: i + '-' + k })));
        said('b' + i);
      }
    })();
    for (let i = 0; ; i++) {
      await store.append({ purchases: [{ customer: 'x', order: 'o' + i, product: 'a', quantity: 1, time: 0 }] });
      said('o' + i);
    }`;
}

test('what was acknowledged outlives the process, and nothing is half there', async ({ path }) => {
  for (let round = 0; round < 3; round++) {
    const writer = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', writing(path, round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let acknowledged = '';
    writer.stdout.on('data', (bytes) => (acknowledged += bytes));
    await once(writer.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 40 + 60 * round));
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    const store = await openSqliteStore(path);
    const stored = await store.purchasesAfter(0, 1e6);
    const orders = new Map<string, number>();
    for (const { order } of stored) orders.set(order, (orders.get(order) ?? 0) + 1);
    for (const order of acknowledged.split('\n').slice(0, -1)) assert.is(orders.get(order), 3, order);
    assert.ok([...orders.values()].every((lines) => lines === 3));
    assert.equal(
      stored.map(({ seq }) => seq),
      Array.from(stored, (_, i) => i + 1),
    );
    await store.close();
  }
});

/** A program that appends orders of three lines, sixteen at a time, and prints each once it is acknowledged. */
function writing(path: string, round: number): string {
  return `
    import { openSqliteStore } from ${JSON.stringify(new URL('../../../../src/live/store/sqlite/sqlite.ts', import.meta.url).href)};
    const store = await openSqliteStore(${JSON.stringify(path)});
    let next = 0;
    const client = async () => {
      for (;;) {
        const order = '${round}-' + next++;
        const purchases = ['a', 'b', 'c'].map((product) => ({ customer: order, order, product, quantity: 1, time: 0 }));
        await store.append({ purchases });
        process.stdout.write(order + '\\n');
      }
    };
    for (let i = 0; i < 16; i++) client();`;
}

test('on a full disk purchases are refused, nothing is lost, and later ones are taken', async ({ folder }) => {
  const disk = join(folder, 'disk');
  try {
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    console.log('skipped: a full disk, because this process may not mount one');
    return;
  }
  try {
    const store = await openSqliteStore(join(disk, 'shop.db'));
    await store.append({ purchases: [line()] });
    writeFileSync(join(disk, 'other'), Buffer.alloc(600_000));
    const orders = Array.from({ length: 12 }, (_, o) =>
      Array.from({ length: 1000 }, (_, k) => line({ order: `${o}`, product: `product ${k}` })),
    );
    let refused = 0;
    for (const purchases of orders) {
      await store.append({ purchases }).catch((error) => {
        assert.is(error.code, 'store_failed');
        refused++;
      });
    }
    assert.ok(refused > 0);
    const whole = await store.purchasesAfter(0, 1e6);
    assert.is(whole.length % 1000, 1);
    rmSync(join(disk, 'other'));
    assert.equal(await store.append({ purchases: [line({ order: 'later' })] }), { accepted: 1, duplicates: 0 });
    await store.close();
  } finally {
    execFileSync('umount', [disk]);
  }
});

test.run();
