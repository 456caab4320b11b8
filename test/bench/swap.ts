import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { saveModel } from '../../src/model/file/file.ts';
import { createRandom } from '../../src/random.ts';
import { randomModel, zipfDataset } from './data.ts';
import { duration, median, table, times } from './measure.ts';
import type { SwapReport } from './swap-server.ts';

const swaps = 20;
const requestsPerSecond = 200;
const customers = 20_000;
/** Milliseconds that are measured before the swaps, and between two of them. */
const [quietMs, restMs] = [10_000, 500];

/**
 * A server that answers 200 requests a second, come what may, while one model takes the place of the other twenty times. The
 * server is the compiled one.
 */
export async function swap(large: boolean): Promise<void> {
  const rows = [await measured(20_000, 64)];
  if (large) rows.push(await measured(1_000_000, 128));
  console.log(
    `\n${swaps} swaps under ${requestsPerSecond} requests/s for lists of ten; the server has the kernel's threads of the machine`,
  );
  console.log(
    table(
      [
        ...['products x factors', 'p50 without swaps', 'p50 with', 'p99 without swaps', 'p99 with', 'ratio', 'failed'],
        ...['a swap', 'longest turn', 'of it CPU', 'serving, of factors', 'swapping'],
      ],
      rows,
    ),
  );
}

async function measured(products: number, factors: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  const path = join(folder, 'model.safetensors');
  try {
    const dataset = zipfDataset(customers, products, 10 * customers);
    const files: string[] = [];
    for (const seed of [1, 2]) {
      const model = randomModel(dataset, factors, seed);
      files.push(join(folder, `model-${seed}`));
      await saveModel({ ...model, metadata: { ...model.metadata, version: `random ${seed}` } }, files[seed - 1]);
    }
    await pointTo(path, files[0]);
    const server = await startServer(path);
    try {
      const { port } = server;
      const load = startLoad(port, dataset.customers);
      await setTimeout(quietMs / 2);
      await report(server, 'report');
      load.take();
      await setTimeout(quietMs);
      const quiet = load.take();
      const serving = await report(server, 'report');
      const reports: SwapReport[] = [];
      for (let i = 1; i <= swaps; i++) {
        await pointTo(path, files[i % 2]);
        reports.push(await report(server, 'swap'));
        await setTimeout(restMs);
        reports.push(await report(server, 'report'));
      }
      const busy = load.take();
      await load.end();
      const bytes = 4 * factors * (products + customers);
      const memory = (rss: number) => `${Math.round(rss / 2 ** 20)} MiB, ${times(rss / bytes)}`;
      const most = (of: keyof SwapReport) => Math.max(...reports.map((each) => each[of]));
      return [
        `${products} x ${factors}`,
        ...[quiet.at(0.5), busy.at(0.5), quiet.at(0.99), busy.at(0.99)].map(duration),
        times(busy.at(0.99) / quiet.at(0.99)),
        `${quiet.failed + busy.failed} of ${quiet.asked + busy.asked}`,
        duration(median(reports.map(({ swap }) => swap).filter((ms) => ms > 0))),
        duration(most('longest')),
        duration(most('longestCpu')),
        memory(serving.rss),
        memory(most('peak')),
      ];
    } finally {
      server.process.disconnect();
      await once(server.process, 'exit');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Lets a link lead to another file, at no time to none. */
async function pointTo(link: string, file: string): Promise<void> {
  await symlink(file, `${link}.next`);
  await rename(`${link}.next`, link);
}

interface Server {
  process: ChildProcess;
  port: number;
}

async function startServer(model: string): Promise<Server> {
  const file = fileURLToPath(new URL('swap-server.ts', import.meta.url));
  const process = fork(file, [model, '2'], { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(process, 'message')) as [{ port: number }];
  return { process, port };
}

async function report({ process }: Server, message: 'swap' | 'report'): Promise<SwapReport> {
  process.send(message);
  return ((await once(process, 'message')) as [SwapReport])[0];
}

/** Asks at a steady rate, whether answers come or not: latencies count from when a request was due. */
function startLoad(port: number, ids: readonly string[]) {
  const random = createRandom(1);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const began = performance.now();
  let due = 0;
  let latencies: number[] = [];
  let failed = 0;
  let open = 0;

  function ask(at: number): void {
    const body = JSON.stringify({ user_id: ids[random.below(ids.length)], num_recommendations: 10 });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    open++;
    const done = (isRight: boolean) => {
      open--;
      latencies.push(performance.now() - at);
      if (!isRight) failed++;
    };
    request({ agent, port, host: '127.0.0.1', path: '/recommend', method: 'POST', headers }, (response) => {
      response.resume().once('end', () => done(response.statusCode === 200));
    })
      .once('error', () => done(false))
      .end(body);
  }

  const timer = setInterval(() => {
    for (const now = performance.now(); began + (1000 * due) / requestsPerSecond <= now; due++)
      ask(began + (1000 * due) / requestsPerSecond);
  }, 1);
  return {
    /** What was answered since the last time. */
    take() {
      const sorted = Float64Array.from(latencies).sort();
      const taken = {
        asked: latencies.length,
        failed,
        at: (share: number) => sorted[Math.floor(share * sorted.length)],
      };
      latencies = [];
      failed = 0;
      return taken;
    },
    async end() {
      clearInterval(timer);
      while (open > 0) await setTimeout(10);
      agent.destroy();
    },
  };
}
