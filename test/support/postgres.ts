/** A Postgres server of its own for a test file, where Postgres is installed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestPostgres {
  url: string;
  stop(): Promise<void>;
  /** Ends it as a power cut would, and starts it again. */
  crash(): Promise<void>;
}

/** A running server, or the reason why there is none. */
export async function startPostgres(): Promise<TestPostgres | string> {
  const bin = folderOfPostgres();
  if (bin === undefined) return 'Postgres is not installed';
  const owner = ownerForPostgres();
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
  const url = `postgres://endcap@127.0.0.1:${port}/postgres`;
  const run = async () => {
    const server = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', `${port}`],
      options,
    );
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    for (let tries = 0; spawnSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', `${port}`]).status !== 0; ) {
      if (++tries > 200) throw new Error('Postgres did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { server, exited };
  };
  let running = await run();
  const end = async (signal: 'SIGINT' | 'SIGQUIT') => {
    running.server.kill(signal);
    await running.exited;
  };
  return {
    url,
    async crash() {
      await end('SIGQUIT');
      running = await run();
    },
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function folderOfPostgres(): string | undefined {
  const versions = '/usr/lib/postgresql';
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    ...(existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_isready')));
  // Another user runs it, who may not see a folder of links.
  return found && dirname(realpathSync(join(found, 'initdb')));
}

/** Postgres refuses to run as root. */
function ownerForPostgres(): { uid?: number; gid?: number } | string {
  if (process.getuid?.() !== 0) return {};
  const { status, stdout } = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
  if (status !== 0) return 'Postgres does not run as root, and there is no user postgres';
  return { uid: Number(stdout), gid: Number(execFileSync('id', ['-g', 'postgres'], { encoding: 'utf8' })) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
