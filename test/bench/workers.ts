import { type Figures, measure, report, start } from './http.ts';
import type { Contestant } from './http-server.ts';
import { median, ratios, table, times } from './measure.ts';

const names: readonly Contestant[] = ['one thread', '2 workers', '4 workers'];
const launches = 2;
const rounds = 5;

/**
 * Requests per second of one serving thread with a kernel of one thread, and of several workers, which share its memory. The
 * client is a process that takes processor time as well. "CPU us" says what a request costs the server, on all threads; it
 * is more with workers where the main thread relays bytes (before Node 22.12), and since batches are smaller.
 */
export async function workers(): Promise<void> {
  for (const products of [4000, 200_000]) await over(products);
}

async function over(products: number): Promise<void> {
  const all = new Map(names.map((name) => [name, [] as (Record<keyof Figures, number> & { memory: number })[]]));
  for (let launch = 0; launch < launches; launch++) {
    const servers = await Promise.all(names.map((name) => start(name, products)));
    try {
      for (const server of servers) await measure(server);
      for (let round = 0; round < rounds; round++)
        for (const server of servers) {
          const figures = await measure(server);
          all.get(server.contestant)!.push({ ...figures, memory: (await report(server)).memory });
        }
    } finally {
      for (const { process } of servers) process.disconnect();
    }
  }
  const of = (name: Contestant, figure: keyof Figures | 'memory') => all.get(name)!.map((figures) => figures[figure]);
  console.log(`\nPOST /recommend, ${products} products, 64 factors, on several threads`);
  console.log(
    table(
      ['serving', 'requests/s', 'of one thread', 'p50 ms', 'p99 ms', 'CPU us', 'memory, MiB'],
      names.map((name) => [
        name,
        median(of(name, 'rate')).toFixed(0),
        ratios(of(name, 'rate'), of('one thread', 'rate'), times),
        ...(['p50', 'p99'] as const).map((figure) => median(of(name, figure)).toFixed(2)),
        median(of(name, 'cpu')).toFixed(0),
        (median(of(name, 'memory')) / 2 ** 20).toFixed(0),
      ]),
    ),
  );
}
