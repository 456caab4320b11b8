/** Connections to MySQL and MariaDB for long reading. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Connection, ConnectionOptions, FieldPacket } from 'mysql2';
import { abortedBy, EndcapError, throwIfAborted, whenAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { concealed, type DatabaseAddress } from './address.ts';
import { withoutDriver } from './driver.ts';

/** A connection within which statements run one after the other. */
export interface MysqlClient {
  readonly connection: Connection;
  /** Runs one statement. */
  one(sql: string): Promise<{ rows: Record<string, unknown>[]; fields: readonly FieldPacket[] }>;
  /** What is wrong, in words without secrets. */
  explain(cause: unknown): EndcapError;
  /** Ends the connection; if a statement still runs, ends that, too. */
  close(isRunning?: boolean): Promise<void>;
}

const connectMs = 10_000;
/** How long the end of a statement of a connection that is given up is waited for. */
const closeMs = 2000;

/**
 * Connects to a database. If the address has no user, it is who runs the process, as for the program `mysql`; if it has no
 * password, that is in MYSQL_PWD.
 *
 * @throws `orders_unreadable` if the driver is not installed, or the database cannot be reached; `invalid_options`; `aborted`.
 */
export async function connectToMysql(address: DatabaseAddress, signal?: AbortSignal): Promise<MysqlClient> {
  const { createConnection } = (await import('mysql2').catch(withoutDriver('mysql2', address))).default;
  const explain = (cause: unknown) => explained(cause, address);
  const config = configOf(address);
  const connection = createConnection(config);
  // Who uses the connection is told by the statement that fails.
  connection.on('error', () => {});
  let forget = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      forget = whenAborted(signal, () => reject(abortedBy(signal)));
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
  } catch (cause) {
    connection.destroy();
    throwIfAborted(signal);
    throw explain(cause);
  } finally {
    forget();
  }

  /**
   * Asks the server to end the connection, of which it would notice that it is closed only when it has something to send. To end
   * a statement alone would do nothing where the server is about to begin with it.
   */
  async function kill(): Promise<void> {
    const other = createConnection({ ...config, connectTimeout: closeMs });
    other.on('error', () => {});
    await new Promise((resolve) => other.query(`KILL CONNECTION ${connection.threadId}`, resolve));
    other.destroy();
  }

  return {
    connection,
    one: (sql) =>
      new Promise((resolve, reject) =>
        connection.query(sql, (error, rows, fields) =>
          error ? reject(error) : resolve({ rows: rows as Record<string, unknown>[], fields: fields ?? [] }),
        ),
      ),
    explain,
    async close(isRunning = false) {
      if (isRunning) await kill();
      connection.destroy();
    },
  };
}

const parameters = ['ssl-mode', 'ssl-ca', 'socket'];
const modes = ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];

/** The options of the driver for an address such as `mysql://user:password@host:3306/shop?ssl-mode=VERIFY_IDENTITY`. */
function configOf({ address, name, database }: DatabaseAddress): ConnectionOptions {
  const { hostname, port, username, password, searchParams } = new URL(address);
  const refuse = (problem: string) => new EndcapError('invalid_options', `${name}: ${problem}`, { source: name });
  for (const key of searchParams.keys())
    if (!parameters.includes(key)) throw refuse(`its address has "${key}"; expected ${parameters.join(', ')}`);
  const mode = (searchParams.get('ssl-mode') ?? 'DISABLED').toUpperCase();
  if (!modes.includes(mode)) throw refuse(`ssl-mode is "${mode}"; expected ${modes.join(', ')}`);
  const ca = searchParams.get('ssl-ca');
  const socket = searchParams.get('socket');
  let authority: Buffer | undefined;
  try {
    authority = ca === null ? undefined : readFileSync(ca);
  } catch (error) {
    throw refuse(`its ssl-ca cannot be read: ${whyNot(error)}`);
  }
  return {
    ...(socket === null ? { host: hostname || 'localhost', port: Number(port || 3306) } : { socketPath: socket }),
    user: decodeURIComponent(username) || userInfo().username,
    password: decodeURIComponent(password) || process.env.MYSQL_PWD,
    ...(database !== '' && { database }),
    charset: 'utf8mb4_general_ci',
    connectTimeout: connectMs,
    enableKeepAlive: true,
    ...(mode !== 'DISABLED' && {
      ssl: {
        rejectUnauthorized: mode !== 'REQUIRED',
        verifyIdentity: mode === 'VERIFY_IDENTITY',
        ...(authority !== undefined && { ca: authority }),
      },
    }),
  };
}

/** What a driver's error says, without secrets, and with what helps. */
function explained(cause: unknown, address: DatabaseAddress): EndcapError {
  if (cause instanceof EndcapError) return cause;
  const { message, errors, code } = cause as AggregateError & { code?: string };
  // Of a host with several addresses, there is an error for each.
  const text = message || errors?.map((each: Error) => each.message).join('; ') || String(code);
  const advice = adviceOn(code ?? '');
  const told = concealed(advice === undefined ? text : `${text} (${advice})`, address);
  const { name } = address;
  return new EndcapError(
    'orders_unreadable',
    `${name}: ${told}`,
    { source: name, ...(code !== undefined && { reason: code }) },
    told.includes('***') ? {} : { cause },
  );
}

function adviceOn(code: string): string | undefined {
  if (code.startsWith('ER_ACCESS_DENIED') || code === 'ER_DBACCESS_DENIED_ERROR')
    return 'the password is in the address, or in MYSQL_PWD';
  if (code === 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION')
    return 'orders are read in a transaction that cannot write; expected a query that only reads';
  if (code === 'ER_PARSE_ERROR') return 'expected one query that only reads, such as select ... from orders';
  if (code === 'ER_QUERY_TIMEOUT' || code === 'ER_STATEMENT_TIMEOUT')
    return 'the server allows a query less time than this one takes';
  return undefined;
}
