/** Connections to Postgres for long reading and writing; the stores of running shops have their own. */
import { Socket } from 'node:net';
import type { Client, ClientConfig, QueryConfig, QueryResult } from 'pg';
import { EndcapError, type ErrorCode, throwIfAborted, whenAborted } from '../../errors.ts';
import { concealed, type DatabaseAddress } from './address.ts';
import { withoutDriver } from './driver.ts';

/** A connection within which statements run one after the other. */
export interface PostgresClient {
  readonly client: Client;
  /** Calls this once the connection breaks, also if it has. */
  onBroken(tell: (error: EndcapError) => void): void;
  /** Runs one statement; of several, or of none, it is an error. Values are `$1`, `$2`, and so on. */
  one(text: string, values?: readonly unknown[]): Promise<QueryResult>;
  /** What is wrong, in words without secrets. */
  explain(cause: unknown): EndcapError;
  /** Ends the connection; if a statement still runs, ends that, too. */
  close(isRunning?: boolean): Promise<void>;
}

const connectMs = 10_000;
/** How long the end of a connection is waited for. */
const closeMs = 2000;

/**
 * Connects to a database. What the address leaves out is in the variables of libpq: PGHOST, PGPORT, PGUSER, PGPASSWORD,
 * PGDATABASE, PGSSLMODE, and the file of passwords that PGPASSFILE names.
 *
 * @param code of errors.
 * @param packages that are needed, as `npm install` takes them.
 * @throws an error of this code if the driver is not installed, or the database cannot be reached; `aborted`.
 */
export async function connectToPostgres(
  address: DatabaseAddress,
  code: ErrorCode,
  packages: string,
  signal?: AbortSignal,
): Promise<PostgresClient> {
  const explain = (cause: unknown) => explained(cause, address, code);
  const pg = await import('pg').catch(withoutDriver(packages, address, code));
  // Ours, so that it can be closed while a statement runs.
  const socket = new Socket();
  const config: ClientConfig = {
    connectionString: address.address,
    connectionTimeoutMillis: connectMs,
    application_name: 'endcap',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  let client: Client;
  try {
    client = new pg.default.Client({ ...config, stream: () => socket });
  } catch (cause) {
    throw explain(cause);
  }
  let isClosing = false;
  const broken = new Promise<EndcapError>((resolve) => {
    client.on('error', (cause) => resolve(explain(cause)));
    client.on('end', () => {
      if (!isClosing) resolve(explain(new Error('the connection was closed')));
    });
  });
  const forget = whenAborted(signal, () => void socket.destroy());
  try {
    throwIfAborted(signal);
    await client.connect();
  } catch (cause) {
    socket.destroy();
    throwIfAborted(signal);
    throw explain(cause);
  } finally {
    forget();
  }
  const one = (text: string, values: readonly unknown[] = []) =>
    client.query({ text, values: [...values], queryMode: 'extended' } as QueryConfig);

  /**
   * Asks the server to end the connection, of which it would notice that it is closed only when it has something to send. To end
   * a statement alone would do nothing where the server is about to begin with it.
   */
  async function terminate(pid: number): Promise<void> {
    const other = new pg.default.Client({ ...config, connectionTimeoutMillis: closeMs });
    other.on('error', () => {});
    try {
      await other.connect();
      // Behind a pool of connections, the number may be that of somebody else's.
      await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid = $1 AND application_name = current_setting('application_name')`,
        [pid],
      );
    } catch {
      // The connection is closed all the same.
    } finally {
      await other.end().catch(() => {});
    }
  }

  const pid = (client as unknown as { processID: number | null }).processID;
  return {
    client,
    onBroken: (tell) => void broken.then(tell),
    one,
    explain,
    async close(isRunning = false) {
      isClosing = true;
      if (isRunning && pid !== null && !socket.destroyed) await terminate(pid);
      if (isRunning) socket.destroy();
      else {
        const late = setTimeout(() => socket.destroy(), closeMs);
        await client.end().catch(() => {});
        clearTimeout(late);
      }
    },
  };
}

/** What a driver's error says, without secrets, and with what the server adds to it. */
function explained(cause: unknown, address: DatabaseAddress, code: ErrorCode): EndcapError {
  if (cause instanceof EndcapError) return cause;
  const {
    message,
    errors,
    code: reason,
    detail,
    hint,
  } = cause as Partial<Record<'code' | 'detail' | 'hint', string>> & AggregateError;
  // Of a host with several addresses, there is an error for each.
  const text = message || errors?.map((each: Error) => each.message).join('; ') || String(reason);
  const own = adviceOn(reason ?? '', text);
  const more = [detail, own ?? hint].filter(Boolean).join('; ');
  const told = concealed(more === '' ? text : `${text} (${more})`, address);
  return new EndcapError(
    code,
    `${address.name}: ${told}`,
    { source: address.name, ...(reason !== undefined && { reason }) },
    told.includes('***') ? {} : { cause },
  );
}

function adviceOn(reason: string, text: string): string | undefined {
  if (reason === '25006') return 'orders are read in a transaction that cannot write; expected a query that only reads';
  if (reason === '28P01' || /password must be a string/.test(text))
    return 'the password is in the address, in PGPASSWORD, or in the file that PGPASSFILE names';
  if (/statement timeout/.test(text))
    return 'the server, or this user, has a statement_timeout that is too short for this';
  if (reason === '42P01')
    return 'a table in another schema is named with it: shop.orders; one with capitals in quotes: \'"Orders"\'';
  if (reason === '2BP01') return 'what depends on a table does not follow to the one in its place; drop it before';
  if (reason === '55P03') return 'others are using the table, and must not wait for long; try again later';
  if (/multiple commands|at or near ";"/.test(text)) return 'expected one query';
  return undefined;
}
