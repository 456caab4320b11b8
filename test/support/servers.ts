/** What servers of databases have in common that run for tests. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Who runs a server that refuses to run as root, or why nobody can. @param user who runs it where it is installed. */
export function ownerFor(user: string, server: string): { uid?: number; gid?: number } | string {
  if (process.getuid?.() !== 0) return {};
  for (const name of [user, 'nobody']) {
    const { status, stdout } = spawnSync('id', ['-u', name], { encoding: 'utf8' });
    if (status === 0)
      return { uid: Number(stdout), gid: Number(execFileSync('id', ['-g', name], { encoding: 'utf8' })) };
  }
  return `${server} does not run as root, and there is no user ${user} or nobody`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Prints the address of a server, and runs it until SIGTERM. If there is none, it prints the reason, and the exit code is 1. */
export async function printAndRun(server: { address: string; stop(): Promise<void> } | string): Promise<void> {
  if (typeof server === 'string') {
    console.log(server);
    process.exitCode = 1;
    return;
  }
  console.log(server.address);
  // Waiting for a signal does not keep a process alive.
  const alive = setInterval(() => {}, 60_000);
  await once(process, 'SIGTERM');
  clearInterval(alive);
  await server.stop();
}
