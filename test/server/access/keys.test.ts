import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allows, createKey, keyChecker, type Scope } from '../../../src/server/access/keys.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('keys');

test('a key is known by its record alone, which does not hold it', async () => {
  const { key, record } = await createKey(['read'], 'shop');
  assert.match(key, /^endcap_[0-9a-f]{8}_[0-9a-f]{64}$/);
  assert.not.ok(JSON.stringify(record).includes(key.slice(16)));
  const check = keyChecker({ find: (id) => (id === record.id ? record : undefined) });
  assert.is(await check(key), record);
  for (let at = 0; at < key.length; at++) {
    const other = key.slice(0, at) + (key[at] === '0' ? '1' : '0') + key.slice(at + 1);
    assert.is(await check(other), undefined, other);
  }
  for (const other of ['', 'endcap_', key.slice(0, -1), `${key}0`, key.toUpperCase(), ` ${key}`])
    assert.is(await check(other), undefined, other);
});

test('two keys have nothing in common', async () => {
  const [a, b] = [await createKey(['read']), await createKey(['read'])];
  for (const field of ['id', 'salt', 'hash'] as const) assert.is.not(a.record[field], b.record[field]);
});

test('a scope allows itself, and admin everything', async () => {
  const may = async (given: Scope[], scope: Scope) => allows((await createKey(given)).record, scope);
  assert.is(await may(['read'], 'read'), true);
  assert.is(await may(['read'], 'write'), false);
  assert.is(await may(['write'], 'read'), false);
  assert.is(await may(['write', 'read'], 'read'), true);
  assert.is(await may(['read', 'write'], 'admin'), false);
  for (const scope of ['read', 'write', 'admin'] as const) assert.is(await may(['admin'], scope), true);
});

test('a key needs a scope that there is', async () => {
  for (const given of [[], ['reed'], ['read', 'all']] as Scope[][])
    assert.is((await endcapErrorOf(createKey(given))).code, 'invalid_options');
});

test.run();
