import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AccessOptions, accessBy, callersBy } from '../../../src/server/access/access.ts';
import { createKey, type Scope } from '../../../src/server/access/keys.ts';

const test = suite('access');

const made = {
  read: await createKey(['read']),
  write: await createKey(['write']),
  admin: await createKey(['admin']),
};
const records = new Map(Object.values(made).map(({ record }) => [record.id, record]));
const keys = { find: (id: string) => records.get(id) };

function appWith(options: AccessOptions) {
  const access = accessBy(callersBy(options));
  const app = new Hono();
  for (const scope of ['read', 'write', 'admin'] as const) app.get(`/${scope}`, access(scope), (c) => c.text('in'));
  return async (scope: Scope, authorization?: string) => {
    const answer = await app.request(`/${scope}`, authorization === undefined ? {} : { headers: { authorization } });
    const error = answer.status === 200 ? undefined : ((await answer.json()) as { error: { code: string } }).error;
    return { status: answer.status, code: error?.code, headers: answer.headers, text: JSON.stringify(error) };
  };
}

test('without keys everybody may call', async () => {
  assert.is((await appWith({})('admin')).status, 200);
});

test('with keys a call needs one, with its scope', async () => {
  const ask = appWith({ keys });
  const of = (name: keyof typeof made) => `Bearer ${made[name].key}`;
  for (const wrong of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${made.read.key}`,
    `${of('read')} x`,
    made.read.key,
  ]) {
    const { status, code, headers } = await ask('read', wrong);
    assert.equal([status, code, headers.get('www-authenticate')], [401, 'unauthorized', 'Bearer'], wrong);
  }
  const unknown = await ask('read', `Bearer ${(await createKey(['admin'])).key}`);
  assert.equal([unknown.status, unknown.code], [401, 'unauthorized']);
  assert.is((await ask('read', of('read'))).status, 200);
  assert.is((await ask('read', of('read').replace('Bearer', 'bearer'))).status, 200);
  const forbidden = await ask('write', of('read'));
  assert.equal([forbidden.status, forbidden.code], [403, 'forbidden']);
  assert.not.ok(forbidden.text.includes(made.read.key));
  for (const scope of ['read', 'write', 'admin'] as const) assert.is((await ask(scope, of('admin'))).status, 200);
});

test('a revoked key is refused at the next call', async () => {
  const ask = appWith({ keys });
  const { key, record } = await createKey(['read']);
  records.set(record.id, record);
  assert.is((await ask('read', `Bearer ${key}`)).status, 200);
  records.delete(record.id);
  assert.is((await ask('read', `Bearer ${key}`)).status, 401);
});

test('each key has its own limit', async () => {
  const ask = appWith({ keys, perSecond: 0.5, burst: 2 });
  const [read, admin] = [`Bearer ${made.read.key}`, `Bearer ${made.admin.key}`];
  assert.equal([(await ask('read', read)).status, (await ask('read', read)).status], [200, 200]);
  const { status, code, headers } = await ask('read', read);
  assert.equal([status, code], [429, 'too_many_requests']);
  assert.ok(Number(headers.get('retry-after')) >= 1);
  assert.is((await ask('read', admin)).status, 200);
});

test('without a key the limit is per address, also for wrong keys', async () => {
  let address = '10.0.0.1';
  for (const options of [{}, { keys }]) {
    const ask = appWith({ ...options, perSecond: 0.5, burst: 2, addressOf: () => address });
    const first = await ask('read');
    assert.is((await ask('read')).status, first.status);
    assert.is((await ask('read')).status, 429);
    address = '10.0.0.2';
    assert.is((await ask('read')).status, first.status);
    address = '10.0.0.1';
  }
});

test.run();
