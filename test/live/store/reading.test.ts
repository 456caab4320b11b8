import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStoreToRead } from '../../../src/live/store/reading.ts';
import { openDriver } from '../../../src/live/store/sqlite/database.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; path: string }>('a store that is read beside its server');
const purchase = { customer: 'ann', order: 'w1', product: 'A1', quantity: 2, time: 1 };

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-reading-'));
  context.path = join(context.folder, 'shop.db');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('has what the server has written, and keeps it from nothing', async ({ path }) => {
  const store = await openSqliteStore(path);
  const reader = await openStoreToRead(path);
  await store.append({ purchases: [purchase] });
  assert.equal(await reader.purchasesAfter(0, 10), await store.purchasesAfter(0, 10));
  assert.is(await reader.lastSeq(), 1);
  assert.is(reader.hashOf('ann'), store.hashOf('ann'));
  // Its bytes are in no file then, which takes that nobody reads an old state.
  await store.erase('ann');
  assert.equal(await reader.purchasesOf('ann'), []);
  assert.equal(
    (await reader.erasuresAfter(0)).map(({ hash }) => hash),
    [store.hashOf('ann')],
  );
  await reader.close();
  await store.append({ purchases: [purchase] });
  await store.close();
});

test('has what a server that is gone has written', async ({ path }) => {
  const store = await openSqliteStore(path);
  await store.append({ purchases: [purchase] });
  await store.close();
  const reader = await openStoreToRead(path);
  assert.is((await reader.purchasesOf('ann')).length, 1);
  await reader.close();
});

test('is not made, migrated, or taken for one', async ({ path }) => {
  const missing = await endcapErrorOf(openStoreToRead(path));
  assert.equal([missing.code, existsSync(path)], ['store_unreadable', false]);
  writeFileSync(path, 'order_id,customer\n');
  assert.is((await endcapErrorOf(openStoreToRead(path))).code, 'store_unreadable');
  assert.is(readFileSync(path, 'utf8'), 'order_id,customer\n');
  rmSync(path);
  await (await openSqliteStore(path)).close();
  for (const version of [1, 99]) {
    const driver = openDriver(path);
    driver.exec(`UPDATE state SET number = ${version} WHERE name = 'version'`);
    driver.close();
    const before = readFileSync(path);
    const error = await endcapErrorOf(openStoreToRead(path));
    assert.match(error.message, `its tables have version ${version}`);
    assert.equal(readFileSync(path), before);
  }
});

test.run();
