import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openPostgresStore } from '../../../src/live/store/postgres.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startOwnPostgres } from '../../support/postgres.ts';
import { line } from '../../support/purchases.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';

const test = suite('postgres store');
const started = await startOwnPostgres();
const reason = typeof started === 'string' ? started : undefined;
const server = () => started as Exclude<typeof started, string>;
const url = reason === undefined ? await server().newDatabase() : '';

testUnless(test, reason, 'several servers share a store: places ascend, none sees a gap, and each hears', async () => {
  const [a, b] = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
  let heard = 0;
  const stop = b.watch(() => heard++);
  let [after, isOver] = [0, false];
  const seen: number[] = [];
  const following = (async () => {
    while (!isOver || (await b.lastSeq()) > after) {
      for (const { seq } of await b.purchasesAfter(after, 50)) {
        seen.push(seq);
        after = seq;
      }
    }
  })();
  const orders = Array.from({ length: 100 }, (_, i) => ({ purchases: [line({ order: `o${i}` })] }));
  await Promise.all(orders.flatMap((order) => [a.append(order), b.append(order)]));
  isOver = true;
  await following;
  assert.equal(
    seen,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.ok(heard > 0);
  stop();
  await Promise.all([a.close(), b.close()]);
});

testUnless(
  test,
  reason,
  'while the database is away purchases are refused, and those sent again count once',
  async () => {
    const store = await openPostgresStore(url);
    let heard = 0;
    const stop = store.watch(() => heard++);
    const request = { purchases: [line({ order: 'before' })] };
    await store.append(request);
    const down = server().crash();
    const refused = await endcapErrorOf(
      (async () => {
        for (;;) {
          await store.append({ purchases: [line({ order: 'away' })] });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })(),
    );
    assert.is(refused.code, 'store_failed');
    await down;
    assert.equal(await store.append(request), { accepted: 0, duplicates: 1 });
    const before = heard;
    for (let tries = 0; heard === before && tries < 100; tries++) {
      await store.append({ purchases: [line({ order: `later ${tries}` })] });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(heard > before, 'it listens again');
    stop();
    await store.close();
  },
);

testUnless(test, reason, 'a store that is closed while it waits to listen again does not listen', async () => {
  const { default: pg } = await import('pg');
  const listeners = async () => {
    const client = new pg.Client(url);
    await client.connect();
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    await client.end();
    return rowCount!;
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const store = await openPostgresStore(url);
  const stop = store.watch(() => {});
  await until(async () => (await listeners()) > 0, 20);
  await server().crash();
  stop();
  await store.close();
  await wait(1200);
  assert.is(await listeners(), 0);
});

testUnless(test, reason, 'tables of a later version are refused', async () => {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query("SELECT number FROM endcap.state WHERE name = 'version'");
  await client.query("UPDATE endcap.state SET number = 99 WHERE name = 'version'");
  const { code, message } = await endcapErrorOf(openPostgresStore(url));
  assert.is(code, 'store_unreadable');
  assert.match(message, /later version of Endcap/);
  await client.query("UPDATE endcap.state SET number = $1 WHERE name = 'version'", [rows[0].number]);
  await client.end();
});

testUnless(test, reason, 'tables of the version before times of products are brought to this one', async () => {
  const before = await openPostgresStore(url);
  await before.putProducts([{ product: 'tea', fields: { price: 3 } }]);
  await before.close();
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query('ALTER TABLE endcap.products DROP COLUMN added_at');
  await client.query('DROP TABLE endcap.shown');
  await client.query('DROP INDEX endcap.orders_by_prefix');
  await client.query('DROP INDEX endcap.purchases_of_customer_by_seq');
  await client.query('CREATE INDEX purchases_of_customer ON endcap.purchases (customer)');
  await client.query("UPDATE endcap.state SET number = 1 WHERE name = 'version'");
  await client.end();
  const store = await openPostgresStore(url);
  await store.putProducts([{ product: 'pot', fields: {} }]);
  const products = await store.productsAfter(0, 1000);
  const timeOf = (id: string) => products.find(({ product }) => product === id)!.addedAt;
  assert.ok(timeOf('tea') > 0 && timeOf('tea') < timeOf('pot'));
  await store.close();
});

test('a database that cannot be reached is named without its password', async () => {
  const { code, message } = await endcapErrorOf(openPostgresStore('postgres://shop:secret@127.0.0.1:9/orders'));
  assert.is(code, 'store_unreadable');
  assert.match(message, /postgres:\/\/127\.0\.0\.1:9\/orders cannot be used as a store/);
  assert.not.match(message, /secret/);
});

if (reason === undefined) test.after(() => server().stop());
test.run();
