/**
 * Asks for a server's health, in its own process so that no other client delays it: `health.ts <port> <pid of the server>`.
 * Half of its questions use a new connection. It answers each message with the probes since the last one.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/**
 * Milliseconds from question to answer, and where they went: the server's main thread worked or waited for a core, and so did
 * the asking process wait. What is left is on its way, or the server was idle.
 */
export interface Probe {
  /** Seconds since the asking process began, with the clients. */
  at: number;
  ms: number;
  worked: number;
  waited: number;
  askerWaited: number;
}

/** The probes, and what was wrong. */
export interface HealthReport {
  probes: Probe[];
  failures: string[];
}

const everyMs = 50;
const [port, server] = process.argv.slice(2).map(Number);
const serverTimes = mainThread(server);
const ownTimes = mainThread(process.pid);
let report: HealthReport = { probes: [], failures: [] };

/** Returns a function that reads how many milliseconds a process's main thread has worked, and waited for a core. */
function mainThread(pid: number): () => { worked: number; waited: number } {
  const file = openSync(`/proc/${pid}/schedstat`, 'r');
  process.on('exit', () => closeSync(file));
  const bytes = Buffer.alloc(100);
  return () => {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const [worked, waited] = bytes.toString('latin1', 0, length).split(' ');
    return { worked: Number(worked) / 1e6, waited: Number(waited) / 1e6 };
  };
}

/** Opens a connection. The result asks on it, and rejects once it is closed. */
function open(): { socket: Socket; ask(): Promise<void> } {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {});
  let answered = (_: string) => {};
  let failed = (_: Error) => {};
  socket.on('data', (bytes) => answered(String(bytes)));
  socket.on('close', () => failed(new Error('the connection was closed')));
  return {
    socket,
    async ask() {
      const [before, own] = [serverTimes(), ownTimes()];
      const started = performance.now();
      const answer = await new Promise<string>((resolve, reject) => {
        answered = resolve;
        failed = reject;
        socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      });
      const ms = performance.now() - started;
      const { worked, waited } = serverTimes();
      report.probes.push({
        at: started / 1000,
        ms,
        worked: worked - before.worked,
        waited: waited - before.waited,
        askerWaited: ownTimes().waited - own.waited,
      });
      if (!answer.endsWith('{"status":"live"}')) report.failures.push(answer);
    },
  };
}

process.on('message', () => {
  process.send?.(report);
  report = { probes: [], failures: [] };
});
process.on('disconnect', () => process.exit());

let kept = open();
for (;;) {
  try {
    if (kept.socket.destroyed) kept = open();
    await kept.ask();
    const fresh = open();
    await fresh.ask();
    fresh.socket.destroy();
  } catch (error) {
    report.failures.push((error as Error).message);
  }
  await new Promise((resolve) => setTimeout(resolve, everyMs));
}
