import type { Client, ClientConfig, Pool, PoolClient } from 'pg';
import { EndcapError } from '../../errors.ts';
import { databaseAddress } from '../../orders/databases/address.ts';
import { createTurns } from '../../turns.ts';
import type { Connection, Database, Row, Value } from './connection.ts';
import { bounded } from './group.ts';
import { migrate } from './schema.ts';
import { createSqlStore } from './sql-store.ts';
import type { ShopStore } from './store.ts';

/** The schema that holds the tables, so that they can live in a shop's own database. */
const schema = 'endcap';
const channel = 'endcap_changed';
/** One writes, one cleans up after erasures, the others read. */
const maxConnections = 4;
/** How long to wait before listening again after the connection broke. */
const listenAgainMs = 1000;

/** Rows of one INSERT: Postgres takes 65,535 values. */
const maxValues = 60_000;

/** How long things may take, in milliseconds. */
interface Limits {
  connectMs: number;
  /** Postgres ends a statement that takes longer, and a transaction whose server went silent: others wait for its lock. */
  statementMs: number;
  /** A read, or a transaction with its wait for those before it. What takes longer is given up, whatever holds it. */
  answerMs: number;
}

const defaultLimits: Limits = { connectMs: 5000, statementMs: 15_000, answerMs: 20_000 };

/**
 * Opens a store in a Postgres database, which several servers can share: `postgres://user:password@host:5432/shop`. Its
 * tables are in the schema `endcap`, made on first use. Needs the optional package `pg`.
 *
 * Everything runs in transactions that bring their settings along and uses no named statement, so that the address may be
 * that of PgBouncer in its transaction mode. There, what other servers write is heard of within a minute, since it carries no
 * notifications.
 *
 * @throws `store_unreadable` if `pg` is missing, the database cannot be reached, or its tables are of a later version.
 *
 * @example
 * const store = await openPostgresStore(process.env.DATABASE_URL!);
 */
export async function openPostgresStore(url: string, limits: Limits = defaultLimits): Promise<ShopStore> {
  const where = nameOf(url);
  const pg = await import('pg').catch((cause) => {
    throw new EndcapError(
      'store_unreadable',
      `${where} needs the package pg: npm install pg`,
      { store: where },
      { cause },
    );
  });
  const { Client, Pool, types } = pg.default;
  /** BIGINT, whose values here are places, quantities and times: all below 2^53. */
  const int8 = 20;
  const config: ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: limits.connectMs,
    application_name: 'endcap',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: {
      getTypeParser: ((type: number, format?: 'text') =>
        type === int8 ? Number : types.getTypeParser(type, format)) as typeof types.getTypeParser,
    },
  };
  const pool = new Pool({ ...config, max: maxConnections });
  // A connection that breaks while idle; the next request opens another.
  pool.on('error', () => {});
  const database = databaseOver(pool, () => new Client(config), where, limits);
  try {
    const salt = await database.transaction(async (connection) => {
      // Two servers that start together must not both make the tables.
      await connection.all("SELECT pg_advisory_xact_lock(hashtext('endcap'))");
      // Where it is there, no right to make one is needed.
      const [{ made }] = await connection.all(`SELECT to_regnamespace('${schema}')::text AS made`);
      if (made === null) await connection.all(`CREATE SCHEMA ${schema}`);
      const [{ found }] = await connection.all(`SELECT to_regclass('${schema}.state')::text AS found`);
      return migrate(connection, database.kind, found !== null, where);
    });
    const store = createSqlStore(database, salt);
    return { ...store, append: bounded(store.append) };
  } catch (cause) {
    await pool.end();
    if (cause instanceof EndcapError && cause.code === 'store_unreadable') throw cause;
    throw new EndcapError(
      'store_unreadable',
      `${where} cannot be used as a store: ${(cause as Error).message.replace(`${where}: `, '')}`,
      { store: where },
      { cause },
    );
  }
}

/**
 * The beginning of a transaction with its settings, whatever those of the database, the role, and the address are. Writers
 * wait for each other and then see what the one before wrote; what is acknowledged is on disk.
 */
function begin(mode: 'READ ONLY' | 'READ WRITE', { statementMs }: Limits): string {
  return `
    BEGIN ISOLATION LEVEL READ COMMITTED ${mode};
    SET LOCAL search_path = ${schema};
    SET LOCAL statement_timeout = ${statementMs};
    SET LOCAL idle_in_transaction_session_timeout = ${statementMs};
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`;
}

function databaseOver(pool: Pool, connect: () => Client, where: string, limits: Limits): Database {
  const { answerMs } = limits;
  const silent = () => new Error(`it did not answer within ${answerMs} ms`);
  const failed = (cause: unknown) =>
    cause instanceof EndcapError
      ? cause
      : new EndcapError('store_failed', `${where}: ${(cause as Error).message}`, { store: where }, { cause });

  /** @param until on the clock of `performance`. */
  async function using<T>(work: (client: PoolClient) => Promise<T>, until = performance.now() + answerMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    try {
      if (performance.now() > until) throw silent();
      const client = await pool.connect();
      let broken: Error | undefined;
      const onError = (error: Error) => {
        broken = error;
      };
      client.on('error', onError);
      const expired = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          broken = silent();
          reject(broken);
        }, until - performance.now());
      });
      const working = work(client);
      // It fails once the connection is closed, when nobody waits for it any more.
      working.catch(() => {});
      try {
        return await Promise.race([working, expired]);
      } finally {
        client.off('error', onError);
        // The pool closes what is broken.
        client.release(broken);
      }
    } catch (cause) {
      throw failed(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async function within<T>(
    client: PoolClient,
    mode: 'READ ONLY' | 'READ WRITE',
    isQuiet: boolean,
    work: () => Promise<T>,
  ): Promise<T> {
    await client.query(begin(mode, limits));
    try {
      const result = await work();
      await client.query(isQuiet ? 'COMMIT' : `NOTIFY ${channel}; COMMIT`);
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  /** Writers of this server wait here and not each with a connection, since readers need some. */
  const inTurn = createTurns();
  const cleaning = createTurns();
  let nextCleaning: Promise<void> | undefined;

  return {
    kind: 'postgres',
    transaction(work, isQuiet = false) {
      const until = performance.now() + answerMs;
      return inTurn(() =>
        using((client) => within(client, 'READ WRITE', isQuiet, () => work(connectionOver(client))), until),
      );
    },
    read: (work) => using((client) => within(client, 'READ ONLY', true, () => work(connectionOver(client)))),
    // Rows that were removed leave the pages; their bytes stay in the write-ahead log until Postgres recycles it.
    forget() {
      nextCleaning ??= cleaning(() => {
        nextCleaning = undefined;
        const tables = ['purchases', 'orders', 'requests', 'shown'].map((table) => `${schema}.${table}`);
        return using(async (client) => {
          await client.query(`VACUUM (SKIP_LOCKED) ${tables.join(', ')}`);
        }).catch(() => {
          // Postgres does it by itself, later.
        });
      });
      return nextCleaning;
    },
    watch(changed) {
      let ended = false;
      let current: Client | undefined;
      const listen = async () => {
        // It may have ended while this waited.
        if (ended) return;
        const client = connect();
        current = client;
        const again = () => {
          if (current !== client) return;
          current = undefined;
          client.end().catch(() => {});
          if (!ended) setTimeout(listen, listenAgainMs).unref();
        };
        client.on('error', again);
        client.on('end', again);
        client.on('notification', changed);
        try {
          await client.connect();
          if (ended) return void client.end();
          await client.query(`LISTEN ${channel}`);
          // What was written while nobody listened.
          changed();
        } catch {
          again();
        }
      };
      listen();
      return () => {
        ended = true;
        const client = current;
        current = undefined;
        client?.end().catch(() => {});
      };
    },
    close: () => pool.end(),
  };
}

function connectionOver(client: PoolClient): Connection {
  const all = async (sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
    let place = 0;
    const text = sql.replace(/\?/g, () => `$${++place}`);
    return (await client.query(text, [...values])).rows;
  };
  /** `(a, b) IN (...)`, of arrays by column, so that the statement is the same for any number of keys. */
  const isIn = (columns: readonly string[]) =>
    `(${columns.join(', ')}) IN (SELECT * FROM unnest(${columns.map(() => '?::text[]').join(', ')}))`;
  const byColumn = (columns: readonly string[], keys: readonly (readonly string[])[]) =>
    columns.map((_, column) => keys.map((key) => key[column]));

  return {
    all,
    async insert(table, columns, rows) {
      const most = Math.floor(maxValues / columns.length);
      for (let from = 0; from < rows.length; from += most) {
        const part = rows.slice(from, from + most);
        const places = part.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ');
        await all(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places}`, part.flat() as Value[]);
      }
    },
    async find(table, columns, keyColumns, keys, newest) {
      if (keys.length === 0) return [];
      const [names, values] = [columns.join(', '), byColumn(keyColumns, keys)];
      if (!newest) return all(`SELECT ${names} FROM ${table} WHERE ${isIn(keyColumns)}`, values);
      const each = keyColumns.map((column) => `${table}.${column} = wanted.${column}`).join(' AND ');
      // One statement, which goes down an index for each key.
      return all(
        `SELECT found.* FROM unnest(${keyColumns.map(() => '?::text[]').join(', ')}) AS wanted (${keyColumns.join(', ')})
          CROSS JOIN LATERAL (SELECT ${names} FROM ${table} WHERE ${each} ORDER BY ${newest.by} DESC LIMIT ?) AS found`,
        [...values, newest.limit],
      );
    },
    async remove(table, keyColumns, keys) {
      if (keys.length > 0) await all(`DELETE FROM ${table} WHERE ${isIn(keyColumns)}`, byColumn(keyColumns, keys));
    },
  };
}

/** What messages show of an address. @throws `store_unreadable` if it is none. */
function nameOf(address: string): string {
  try {
    const found = databaseAddress(address);
    if (found?.kind === 'postgres') return found.name;
  } catch {
    // Nothing of it is shown.
  }
  throw new EndcapError(
    'store_unreadable',
    'the address of the Postgres database is not like postgres://user:password@host:5432/shop; write other signs than ' +
      'letters and digits of the password as encodeURIComponent does, such as %2F for /',
  );
}
