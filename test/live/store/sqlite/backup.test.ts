import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backUpStore } from '../../../../src/live/store/sqlite/backup.ts';
import { openSqliteStore } from '../../../../src/live/store/sqlite/sqlite.ts';
import { endcapErrorOf } from '../../../support/errors.ts';

const test = suite<{ folder: string; path: string; copy: string }>('backup');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-backup-'));
  context.path = join(context.folder, 'shop.db');
  context.copy = join(context.folder, 'copy.db');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const order = (i: number) => ({
  purchases: ['a', 'b'].map((product) => ({ customer: `c${i}`, order: `o${i}`, product, quantity: 1, time: 0 })),
});

test('a copy made while a server writes is a store with whole orders, all that were acknowledged before', async (files) => {
  const { path, copy } = files;
  const store = await openSqliteStore(path);
  for (let i = 0; i < 20; i++) await store.append(order(i));
  await store.erase('c3');
  let stop = false;
  const writing = (async () => {
    for (let i = 20; !stop; i++) await store.append(order(i));
  })();
  const { bytes } = await backUpStore(path, copy);
  stop = true;
  await writing;
  await store.close();
  assert.is(readFileSync(copy).length, bytes);
  assert.not.ok(readFileSync(copy).includes('c3\0'));
  const copied = await openSqliteStore(copy);
  const stored = await copied.purchasesAfter(0, 1e6);
  assert.ok(stored.length >= 38);
  assert.is(stored.length % 2, 0);
  assert.is(copied.hashOf('c3'), (await copied.erasuresAfter(0))[0].hash);
  await copied.close();
});

test('what is no store is refused, and so is a copy over the store itself; no file is left behind', async (files) => {
  const { path, copy, folder } = files;
  const codeOf = async (from: string, to: string) => (await endcapErrorOf(backUpStore(from, to))).code;
  assert.is(await codeOf(path, copy), 'store_unreadable');
  writeFileSync(path, 'order,customer\n'.repeat(100));
  assert.is(await codeOf(path, copy), 'store_unreadable');
  rmSync(path);
  const store = await openSqliteStore(path);
  await store.append(order(1));
  symlinkSync(path, join(folder, 'link.db'));
  for (const to of [path, join(folder, 'link.db')]) assert.is(await codeOf(path, to), 'write_failed');
  assert.is(await codeOf(path, join(folder, 'missing', 'copy.db')), 'write_failed');
  assert.is((await store.purchasesAfter(0, 10)).length, 2);
  await store.close();
  assert.equal(
    readdirSync(folder).filter((name) => !/^(shop|link)\.db/.test(name)),
    [],
  );
});

test.run();
