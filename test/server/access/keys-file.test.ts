import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keyChecker } from '../../../src/server/access/keys.ts';
import { addKey, followKeys, readKeys, revokeKey } from '../../../src/server/access/keys-file.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { until } from '../../support/until.ts';

const test = suite<{ folder: string; path: string }>('file of keys');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-keys-'));
  context.path = join(context.folder, 'keys.json');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('keys are added and revoked, and only their owner may read the file', async ({ path }) => {
  const first = await addKey(path, ['read'], 'shop');
  const second = await addKey(path, ['admin', 'read']);
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.not.ok(readFileSync(path, 'utf8').includes(first.key.slice(16)));
  const kept = await readKeys(path);
  assert.equal(
    kept.map(({ id, scopes, note }) => [id, scopes, note]),
    [
      [first.id, ['read'], 'shop'],
      [second.id, ['read', 'admin'], undefined],
    ],
  );
  await revokeKey(path, first.id);
  assert.equal(
    (await readKeys(path)).map(({ id }) => id),
    [second.id],
  );
  assert.is((await endcapErrorOf(revokeKey(path, first.id))).code, 'invalid_options');
});

test('a server follows the file, and keeps its keys while that is broken', async ({ path }) => {
  const first = await addKey(path, ['read']);
  const errors: unknown[] = [];
  const keys = await followKeys(path, (error) => errors.push(error));
  const check = keyChecker(keys);
  assert.ok(await check(first.key));
  const second = await addKey(path, ['read']);
  await until(async () => (await check(second.key)) !== undefined);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, 100));
  await until(() => errors.length > 0);
  assert.is((errors[0] as { code: string }).code, 'keys_unreadable');
  assert.ok(await check(first.key));
  writeFileSync(path, text);
  await revokeKey(path, first.id);
  await until(async () => (await check(first.key)) === undefined);
  assert.ok(await check(second.key));
  rmSync(path);
  await until(async () => (await check(second.key)) === undefined);
  keys.close();
});

test('only who makes a key may name a file that does not exist', async ({ path }) => {
  const revoke = (at: string) => revokeKey(at, '12345678');
  for (const attempt of [readKeys, revoke, (at: string) => followKeys(at, () => {})]) {
    const { code, message } = await endcapErrorOf(attempt(path));
    assert.is(code, 'keys_unreadable');
    assert.match(message, /keys\.json does not exist; endcap key create/);
  }
  await addKey(path, ['read']);
  assert.is((await readKeys(path)).length, 1);
});

test('what is no file of keys is refused, and not written over', async ({ path, folder }) => {
  for (const text of ['', '{}', '[]', '{"version":1,"keys":[{"id":"x"}]}', '{"version":2,"keys":[]}']) {
    writeFileSync(path, text);
    for (const attempt of [readKeys, (at: string) => addKey(at, ['read']), (at: string) => followKeys(at, () => {})])
      assert.is((await endcapErrorOf(attempt(path))).code, 'keys_unreadable');
    assert.is(readFileSync(path, 'utf8'), text);
  }
  writeFileSync(path, '{"version":1,"keys":[]}');
  assert.match((await endcapErrorOf(followKeys(path, () => {}))).message, /has no keys/);
  assert.is((await endcapErrorOf(readKeys(folder))).code, 'keys_unreadable');
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0);
    assert.is((await endcapErrorOf(readKeys(path))).code, 'keys_unreadable');
  }
});

test.run();
