import type { Client, ClientConfig, Pool, PoolClient } from 'pg';
import { EndcapError } from '../../errors.ts';
import type { Connection, Database, Row, Value } from './connection.ts';
import { bounded } from './group.ts';
import { migrate } from './schema.ts';
import { createSqlStore } from './sql-store.ts';
import type { ShopStore } from './store.ts';

/** The schema that holds the tables, so that they can live in a shop's own database. */
const schema = 'endcap';
const channel = 'endcap_changed';
/** One writes, the others read. */
const maxConnections = 4;
const connectMs = 5000;
/** A statement that takes longer is ended: a lock that somebody holds must not hold all writers. */
const statementMs = 15_000;
/** How long to wait before listening again after the connection broke. */
const listenAgainMs = 1000;

/** Rows of one INSERT: Postgres takes 65,535 values. */
const maxValues = 60_000;

/**
 * Opens a store in a Postgres database, which several servers can share: `postgres://user:password@host:5432/shop`. Its
 * tables are in the schema `endcap`, made on first use. Needs the optional package `pg`.
 *
 * @throws `store_unreadable` if `pg` is missing, the database cannot be reached, or its tables are of a later version.
 *
 * @example
 * const store = await openPostgresStore(process.env.DATABASE_URL!);
 */
export async function openPostgresStore(url: string): Promise<ShopStore> {
  const where = withoutPassword(url);
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
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    application_name: 'endcap',
    options: `-c search_path=${schema}`,
    types: {
      getTypeParser: ((type: number, format?: 'text') =>
        type === int8 ? Number : types.getTypeParser(type, format)) as typeof types.getTypeParser,
    },
  };
  const pool = new Pool({ ...config, max: maxConnections });
  // A connection that breaks while idle; the next request opens another.
  pool.on('error', () => {});
  const database = databaseOver(pool, () => new Client(config), where);
  try {
    const salt = await database.transaction(async (connection) => {
      // Two servers that start together must not both make the tables.
      await connection.all("SELECT pg_advisory_xact_lock(hashtext('endcap'))");
      await connection.all(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      const [{ found }] = await connection.all(`SELECT to_regclass('${schema}.state')::text AS found`);
      return migrate(connection, found !== null, where);
    });
    const store = createSqlStore(database, salt);
    return { ...store, append: bounded(store.append) };
  } catch (cause) {
    await pool.end();
    if (cause instanceof EndcapError && cause.code === 'store_unreadable') throw cause;
    throw new EndcapError(
      'store_unreadable',
      `${where} cannot be used as a store: ${(cause as Error).message}`,
      { store: where },
      { cause },
    );
  }
}

function databaseOver(pool: Pool, connect: () => Client, where: string): Database {
  async function using<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      const client = await pool.connect();
      let broken: Error | undefined;
      const onError = (error: Error) => (broken = error);
      client.on('error', onError);
      try {
        return await work(client);
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    } catch (cause) {
      if (cause instanceof EndcapError) throw cause;
      throw new EndcapError('store_failed', `${where}: ${(cause as Error).message}`, { store: where }, { cause });
    }
  }

  return {
    kind: 'postgres',
    transaction: (work) =>
      using(async (client) => {
        await client.query('BEGIN');
        try {
          const result = await work(connectionOver(client));
          await client.query(`NOTIFY ${channel}`);
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK').catch(() => {});
          throw error;
        }
      }),
    read: (work) => using((client) => work(connectionOver(client))),
    // Rows that were removed leave the pages; their bytes stay in the write-ahead log until Postgres recycles it.
    forget: () =>
      using(async (client) => {
        await client.query(`VACUUM ${schema}.purchases, ${schema}.orders, ${schema}.requests`);
      }),
    watch(changed) {
      let ended = false;
      let current: Client | undefined;
      const listen = async () => {
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
    find: async (table, columns, keyColumns, keys) =>
      keys.length === 0
        ? []
        : all(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${isIn(keyColumns)}`, byColumn(keyColumns, keys)),
    async remove(table, keyColumns, keys) {
      if (keys.length > 0) await all(`DELETE FROM ${table} WHERE ${isIn(keyColumns)}`, byColumn(keyColumns, keys));
    },
  };
}

/** What messages show of a URL. */
function withoutPassword(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'the Postgres URL';
  }
}
