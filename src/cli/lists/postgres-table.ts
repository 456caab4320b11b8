/** Lists as a table of Postgres: a new one is filled, and takes the place of the old one in the same transaction. */
import { randomBytes } from 'node:crypto';
import { abortedBy, EndcapError, throwIfAborted, whenAborted } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import { type DatabaseAddress, databaseAddress } from '../../orders/databases/address.ts';
import { withoutDriver } from '../../orders/databases/driver.ts';
import { postgresDialect } from '../../orders/databases/postgres.ts';
import { connectToPostgres, type PostgresClient } from '../../orders/databases/postgres-client.ts';
import { tableParts } from '../../orders/databases/query.ts';
import type { Append } from './formats.ts';

/** A table that lists are written to. */
export interface ListsTable {
  readonly address: DatabaseAddress;
  /** As it is written in SQL. */
  readonly table: string;
}

const packages = 'pg pg-copy-streams';
const columns = ['customer', 'rank', 'product', 'score'];
/** What is renamed waits so long for readers of the old table, since new readers wait behind it; then it lets them go first. */
const lockMs = 2000;
const triesToLock = 60;
/** What Postgres says if a lock is not given in time, or would never be. */
const notLocked: ReadonlySet<unknown> = new Set(['55P03', '40P01']);

/** The table that an address and the name of a table stand for; undefined if it is the path of a file. @throws `invalid_options`. */
export function listsTable(output: string | undefined, table: string | undefined): ListsTable | undefined {
  const address = databaseAddress(output);
  if (address === undefined) {
    if (table === undefined) return undefined;
    throw new EndcapError('invalid_options', 'table: it is for -o postgres://host/shop, and files have none', {
      option: 'table',
    });
  }
  if (address.kind !== 'postgres')
    throw invalidOption('output', address.name, 'a file, or the address of a Postgres database');
  if (table === undefined || tableParts(table).length > 2)
    throw invalidOption('table', table, 'the name of the table for the lists, such as lists or shop.lists');
  return { address, table: tableParts(table, postgresDialect.fold).map(postgresDialect.quote).join('.') };
}

/**
 * Makes sure, before long work, that a table can be replaced: replaces it by an empty one, and takes that back.
 *
 * @throws `write_failed`, with the reason.
 */
export function checkTable(to: ListsTable, signal?: AbortSignal): Promise<void> {
  return within(to, signal, async (connection) => {
    const made = await makeTable(connection, to);
    await swap(connection, to, made, '', signal, 1);
    await connection.client.query('ROLLBACK');
  }).catch((error) => {
    // Somebody reads it just now, and others would wait.
    if (!(error instanceof EndcapError) || !notLocked.has(error.details.reason)) throw error;
  });
}

/**
 * Fills a new table, and puts it into the place of the old one, with its owner, grants, and indexes, in one transaction: whoever
 * reads finds either all of the old lists or all of the new ones. If anything goes wrong, the old table is as it was.
 *
 * @param comment of the table.
 * @param write gives rows of customer, rank, product, and score as CSV without a header.
 * @throws `write_failed`, and what `write` throws.
 */
export function replaceTable(
  to: ListsTable,
  comment: string,
  write: (append: Append) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  return within(to, signal, async (connection) => {
    const { from: copyFrom } = await import('pg-copy-streams').catch(
      withoutDriver(packages, to.address, 'write_failed'),
    );
    const made = await makeTable(connection, to);
    const into = connection.client.query(copyFrom(`COPY ${made.name} (${columns.join(', ')}) FROM STDIN (FORMAT csv)`));
    const failed = new Promise<never>((_, reject) => {
      into.on('error', reject);
      connection.onBroken(reject);
      whenAborted(signal, () => reject(abortedBy(signal)));
    });
    failed.catch(() => {});
    const written = (bytes: Uint8Array) =>
      // A copy: whoever writes uses the bytes again.
      new Promise<void>((resolve, reject) => {
        failed.catch(reject);
        into.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
      });
    await write(written);
    await new Promise<void>((resolve, reject) => {
      failed.catch(reject);
      into.end(resolve);
    });
    await swap(connection, to, made, comment, signal, triesToLock);
    await connection.client.query('COMMIT');
  });
}

/** Does work in a transaction, which ends unless it is committed. */
async function within(
  { address }: ListsTable,
  signal: AbortSignal | undefined,
  work: (connection: PostgresClient) => Promise<void>,
): Promise<void> {
  const connection = await connectToPostgres(address, 'write_failed', packages, signal);
  let isRunning = true;
  try {
    // How long it takes depends on how fast lists are made.
    await connection.client.query(`
      BEGIN; SET LOCAL client_encoding = 'UTF8'; SET LOCAL statement_timeout = 0;
      SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = ${lockMs}`);
    await work(connection);
    isRunning = false;
  } catch (error) {
    throwIfAborted(signal);
    throw connection.explain(error);
  } finally {
    await connection.close(isRunning);
  }
}

/** A new table, which others see only once it is in its place. */
interface Made {
  /** As it is written in SQL, with its schema. */
  readonly name: string;
  readonly schema: string;
  /** The old table; undefined if there is none. */
  readonly old: string | undefined;
}

async function makeTable(connection: PostgresClient, { table, address }: ListsTable): Promise<Made> {
  const { quote } = postgresDialect;
  const parts = tableParts(table);
  const { rows } = await connection.one(
    `SELECT coalesce((SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass($1)),
       ${parts.length > 1 ? 'quote_ident($2)' : 'quote_ident(current_schema())'}) AS schema, to_regclass($1)::text AS old,
       $2::text AS named`,
    [table, parts[0]],
  );
  const { schema, old } = rows[0] as { schema: string | null; old: string | null };
  if (schema === null) throw refusal(address, table, 'has no schema to be made in; name one, such as public.lists');
  const name = `${schema}.${quote(`endcap_${randomBytes(6).toString('hex')}`)}`;
  // There may be no table yet that could be locked.
  const { rows: locked } = await connection.one("SELECT pg_try_advisory_xact_lock(hashtext('endcap'), hashtext($1))", [
    `${schema}.${quote(parts.at(-1)!)}`,
  ]);
  if (!Object.values(locked[0])[0])
    throw refusal(address, old ?? table, 'is being written by another process; wait until that is done');
  if (old === null) {
    await connection.client.query(`
      CREATE TABLE ${name} (customer text NOT NULL, rank integer NOT NULL, product text NOT NULL, score real NOT NULL,
        PRIMARY KEY (customer, rank))`);
    return { name, schema, old: undefined };
  }
  await refuseLosses(connection, address, old);
  await connection.client.query(`CREATE TABLE ${name} (LIKE ${old} INCLUDING ALL)`);
  return { name, schema, old };
}

/** Refuses a table that is not one of lists, or has what would not be that of the new one. */
async function refuseLosses({ one }: PostgresClient, address: DatabaseAddress, old: string): Promise<void> {
  const { rows } = await one(
    `SELECT relkind, relpersistence, relispartition,
       ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       ARRAY(
         SELECT 'the trigger ' || tgname FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
         UNION ALL SELECT 'the policy ' || polname FROM pg_policy WHERE polrelid = c.oid
         UNION ALL SELECT 'its row-level security' WHERE relrowsecurity
         UNION ALL SELECT 'its place in the publication ' || pubname FROM pg_publication_rel r
           JOIN pg_publication p ON p.oid = prpubid WHERE prrelid = c.oid
         UNION ALL SELECT 'its foreign key ' || conname FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f'
       ) AS lost
     FROM pg_class c WHERE oid = $1::regclass`,
    [old],
  );
  const { relkind, relpersistence, relispartition, columns: found, lost } = rows[0];
  const lacking = columns.filter((column) => !found.includes(column));
  if (relkind !== 'r' || relpersistence !== 'p' || relispartition)
    throw refusal(address, old, 'is no ordinary table, which alone can be replaced');
  if (lacking.length > 0)
    throw refusal(
      address,
      old,
      `is no table of lists, which has the columns ${columns.join(', ')}; it lacks ${lacking.join(', ')}`,
    );
  if (lost.length > 0)
    throw refusal(address, old, `has what the table in its place would not have: ${lost.join(', ')}`);
}

/** Puts the new table into the place of the old one. Readers of the old one end first. */
async function swap(
  { client, one }: PostgresClient,
  to: ListsTable,
  { name, schema, old }: Made,
  comment: string,
  signal: AbortSignal | undefined,
  tries: number,
): Promise<void> {
  const own = tableParts(to.table).at(-1)!;
  const quoted = postgresDialect.quote(own);
  await client.query(`COMMENT ON TABLE ${name} IS ${client.escapeLiteral(comment)}`);
  const renamed: { now: string; then: string }[] = [];
  if (old !== undefined) {
    for (const { statement } of (await one(grants, [old, name])).rows) await client.query(statement);
    renamed.push(...(await one(indexNames, [old, name])).rows);
    await lock(client, old, signal, tries);
    await client.query(`DROP TABLE ${old}`);
  } else renamed.push(...(await one(firstIndexNames, [name, `${own}_pkey`])).rows);
  await client.query(`ALTER TABLE ${name} RENAME TO ${quoted}`);
  for (const { now, then } of renamed) {
    const { rows } = await one('SELECT to_regclass($1) AS taken', [`${schema}.${postgresDialect.quote(then)}`]);
    if (rows[0].taken === null)
      await client.query(
        `ALTER INDEX ${schema}.${postgresDialect.quote(now)} RENAME TO ${postgresDialect.quote(then)}`,
      );
  }
}

/** The statements that give one table the owner and the grants of another. */
const grants = `
  WITH old AS (SELECT * FROM pg_class WHERE oid = $1::regclass),
    given AS (
      SELECT privilege_type, '' AS columns, grantee, is_grantable FROM old, aclexplode(relacl) WHERE grantee <> relowner
      UNION ALL SELECT privilege_type, format(' (%I)', attname), grantee, is_grantable
        FROM pg_attribute, aclexplode(attacl) WHERE attrelid = $1::regclass AND NOT attisdropped
    )
  SELECT format('GRANT %s%s ON %s TO %s%s', privilege_type, columns, $2::text,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement FROM given
  UNION ALL SELECT format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(relowner)) FROM old
    WHERE pg_get_userbyid(relowner) <> current_user`;

/** What the indexes of the new table are to be called: as those of the old one that are alike. */
const indexNames = `
  WITH indexes AS (
    SELECT indrelid, relname::text AS name, indisunique, substring(pg_get_indexdef(indexrelid) FROM ' USING .*') AS how,
      row_number() OVER (PARTITION BY indrelid, indisunique, substring(pg_get_indexdef(indexrelid) FROM ' USING .*')
        ORDER BY relname) AS place
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid IN ($1::regclass, $2::regclass)
  )
  SELECT made.name AS now, old.name AS then FROM indexes made JOIN indexes old USING (indisunique, how, place)
  WHERE made.indrelid = $2::regclass AND old.indrelid = $1::regclass`;

const firstIndexNames = `
  SELECT relname::text AS now, $2::text AS then FROM pg_index JOIN pg_class c ON c.oid = indexrelid
  WHERE indrelid = $1::regclass`;

async function lock(
  client: PostgresClient['client'],
  table: string,
  signal: AbortSignal | undefined,
  tries: number,
): Promise<void> {
  for (let left = tries; ; left--) {
    throwIfAborted(signal);
    await client.query('SAVEPOINT before_lock');
    try {
      return void (await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`));
    } catch (error) {
      if (!notLocked.has((error as { code?: string }).code) || left <= 1) throw error;
      await client.query('ROLLBACK TO SAVEPOINT before_lock');
      await new Promise((resolve) => setTimeout(resolve, lockMs / 2));
    }
  }
}

function refusal({ name }: DatabaseAddress, table: string, problem: string): EndcapError {
  return new EndcapError('write_failed', `${name}: the table ${table} ${problem}`, { source: name, table });
}
