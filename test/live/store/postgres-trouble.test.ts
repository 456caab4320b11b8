/** What goes wrong between a server and Postgres, and what a database may be set to. */
import { inspect } from 'node:util';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openPostgresStore } from '../../../src/live/store/postgres.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { type Network, startNetwork } from '../../support/network.ts';
import { startPostgres } from '../../support/postgres.ts';
import { line } from '../../support/purchases.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('postgres in trouble');
const started = await startPostgres();
const reason = typeof started === 'string' ? started : undefined;
const patient = { connectMs: 5000, statementMs: 15_000, answerMs: 20_000 };
/** Below the time that a test may take, and above that of a statement on a busy machine. */
const shortMs = 1000;

interface Given {
  url: string;
  /** Runs SQL as the owner of the database. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  open(url?: string, limits?: Partial<typeof patient>): Promise<ShopStore>;
  network(): Promise<Network>;
}

/** A test with a database of its own, whose stores and networks are closed afterwards. */
function testWith(name: string, body: (given: Given) => Promise<void>): void {
  testUnless(test, reason, name, async () => {
    const url = await (started as Exclude<typeof started, string>).newDatabase();
    const client = new pg.Client(url);
    await client.connect();
    const stores: ShopStore[] = [];
    const networks: Network[] = [];
    try {
      await body({
        url,
        query: async (sql) => (await client.query(sql)).rows,
        async open(address = url, limits) {
          const store = await openPostgresStore(address, { ...patient, ...limits });
          stores.push(store);
          return store;
        },
        async network() {
          const network = await startNetwork(url);
          networks.push(network);
          return network;
        },
      });
    } finally {
      for (const network of networks) network.release();
      await Promise.all(stores.map((store) => store.close()));
      for (const network of networks) await network.close();
      await client.end();
    }
  });
}

const order = (name: string) => ({ purchases: [line({ order: name })] });
const seqs = async (store: ShopStore) => (await store.purchasesAfter(0, 100)).map(({ seq }) => seq);

testWith('who follows by place skips nothing of a transaction that commits late', async ({ url, open, ...given }) => {
  const network = await given.network();
  const [late, other, follower] = [await open(network.through(url)), await open(), await open()];
  await other.append(order('before'));
  const silent = network.silenceAt('NOTIFY');
  const committing = late.append(order('late'));
  await silent;
  // All is written but not committed; a place after it must not be seen before it.
  let isWritten = false;
  const waiting = other.append(order('after')).then(() => {
    isWritten = true;
  });
  for (let tries = 0; tries < 20; tries++) assert.equal(await seqs(follower), [1]);
  assert.not.ok(isWritten);
  network.release();
  await Promise.all([committing, waiting]);
  assert.equal(await seqs(follower), [1, 2, 3]);
  assert.equal(
    (await follower.purchasesAfter(0, 9)).map((each) => each.order),
    ['before', 'late', 'after'],
  );
});

testWith('a server that falls silent in a transaction does not hold the others', async ({ url, open, ...given }) => {
  const network = await given.network();
  const [silent, other] = [await open(network.through(url), { statementMs: shortMs }), await open()];
  const fallen = network.silenceAt('INSERT INTO purchases');
  const lost = endcapErrorOf(silent.append(order('lost')));
  await fallen;
  assert.equal(await other.append(order('here')), { accepted: 1, duplicates: 0 });
  assert.equal(
    (await other.purchasesAfter(0, 9)).map((each) => each.order),
    ['here'],
  );
  network.release();
  assert.is((await lost).code, 'store_failed');
});

testWith(
  'a database that does not answer is given up, also by those who wait behind',
  async ({ url, open, ...given }) => {
    const network = await given.network();
    const store = await open(network.through(url), { answerMs: shortMs, connectMs: shortMs });
    await store.append(order('before'));
    const silent = network.silenceAt('UPDATE state');
    const lost = store.append(order('a'));
    await silent;
    const calls = [
      lost,
      store.append(order('b')),
      store.purchasesOf('ann'),
      store.erase('ann'),
      ...Array.from({ length: 10 }, (_, i) => store.putProducts([{ product: `p${i}`, fields: {} }])),
    ];
    for (const { code, message } of await Promise.all(calls.map(endcapErrorOf))) {
      assert.is(code, 'store_failed');
      assert.match(message, /did not answer within 1000 ms|timeout|terminated/);
    }
    network.release();
    assert.equal(await store.append(order('after')), { accepted: 1, duplicates: 0 });
  },
);

testWith('settings of the database and the address change nothing', async ({ url, query, open }) => {
  const database = new URL(url).pathname.slice(1);
  for (const setting of [
    "default_transaction_isolation = 'serializable'",
    'default_transaction_read_only = on',
    'synchronous_commit = off',
    'statement_timeout = 1',
    'search_path = pg_catalog',
  ])
    await query(`ALTER DATABASE ${database} SET ${setting}`);
  const stores = [await open(`${url}?options=-c%20search_path%3Dpublic`), await open()];
  const orders = Array.from({ length: 40 }, (_, i) => stores[i % 2].append(order(`o${i}`)));
  assert.equal(new Set((await Promise.all(orders)).map(({ accepted }) => accepted)), new Set([1]));
  assert.is((await seqs(await open())).length, 40);
  const tables = await query(
    "SELECT table_schema AS name FROM information_schema.tables WHERE table_name = 'purchases'",
  );
  assert.equal(tables, [{ name: 'endcap' }]);
  await stores[0].erase('ann');
});

testWith('a role needs no right to make the schema if it is there', async ({ url, query, open }) => {
  await (await open()).append(order('o1'));
  const role = `endcap_test_role_${process.pid}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'p/w'`);
  try {
    await query(`GRANT USAGE ON SCHEMA endcap TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA endcap TO ${role}`);
    const address = new URL(url);
    [address.username, address.password] = [role, encodeURIComponent('p/w')];
    assert.equal(await (await open(address.href)).append(order('o2')), { accepted: 1, duplicates: 0 });
  } finally {
    await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

testWith('PgBouncer takes what is sent: no settings of the connection, no named statements', async (given) => {
  const network = await given.network();
  const store = await given.open(network.through(given.url));
  await store.append({ ...order('o1'), key: 'k' });
  await store.putProducts([{ product: 'tea', fields: {} }]);
  await store.compact(0);
  await store.erase('ann');
  const taken = ['user', 'database', 'application_name', 'client_encoding'];
  for (const sent of network.sent) {
    const length = sent.readInt32BE(0);
    const settings = sent.toString('latin1', 8, length - 2).split('\0');
    assert.equal(
      settings.filter((name, i) => i % 2 === 0 && !taken.includes(name)),
      [],
    );
    for (let place = length; place < sent.length; place += 1 + sent.readInt32BE(place + 1))
      if (sent[place] === 'P'.charCodeAt(0)) assert.is(sent[place + 5], 0);
  }
});

testWith('SSL that the server does not have is refused with the reason', async ({ url, open }) => {
  const { code, message } = await endcapErrorOf(open(`${url}?sslmode=no-verify`));
  assert.is(code, 'store_unreadable');
  assert.match(message, /does not support SSL/);
  assert.match((await endcapErrorOf(open(`${url}?sslrootcert=missing.pem`))).message, /missing\.pem/);
  await (await open(`${url}?sslmode=disable`)).append(order('o1'));
});

test('no error has a password, also if it breaks the address', async () => {
  for (const address of [
    'postgres://shop:secret@127.0.0.1:9/orders',
    'postgres://127.0.0.1:9/orders?user=shop&password=secret',
    ...['se/secret', 'se#secret', 'se?secret', '12/secret', '12?secret', '12#secret', 'a@secret', '[secret'].map(
      (password) => `postgres://shop:${password}@127.0.0.1:9/orders`,
    ),
  ]) {
    const error = await endcapErrorOf(openPostgresStore(address));
    assert.is(error.code, 'store_unreadable');
    assert.not.match(inspect(error, { depth: 9 }), /secret/, address);
  }
});

if (typeof started !== 'string') test.after(() => started.stop());
test.run();
