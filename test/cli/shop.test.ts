/** What whoever runs a shop meets: logs, backups, stores that cannot be opened, a database that goes away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { openDriver } from '../../src/live/store/sqlite/database.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { afterThisTest } from '../support/after-this-test.ts';
import { startOwnPostgres } from '../support/postgres.ts';
import { testUnless } from '../support/skip.ts';
import { endcap } from './run.ts';
import { send, serving } from './serving.ts';

const test = suite<{ cwd: string }>('endcap serve --data');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const [product] = model.products;
const postgres = await startOwnPostgres();

test.before(async (context) => {
  context.cwd = await mkdtemp(join(tmpdir(), 'endcap-cli-shop-'));
  await saveModel(model, join(context.cwd, 'm.safetensors'));
});
test.after(async ({ cwd }) => {
  await rm(cwd, { recursive: true });
  if (typeof postgres !== 'string') await postgres.stop();
});

const serve = (store: string, ...more: string[]) => ['serve', 'm.safetensors', '--data', store, '--port', '0', ...more];
const line = (given: object) => ({ user_id: 'ann', order_id: 'w1', product_id: product, quantity: 1, ...given });
const secret = 'zanzibar-4711';

test('logs have no id of a customer, and no key, whatever is asked and however it ends', async ({ cwd }) => {
  const made = await endcap(['key', 'create', '--scope', 'admin', '--file', 'keys.json'], { cwd });
  const key = made.stdout.toString().trim();
  const ran = await serving(serve('log.db', '--keys', 'keys.json', '--log'), { cwd }, async (url) => {
    const ask = (method: string, path: string, body?: object, sent = key) =>
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${sent}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
    const statuses = [];
    for (const [method, path, body, sent] of [
      ['POST', '/purchases', { purchases: [line({ user_id: secret, order_id: secret })] }],
      ['POST', '/purchases', { purchases: [line({ user_id: 'other', order_id: secret })] }],
      ['POST', '/purchases', { purchases: [line({ user_id: secret, quantity: 0 })] }],
      ['POST', '/recommend', { user_id: secret }],
      ['POST', '/recommend', { user_id: secret, wrong: secret }],
      ['GET', `/customers/${secret}`],
      ['GET', `/customers/${secret}?user=${secret}`, undefined, `${key.slice(0, -1)}x`],
      ['POST', `/customers/${secret}`, {}],
      ['DELETE', `/customers/${secret}`],
    ] as const)
      statuses.push((await ask(method, path, body, sent)).status);
    assert.equal(statuses, [200, 409, 400, 200, 400, 200, 401, 405, 200]);
  });
  const said = ran.stdout.toString() + ran.stderr;
  assert.is(ran.stdout.toString().trim().split('\n').length, 9);
  assert.not.ok(said.includes(secret), said);
  assert.not.ok(said.includes(key.slice(16)), said);
});

test('a copy that is made while serving serves the same lists', async ({ cwd }) => {
  const lists = async (url: string) => {
    const answers = [
      await send(url, 'POST', '/recommend', { user_id: 'ann', num_recommendations: 20 }),
      await send(url, 'POST', '/recommend', { user_id: model.customers[0], fields: ['price'] }),
      await send(url, 'POST', '/recommend', { user_id: 'ann', scenario: 'few' }),
      await send(url, 'GET', '/customers/ann'),
    ];
    // Each list has an id of its own, and was shown when it was asked for.
    return answers.map(({ recommendation_id: _, lists: __, ...answer }) => answer);
  };
  let expected: unknown;
  await serving(serve('shop.db'), { cwd }, async (url) => {
    await send(url, 'PUT', '/products', { products: [{ product_id: model.products[5], available: false }] });
    await send(url, 'PATCH', '/products', { products: [{ product_id: product, price: 9.5 }] });
    await send(url, 'PUT', '/scenarios', { scenarios: { few: { n: 2, purchased: 'only' } }, rules: {} });
    const time = afterThisTest();
    await send(url, 'POST', '/purchases', {
      purchases: [line({ time }), line({ product_id: model.products[9], time })],
    });
    await send(url, 'DELETE', `/customers/${model.customers[1]}`);
    expected = await lists(url);
    const { code, stderr } = await endcap(['backup', 'shop.db', '-o', 'copy.db'], { cwd });
    assert.is(code, 0, stderr);
    await send(url, 'POST', '/purchases', { purchases: [line({ order_id: 'later' })] });
  });
  await serving(serve('copy.db'), { cwd }, async (url) => {
    assert.equal(await lists(url), expected);
    assert.is((await fetch(`${url}/customers/${model.customers[1]}`)).status, 404);
  });
});

test('a store of a later version ends the start, and says what to do', async ({ cwd }) => {
  await serving(serve('later.db'), { cwd }, async () => {});
  const driver = openDriver(join(cwd, 'later.db'));
  driver.exec("UPDATE state SET number = 99 WHERE name = 'version'");
  driver.close();
  const { code, stderr } = await endcap(serve('later.db'), { cwd });
  assert.is(code, 1);
  assert.match(stderr, /later\.db was written by a later version of Endcap .* install that version/);
});

test('a database that cannot be reached ends the start, without its password', async ({ cwd }) => {
  const { code, stdout, stderr } = await endcap(serve(`postgres://ann:${secret}@127.0.0.1:1/shop`, '--log'), { cwd });
  assert.is(code, 1);
  assert.match(stderr, /127\.0\.0\.1/);
  assert.not.ok((stdout.toString() + stderr).includes(secret), stderr);
});

testUnless(
  test,
  typeof postgres === 'string' ? postgres : undefined,
  'a database that goes away and comes back keeps no list from being made',
  async ({ cwd }) => {
    const { newDatabase, crash } = postgres as Exclude<typeof postgres, string>;
    let order = 0;
    const ran = await serving(serve(await newDatabase()), { cwd }, async (url) => {
      const buy = async () => {
        const body = JSON.stringify({ purchases: [line({ order_id: `w${order++}` })] });
        const headers = { 'content-type': 'application/json' };
        const { status, headers: its } = await fetch(`${url}/purchases`, { method: 'POST', headers, body });
        return [status, its.get('retry-after')];
      };
      const source = async () => (await send(url, 'POST', '/recommend', { user_id: 'ann' })).source;
      assert.equal(await buy(), [200, null]);
      assert.is(await source(), 'personal');
      const back = crash();
      let answer = await buy();
      while (answer[0] === 200) answer = await buy();
      assert.equal(answer, [503, '1']);
      await send(url, 'POST', '/recommend', { user_id: model.customers[0] });
      await back;
      for (let tries = 0; (await buy())[0] !== 200; tries++) {
        assert.ok(tries < 6000, 'the database is not found again');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.is(await source(), 'personal');
    });
    assert.is(ran.code, 0, ran.stderr);
    // A line for each purchase that was refused.
    assert.match(ran.stderr, /^postgres:\/\/127\.0\.0\.1:.*$/m);
    assert.not.match(ran.stderr, /^ +at /m);
  },
);

test.run();
