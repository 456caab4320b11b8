import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../../src/random.ts';
import type { Contestant, LoopReport } from './http-server.ts';
import { median, percent, ratios, table, times } from './measure.ts';

const customers = 20_000;
const connections = 32;
const launches = 3;
const rounds = 4;
const roundMs = 2000;

interface Figures {
  rate: number[];
  p50: number[];
  p99: number[];
  loop: number[];
  cpu: number[];
}

export interface Server {
  contestant: Contestant;
  process: ChildProcess;
  port: number;
  /** Ids of customers. */
  customers: string[];
}

/**
 * Times `POST /recommend` under 32 connections, each of which sends its next request as soon as it has an answer. The app
 * competes with one that answers every customer with a constant after the same checks (an object that it serializes, as
 * the app does, or ready bytes), and with one that scores each request by itself on the main thread. Each runs in its own
 * process, restarted several times, since the JIT does not settle on the same code every time. The server is the compiled
 * one: the loader of the benchmarks names each function anew whenever it is made, which costs more than scoring.
 */
export async function http(): Promise<void> {
  await against('constant', 4000, percent, ['batched', 'one at a time', 'constant', 'constant bytes']);
  for (const products of [200_000, 1_000_000]) {
    await against('one at a time', products, times, ['batched', 'one at a time']);
  }
}

async function against(
  other: Contestant,
  products: number,
  show: (ratio: number) => string,
  names: readonly Contestant[],
): Promise<void> {
  const figures = new Map(
    names.map((name): [Contestant, Figures] => [name, { rate: [], p50: [], p99: [], loop: [], cpu: [] }]),
  );
  for (let launch = 0; launch < launches; launch++) {
    const servers = await Promise.all(names.map((name) => start(name, products)));
    try {
      for (const server of servers) await measure(server);
      for (let round = 0; round < rounds; round++) {
        for (const server of servers) {
          const all = figures.get(server.contestant)!;
          for (const [name, value] of Object.entries(await measure(server))) all[name as keyof Figures].push(value);
        }
      }
    } finally {
      for (const { process } of servers) process.disconnect();
    }
  }
  console.log(`\nPOST /recommend, ${products} products, 64 factors, ${connections} connections`);
  console.log(
    table(
      ['scoring', 'requests/s', `of ${other}`, 'p50 ms', 'p99 ms', 'event loop p99 ms', 'CPU us'],
      names.map((name) => {
        const { rate, p50, p99, loop, cpu } = figures.get(name)!;
        return [
          name,
          median(rate).toFixed(0),
          ratios(rate, figures.get(other)!.rate, show),
          ...[p50, p99, loop].map((values) => median(values).toFixed(2)),
          median(cpu).toFixed(0),
        ];
      }),
    ),
  );
}

export async function start(contestant: Contestant, products: number): Promise<Server> {
  const file = fileURLToPath(new URL('http-server.ts', import.meta.url));
  const process = fork(file, [contestant, String(products), String(customers)], { execArgv: ['--import', 'tsx'] });
  const [{ port, customers: ids }] = (await once(process, 'message')) as [Pick<Server, 'port' | 'customers'>];
  return { contestant, process, port, customers: ids };
}

export async function report({ process }: Server): Promise<LoopReport> {
  process.send('report');
  return ((await once(process, 'message')) as [LoopReport])[0];
}

/** Measures requests/s, latency and event-loop delay in milliseconds, and microseconds of CPU per request. */
async function measure(server: Server): Promise<Record<keyof Figures, number>> {
  await report(server);
  const { elapsed, latencies } = await load(server.port);
  const { p99, cpu } = await report(server);
  const requests = latencies.length;
  latencies.sort();
  return {
    rate: (1000 * requests) / elapsed,
    p50: latencies[requests >> 1],
    p99: latencies[Math.floor(0.99 * requests)],
    loop: p99,
    cpu: cpu / requests,
  };
}

/** Uses bare sockets: a full HTTP client costs more than the server, and would dominate the measurement. */
async function load(port: number): Promise<{ elapsed: number; latencies: Float64Array }> {
  const random = createRandom(1);
  const latencies: number[] = [];
  const width = String(customers).length;
  const request = () => {
    const body = `{"user_id":"${String(random.below(customers)).padStart(width, '0')}","num_recommendations":5}`;
    return `POST /recommend HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  const started = performance.now();
  const ends = Array.from({ length: connections }, async () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = performance.now();
    let answer = '';
    socket.on('connect', () => socket.write(request(), 'latin1'));
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      const body = answer.indexOf('\r\n\r\n') + 4;
      const length = /content-length: (\d+)/i.exec(answer)?.[1];
      if (body < 4 || answer.length < body + Number(length)) return;
      if (!answer.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(`the server answered ${answer}`));
      answer = '';
      const now = performance.now();
      latencies.push(now - sent);
      sent = now;
      if (now - started < roundMs) socket.write(request(), 'latin1');
      else socket.end();
    });
    await once(socket, 'close');
  });
  await Promise.all(ends);
  return { elapsed: performance.now() - started, latencies: Float64Array.from(latencies) };
}
