import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openPostgresStore } from '../../../src/live/store/postgres.ts';
import { openDriver } from '../../../src/live/store/sqlite/database.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import { startPostgres } from '../../support/postgres.ts';
import { line } from '../../support/purchases.ts';
import { testUnless } from '../../support/skip.ts';

/** How each version made its tables, and what they held: a copy that never changes, unlike the code. */
const versions: string[][] = [
  [
    `CREATE TABLE purchases (
      seq BIGINT PRIMARY KEY, customer TEXT NOT NULL, order_id TEXT NOT NULL, product TEXT NOT NULL,
      quantity BIGINT NOT NULL, bought_at BIGINT NOT NULL, recommendation TEXT)`,
    'CREATE INDEX purchases_of_customer ON purchases (customer)',
    'CREATE INDEX purchases_of_order ON purchases (order_id, product)',
    'CREATE INDEX purchases_by_time ON purchases (bought_at)',
    'CREATE TABLE orders (order_id TEXT PRIMARY KEY, customer TEXT NOT NULL)',
    'CREATE INDEX orders_of_customer ON orders (customer)',
    'CREATE TABLE requests (name TEXT PRIMARY KEY, body TEXT NOT NULL, received_at BIGINT NOT NULL)',
    'CREATE INDEX requests_by_time ON requests (received_at)',
    'CREATE TABLE products (product TEXT PRIMARY KEY, fields TEXT NOT NULL, seq BIGINT NOT NULL)',
    'CREATE INDEX products_by_seq ON products (seq)',
    'CREATE TABLE erasures (hash TEXT PRIMARY KEY, seq BIGINT NOT NULL)',
    'CREATE TABLE state (name TEXT PRIMARY KEY, number BIGINT NOT NULL, text TEXT)',
    "INSERT INTO state VALUES ('version', 1, NULL), ('seq', 4, NULL), ('salt', 0, 'salty')",
    "INSERT INTO purchases VALUES (1, 'ann', 'o1', 'tea', 1, 1767225600000, NULL)",
    "INSERT INTO orders VALUES ('o1', 'ann')",
    `INSERT INTO products VALUES ('tea', '{"price":3}', 2), ('pot', '{"available":false}', 3)`,
    "INSERT INTO erasures VALUES ('beef', 4)",
  ],
];
/** The second version had the time at which a product was first said. */
versions.push([
  ...versions[0].map((statement) => statement.replace("('version', 1, NULL)", "('version', 2, NULL)")),
  'ALTER TABLE products ADD COLUMN added_at BIGINT NOT NULL DEFAULT 0',
  'UPDATE products SET added_at = seq',
]);
/** The third one kept the lists that were shown. */
versions.push([
  ...versions[1].map((statement) => statement.replace("('version', 2, NULL)", "('version', 3, NULL)")),
  `CREATE TABLE shown (
    customer TEXT NOT NULL, shown_at BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, scenario TEXT, source TEXT,
    model TEXT NOT NULL, experiment TEXT, arm TEXT, products TEXT NOT NULL)`,
  'CREATE INDEX shown_to_customer ON shown (customer, shown_at)',
  'CREATE INDEX shown_by_time ON shown (shown_at)',
]);
/** The fourth one had an index on the customers of orders, in Postgres alone. */
versions.push(versions[2].map((statement) => statement.replace("('version', 3, NULL)", "('version', 4, NULL)")));

const test = suite('versions of the tables');
const folder = mkdtempSync(join(tmpdir(), 'endcap-schema-'));
const started = await startPostgres();
const reason = typeof started === 'string' ? started : undefined;
const postgres = started as Exclude<typeof started, string>;

test.after(async () => {
  rmSync(folder, { recursive: true });
  if (reason === undefined) await postgres.stop();
});

async function check(store: ShopStore): Promise<void> {
  assert.equal(await store.append({ purchases: [line()] }), { accepted: 0, duplicates: 1 });
  assert.equal(
    (await store.productsAfter(0, 9)).map(({ product, fields, seq }) => ({ product, fields, seq })),
    [
      { product: 'tea', fields: { price: 3 }, seq: 2 },
      { product: 'pot', fields: { available: false }, seq: 3 },
    ],
  );
  assert.equal(await store.erasuresAfter(0), [{ hash: 'beef', seq: 4 }]);
  assert.equal(await store.shownAfter!(undefined, 9), []);
  await store.putProducts([{ product: 'cup', fields: {} }]);
  assert.is(await store.lastSeq(), 5);
}

for (const [i, statements] of versions.entries()) {
  test(`a SQLite file of version ${i + 1} becomes one of today, with all that it had`, async () => {
    const [old, fresh] = [join(folder, `${i}.db`), join(folder, `${i}-fresh.db`)];
    const driver = openDriver(old);
    for (const statement of statements) driver.exec(statement);
    driver.close();
    const store = await openSqliteStore(old);
    await check(store);
    await store.close();
    await (await openSqliteStore(fresh)).close();
    const [tables, expected] = [old, fresh].map((path) => {
      const file = openDriver(path);
      const columns = file.prepare(`
        SELECT t.name AS "table", c.name, c.type, c."notnull" FROM sqlite_master t, pragma_table_info(t.name) c
        ORDER BY t.name, c.name`);
      const version = file.prepare("SELECT number FROM state WHERE name = 'version'");
      const found = [...columns.all(), ...version.all()].map((row) => ({ ...(row as object) }));
      file.close();
      return found;
    });
    assert.equal(tables, expected);
  });

  testUnless(test, reason, `so do tables of version ${i + 1} in Postgres, for two servers at once`, async () => {
    const url = await postgres.newDatabase();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('CREATE SCHEMA endcap; SET search_path = endcap');
    for (const statement of statements) await client.query(statement);
    await client.end();
    const [store, other] = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
    await check(store);
    await Promise.all([store.close(), other.close()]);
  });
}

test.run();
