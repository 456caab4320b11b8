/** Postgres for tests, where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import pg from 'pg';
import { freePort, ownerFor } from './servers.ts';

export interface TestPostgres {
  /** Makes an empty database, which no other test uses, and returns its address. */
  newDatabase(): Promise<string>;
  /** Removes the databases that were made. */
  stop(): Promise<void>;
}

/** A server that no other test uses. */
export interface OwnPostgres extends TestPostgres {
  address: string;
  /** Ends it as a power cut would, and starts it again. */
  crash(): Promise<void>;
}

/** The server of ENDCAP_TEST_POSTGRES, or one of its own, or the reason why there is none. */
export async function startPostgres(): Promise<TestPostgres | string> {
  const shared = process.env.ENDCAP_TEST_POSTGRES;
  return shared ? databasesOn(shared) : startOwnPostgres();
}

/** A server that the test may crash, or the reason why there is none. */
export async function startOwnPostgres(): Promise<OwnPostgres | string> {
  const bin = folderOfPostgres();
  if (bin === undefined) return 'Postgres is not installed';
  const owner = ownerFor('postgres', 'Postgres');
  if (typeof owner === 'string') return owner;
  const folder = mkdtempSync(join(tmpdir(), 'endcap-postgres-'));
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid!);
  const data = join(folder, 'data');
  const options = { ...owner, stdio: 'ignore' as const, cwd: folder };
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'endcap', '--auth=trust', '--no-sync'], {
    ...options,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return `Postgres does not start here: ${made.error?.message ?? made.stderr.trim()}`;
  }
  const port = await freePort();
  const address = `postgres://endcap@127.0.0.1:${port}/postgres`;
  const run = async () => {
    const server = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', `${port}`],
      options,
    );
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    for (let tries = 0; !(await answers(address)); tries++) {
      if (tries > 6000) throw new Error('Postgres did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { server, exited };
  };
  let running = await run();
  // Of a test that dies, nothing stays.
  const giveUp = () => {
    running.server.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', giveUp);
  const end = async (signal: 'SIGINT' | 'SIGQUIT') => {
    running.server.kill(signal);
    await running.exited;
  };
  return {
    address,
    ...databasesOn(address),
    async crash() {
      await end('SIGQUIT');
      running = await run();
    },
    async stop() {
      process.off('exit', giveUp);
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(address: string): Promise<boolean> {
  const client = new pg.Client(address);
  // It may begin to answer and end.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** Databases on a server whose address is of one that exists. */
function databasesOn(address: string): TestPostgres {
  const made: string[] = [];
  const query = async (sql: string) => {
    const client = new pg.Client(address);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return {
    async newDatabase() {
      const name = `endcap_test_${process.pid}_${made.length}`;
      await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await query(`CREATE DATABASE ${name}`);
      made.push(name);
      const url = new URL(address);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      for (const name of made.splice(0)) await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

function folderOfPostgres(): string | undefined {
  const versions = '/usr/lib/postgresql';
  const asked = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []),
    ...(asked.status === 0 ? [asked.stdout.trim()] : []),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  // Another user runs it, who may not see a folder of links.
  return found && dirname(realpathSync(join(found, 'initdb')));
}
