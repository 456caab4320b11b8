/** MariaDB for tests, where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { freePort, ownerFor } from './servers.ts';

export interface TestMysql {
  /** Makes an empty database, which no other test uses, and returns its address. */
  newDatabase(): Promise<string>;
  /** Removes the databases that were made. */
  stop(): Promise<void>;
}

/** A server that no other test uses. */
export interface OwnMysql extends TestMysql {
  address: string;
}

const password = 'endcap-test';

/** The server of ENDCAP_TEST_MYSQL, or one of its own, or the reason why there is none. */
export async function startMysql(): Promise<TestMysql | string> {
  const shared = process.env.ENDCAP_TEST_MYSQL;
  return shared ? databasesOn(shared) : startOwnMariadb();
}

/** Runs statements in a database. */
export async function withMysql<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: address, charset: 'utf8mb4' });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

/** A server that no other test uses, or the reason why there is none. @param options of the server. */
export async function startOwnMariadb(options: readonly string[] = []): Promise<OwnMysql | string> {
  const [server, install] = [program('mariadbd', 'mysqld'), program('mariadb-install-db', 'mysql_install_db')];
  if (server === undefined || install === undefined) return 'MariaDB is not installed';
  const owner = ownerFor('mysql', 'MariaDB');
  if (typeof owner === 'string') return owner;
  const folder = mkdtempSync(join(tmpdir(), 'endcap-mariadb-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
  const data = join(folder, 'data');
  const at = ['--no-defaults', `--datadir=${data}`];
  const made = spawnSync(install, [...at, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    ...owner,
    cwd: folder,
    encoding: 'utf8',
  });
  const give = (reason: string) => {
    rmSync(folder, { recursive: true, force: true });
    return `MariaDB does not start here: ${reason}`;
  };
  if (made.status !== 0) return give(made.error?.message ?? `${made.stdout}${made.stderr}`.trim());
  const port = await freePort();
  const running = spawn(
    server,
    [
      ...at,
      `--socket=${join(folder, 'socket')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
      '--performance-schema=OFF',
      ...options,
    ],
    { ...owner, cwd: folder, stdio: 'ignore' },
  );
  const exited = new Promise<void>((resolve) => running.once('exit', () => resolve()));
  const giveUp = () => {
    running.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // Of a test that dies, nothing stays.
  process.on('exit', giveUp);
  const first = `mysql://root@127.0.0.1:${port}/mysql`;
  for (let tries = 0; !(await answers(first)); tries++) {
    if (tries > 6000 || running.exitCode !== null) {
      process.off('exit', giveUp);
      giveUp();
      return give('it does not answer');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await withMysql(first, (connection) => connection.query(`SET PASSWORD = PASSWORD('${password}')`));
  const address = first.replace('root@', `root:${password}@`);
  const databases = databasesOn(address);
  return {
    address,
    newDatabase: databases.newDatabase,
    async stop() {
      process.off('exit', giveUp);
      running.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(address: string): Promise<boolean> {
  try {
    await withMysql(address, (connection) => connection.query('SELECT 1'));
    return true;
  } catch {
    return false;
  }
}

/** Databases on a server whose address is of one that exists. */
function databasesOn(address: string): TestMysql {
  const made: string[] = [];
  return {
    async newDatabase() {
      const name = `endcap_test_${process.pid}_${made.length}`;
      await withMysql(address, async (connection) => {
        await connection.query(`DROP DATABASE IF EXISTS ${name}`);
        await connection.query(`CREATE DATABASE ${name}`);
      });
      made.push(name);
      const url = new URL(address);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      for (const name of made.splice(0))
        await withMysql(address, (connection) => connection.query(`DROP DATABASE IF EXISTS ${name}`));
    },
  };
}

/** Where a program is, under one of its names. The folders of servers are not on the path of everybody. */
function program(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}
