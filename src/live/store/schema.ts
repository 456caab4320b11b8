import { createHmac, randomBytes } from 'node:crypto';
import { EndcapError } from '../../errors.ts';
import type { Connection, Database } from './connection.ts';

/**
 * The steps from each version of the tables to the next; the version is their number. A step that was released never
 * changes. `seq` is the place of a row among all that was ever written, whatever the table. A statement by its database is
 * for that one alone.
 */
const steps: readonly (readonly (string | Partial<Record<Database['kind'], string>>)[])[] = [
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
  ],
  [
    // When a product was first said. Of those from before, only their order is known.
    'ALTER TABLE products ADD COLUMN added_at BIGINT NOT NULL DEFAULT 0',
    'UPDATE products SET added_at = seq',
  ],
  [
    // Products are a JSON array of ids. There is no key: whoever reads by customer and time passes a repetition over.
    `CREATE TABLE shown (
      customer TEXT NOT NULL, shown_at BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, scenario TEXT, source TEXT,
      model TEXT NOT NULL, experiment TEXT, arm TEXT, products TEXT NOT NULL)`,
    'CREATE INDEX shown_to_customer ON shown (customer, shown_at)',
    'CREATE INDEX shown_by_time ON shown (shown_at)',
  ],
  [
    // For ids that begin with a text. SQLite compares text by code points, so that the index on customers is enough.
    { postgres: 'CREATE INDEX orders_by_prefix ON orders (customer COLLATE "C")' },
  ],
  [
    // The newest purchases of whoever has very many are found without a look at the others.
    'CREATE INDEX purchases_of_customer_by_seq ON purchases (customer, seq)',
    'DROP INDEX purchases_of_customer',
  ],
];

/** The version that this code reads and writes. */
export const schemaVersion = steps.length;

/**
 * Brings the tables to this version. Run it in a transaction.
 *
 * @param where what the store is, for messages.
 * @returns the salt of the store's hashes.
 * @throws `store_unreadable` if the tables are of a later version.
 */
export async function migrate(
  connection: Connection,
  kind: Database['kind'],
  hasTables: boolean,
  where: string,
): Promise<string> {
  const [found] = hasTables ? await connection.all("SELECT number FROM state WHERE name = 'version'") : [];
  const version = Number(found?.number ?? 0);
  if (version > schemaVersion)
    throw new EndcapError(
      'store_unreadable',
      `${where} was written by a later version of Endcap (its tables have version ${version}; this one knows ` +
        `${schemaVersion}); install that version, or use another store`,
      { store: where, version, expected: schemaVersion },
    );
  for (const statement of steps.slice(version).flat()) {
    const own = typeof statement === 'string' ? statement : statement[kind];
    if (own !== undefined) await connection.all(own);
  }
  if (version === 0) {
    await connection.insert(
      'state',
      ['name', 'number', 'text'],
      [
        ['version', schemaVersion, null],
        ['seq', 0, null],
        ['salt', 0, randomBytes(32).toString('hex')],
      ],
    );
  } else if (version < schemaVersion) {
    await connection.all("UPDATE state SET number = ? WHERE name = 'version'", [schemaVersion]);
  }
  const [salt] = await connection.all("SELECT text FROM state WHERE name = 'salt'");
  return String(salt.text);
}

/** The hash by which the store names a customer whom it must not know. */
export function hashWith(salt: string): (customer: string) => string {
  return (customer) => createHmac('sha256', salt).update(customer).digest('hex');
}
