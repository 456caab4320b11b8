import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { report, type Server, start } from './http.ts';
import type { Contestant } from './http-server.ts';
import { median, ratios, table, times } from './measure.ts';

const launches = 2;
const rounds = 3;
const roundMs = 1500;
/** Requests that wait for their answers at a time: those of each connection are sent without waiting. */
const connections = 16;
const waitingOfEach = 4;

interface Figures {
  /** Requests per second, and how many there would be if the client took nothing of the processors that the server needs. */
  rate: number;
  alone: number;
  /** Microseconds of the processor for each request: of the server, on all its threads, and of the client. */
  server: number;
  client: number;
  /** Bytes of the server's process. */
  memory: number;
}

/**
 * Requests per second of one serving thread with a kernel of one thread, and of several workers, which share its memory, if the
 * machine has so many processors. The client takes processor time as well, so that it does as little as it can: its requests are
 * made before, and it counts answers without reading them. "Server us" says what a request costs the server on all threads; it is
 * more with workers where the main thread relays bytes (before Node 22.12), and since batches are smaller: as many requests wait in
 * either case, as it is the clients and not the threads that say how many there are. "Without the client" takes its processor time
 * off the time of the server where that has threads for all processors, so that each microsecond of the client is one less for it;
 * beside one thread, there is a processor for the client. "By server us" is how many times as many requests the workers would answer
 * if nobody else took processor time at all.
 */
export async function workers(): Promise<void> {
  for (const products of [4000, 200_000]) await over(products);
}

async function over(products: number): Promise<void> {
  const counts = { 'one thread': 1, '2 workers': 2, '4 workers': 4 } as const;
  const names = Object.entries(counts)
    .filter(([, count]) => count <= Math.max(2, availableParallelism()))
    .map(([name]) => name as keyof typeof counts);
  const all = new Map<Contestant, Figures[]>(names.map((name) => [name, []]));
  for (let launch = 0; launch < launches; launch++) {
    const servers = await Promise.all(names.map((name) => start(name, products)));
    try {
      for (const server of servers) await measure(server, counts[server.contestant as keyof typeof counts]);
      for (let round = 0; round < rounds; round++)
        for (const server of servers)
          all.get(server.contestant)!.push(await measure(server, counts[server.contestant as keyof typeof counts]));
    } finally {
      for (const { process } of servers) process.disconnect();
    }
  }
  const of = (name: Contestant, figure: keyof Figures) => all.get(name)!.map((figures) => figures[figure]);
  console.log(
    `\nPOST /recommend, ${products} products, 64 factors, on several threads of ${availableParallelism()}, which the client shares`,
  );
  console.log(
    table(
      [
        ...['serving', 'requests/s', 'of one thread', 'without the client', 'of one thread'],
        ...['server us', 'by server us', 'client us', 'memory, MiB'],
      ],
      names.map((name) => [
        name,
        median(of(name, 'rate')).toFixed(0),
        ratios(of(name, 'rate'), of('one thread', 'rate'), times),
        median(of(name, 'alone')).toFixed(0),
        ratios(of(name, 'alone'), of('one thread', 'alone'), times),
        median(of(name, 'server')).toFixed(0),
        ratios(
          of('one thread', 'server').map((us) => counts[name] * us),
          of(name, 'server'),
          times,
        ),
        median(of(name, 'client')).toFixed(1),
        (median(of(name, 'memory')) / 2 ** 20).toFixed(0),
      ]),
    ),
  );
}

async function measure(server: Server, threads: number): Promise<Figures> {
  await report(server);
  const before = process.cpuUsage();
  const { answers, elapsed } = await load(server);
  const { user, system } = process.cpuUsage(before);
  const { cpu, memory } = await report(server);
  const client = (user + system) / answers;
  const processors = availableParallelism();
  // Microseconds of the clock for each request.
  const own = (1000 * elapsed) / answers - (threads < processors ? 0 : client / processors);
  return { rate: (1000 * answers) / elapsed, alone: 1e6 / own, server: cpu / answers, client, memory };
}

const statusLine = 'HTTP/1.1 ';
const ok = `${statusLine}200 `;

/** Asks on all connections, and asks again as often as it has answers. */
async function load({ port, customers }: Server): Promise<{ answers: number; elapsed: number }> {
  const requests = customers.map((customer) => {
    const body = `{"user_id":"${customer}","num_recommendations":5}`;
    return Buffer.from(
      `POST /recommend HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
  let next = 0;
  let answers = 0;
  const someRequests = (count: number) => {
    next = (next + count) % (requests.length - waitingOfEach);
    return Buffer.concat(requests.slice(next, next + count));
  };
  const started = performance.now();
  const ends = Array.from({ length: connections }, async () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let waiting = 0;
    const send = (count: number) => {
      waiting += count;
      socket.write(someRequests(count));
    };
    socket.on('connect', () => send(waitingOfEach));
    socket.on('data', (bytes) => {
      // The server writes each answer at once, so that none begins at the end of what came before.
      const begun = countOf(statusLine, bytes);
      if (begun !== countOf(ok, bytes)) socket.destroy(new Error(`the server answered ${bytes}`));
      answers += begun;
      waiting -= begun;
      if (performance.now() - started < roundMs) {
        if (begun > 0) send(begun);
      } else if (waiting === 0) socket.end();
    });
    await once(socket, 'close');
  });
  await Promise.all(ends);
  return { answers, elapsed: performance.now() - started };
}

function countOf(text: string, bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(text, 0, 'latin1'); at >= 0; at = bytes.indexOf(text, at + 1, 'latin1')) count++;
  return count;
}
