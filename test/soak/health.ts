/**
 * Asks for a server's health, in its own process so that no other client delays it: `health.ts <port>`. Half of its
 * questions use a new connection. It answers each message with the times since the last one.
 */
import { connect, type Socket } from 'node:net';

/** Milliseconds from question to answer, and what was wrong. */
export interface HealthReport {
  times: number[];
  failures: string[];
}

const everyMs = 50;
const port = Number(process.argv[2]);
let report: HealthReport = { times: [], failures: [] };

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
      const started = performance.now();
      const answer = await new Promise<string>((resolve, reject) => {
        answered = resolve;
        failed = reject;
        socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
      });
      report.times.push(performance.now() - started);
      if (!answer.endsWith('{"status":"live"}')) report.failures.push(answer);
    },
  };
}

process.on('message', () => {
  process.send?.(report);
  report = { times: [], failures: [] };
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
