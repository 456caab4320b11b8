import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { saveModel } from '../../src/model/file/file.ts';
import { createRandom } from '../../src/random.ts';
import { randomModel, zipfDataset } from './data.ts';
import { duration, median, ratios, table, times } from './measure.ts';
import type { SwapReport } from './swap-server.ts';

const requestsPerSecond = 200;
const customers = 20_000;
/** Each round has a time without swaps and one with: at least so long, and at least so many swaps. */
const rounds = 5;
const phaseMs = 10_000;
const swapsOfRound = 4;
/** Milliseconds between two swaps. */
const restMs = 1000;

/**
 * A server that answers 200 requests a second, come what may, while one model takes the place of the other once and again, a second
 * after the last time. Latencies are those of all requests of that time, and of those that were due during a swap, against those of
 * the time just before. The server is the compiled one.
 */
export async function swap(large: boolean): Promise<void> {
  const rows = [await measured(20_000, 64)];
  if (large) rows.push(await measured(1_000_000, 128));
  console.log(
    `\n${requestsPerSecond} requests/s for lists of ten; the server has the kernel's threads of the machine, which the client ` +
      `shares; medians of ${rounds} rounds, each without swaps and then with`,
  );
  console.log(
    table(
      [
        ...[
          'products x factors',
          'swaps',
          'p50 without',
          'p50 with',
          'p99 without',
          'p99 with',
          'p99 ratio',
          'p99 in a swap',
        ],
        ...['failed', 'a swap', 'longest turn', 'of it CPU', 'serving, of factors', 'swapping'],
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
    const server = await startServer(path, products);
    try {
      return [`${products} x ${factors}`, ...(await underLoad(server, dataset.customers, path, files, factors))];
    } finally {
      server.process.disconnect();
      await once(server.process, 'exit');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function underLoad(
  server: Server,
  ids: readonly string[],
  path: string,
  files: readonly string[],
  factors: number,
): Promise<string[]> {
  const load = startLoad(server.port, ids);
  const reports: SwapReport[] = [];
  const quiet: Taken[] = [];
  const busy: Taken[] = [];
  const inSwaps: Taken[] = [];
  let swaps = 0;

  async function swapOnce(): Promise<void> {
    await pointTo(path, files[++swaps % 2]);
    load.mark(true);
    reports.push(await report(server, 'swap'));
    load.mark(false);
    await setTimeout(restMs);
    reports.push(await report(server, 'report'));
  }

  await setTimeout(phaseMs / 2);
  // The code of a swap is compiled then.
  await swapOnce();
  reports.length = 0;
  await report(server, 'report');
  let serving = 0;
  for (let round = 0; round < rounds; round++) {
    load.take();
    await setTimeout(phaseMs);
    quiet.push(load.take().all);
    serving = Math.max(serving, (await report(server, 'report')).rss);
    const until = performance.now() + phaseMs;
    const last = swaps + swapsOfRound;
    while (swaps < last || performance.now() < until) await swapOnce();
    const { marked, all } = load.take();
    busy.push(all);
    inSwaps.push(marked);
  }
  await load.end();
  const of = (taken: readonly Taken[], share: 'p50' | 'p99') => taken.map((each) => each[share]);
  const all = [...quiet, ...busy];
  const sum = (figure: 'asked' | 'failed') => all.reduce((total, each) => total + each[figure], 0);
  const bytes = 4 * factors * (server.products + customers);
  const memory = (rss: number) => `${Math.round(rss / 2 ** 20)} MiB, ${times(rss / bytes)}`;
  const most = (figure: keyof SwapReport) => Math.max(...reports.map((each) => each[figure]));
  return [
    // Without the one before.
    String(swaps - 1),
    ...[of(quiet, 'p50'), of(busy, 'p50'), of(quiet, 'p99'), of(busy, 'p99')].map((each) => duration(median(each))),
    ratios(of(busy, 'p99'), of(quiet, 'p99'), times),
    duration(median(of(inSwaps, 'p99'))),
    `${sum('failed')} of ${sum('asked')}`,
    duration(median(reports.map(({ swap }) => swap).filter((ms) => ms > 0))),
    duration(most('longest')),
    duration(most('longestCpu')),
    memory(serving),
    memory(most('peak')),
  ];
}

/** Lets a link lead to another file, at no time to none. */
async function pointTo(link: string, file: string): Promise<void> {
  await symlink(file, `${link}.next`);
  await rename(`${link}.next`, link);
}

interface Server {
  process: ChildProcess;
  port: number;
  products: number;
}

async function startServer(model: string, products: number): Promise<Server> {
  const file = fileURLToPath(new URL('swap-server.ts', import.meta.url));
  const process = fork(file, [model, '2'], { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(process, 'message')) as [{ port: number }];
  return { process, port, products };
}

async function report({ process }: Server, message: 'swap' | 'report'): Promise<SwapReport> {
  process.send(message);
  return ((await once(process, 'message')) as [SwapReport])[0];
}

interface Taken {
  asked: number;
  failed: number;
  p50: number;
  p99: number;
}

/** A request may be sent so many milliseconds after it was due, since timers are. What is later is the client's fault, and counts. */
const timerMs = 1.5;

/**
 * Asks at a steady rate, whether answers come or not: latencies count from when a request was due. Over bare connections, since an HTTP
 * client would take a tenth of the processors that the server shares with it.
 */
function startLoad(port: number, ids: readonly string[]) {
  const random = createRandom(1);
  const began = performance.now();
  const idle: Connection[] = [];
  let due = 0;
  let isMarked = false;
  let latencies: { ms: number; isMarked: boolean }[] = [];
  let failed = 0;
  let open = 0;

  function ask(at: number): void {
    const body = JSON.stringify({ user_id: ids[random.below(ids.length)], num_recommendations: 10 });
    const wasMarked = isMarked;
    open++;
    let connection = idle.pop();
    // The server ends those that nobody has used for a while.
    while (connection && !connection.isOpen()) connection = idle.pop();
    const used = connection ?? connectTo(port);
    used.send(body, (isRight) => {
      open--;
      latencies.push({ ms: performance.now() - at, isMarked: wasMarked });
      if (isRight) idle.push(used);
      else {
        failed++;
        used.end();
      }
    });
  }

  const timer = setInterval(() => {
    for (const now = performance.now(); ; due++) {
      const at = began + (1000 * due) / requestsPerSecond;
      if (at > now) break;
      ask(now - at < timerMs ? now : at);
    }
  }, 1);

  function figuresOf(those: typeof latencies): Taken {
    const sorted = Float64Array.from(those, ({ ms }) => ms).sort();
    const at = (share: number) => sorted[Math.floor(share * sorted.length)];
    return { asked: sorted.length, failed, p50: at(0.5), p99: at(0.99) };
  }

  return {
    /** Requests from now on are marked, or are not. */
    mark(now: boolean): void {
      isMarked = now;
    },
    /** What was answered since the last time. */
    take() {
      const taken = { all: figuresOf(latencies), marked: figuresOf(latencies.filter(({ isMarked }) => isMarked)) };
      latencies = [];
      failed = 0;
      return taken;
    },
    async end() {
      clearInterval(timer);
      while (open > 0) await setTimeout(10);
      for (const connection of idle) connection.end();
    },
  };
}

interface Connection {
  isOpen(): boolean;
  /** Sends a request and calls back once, with whether the answer is a list. One at a time. */
  send(body: string, done: (isRight: boolean) => void): void;
  end(): void;
}

function connectTo(port: number): Connection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  let waiting: ((isRight: boolean) => void) | undefined;
  const settle = (isRight: boolean) => {
    const done = waiting;
    waiting = undefined;
    answer = '';
    done?.(isRight);
  };
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
    const body = answer.indexOf('\r\n\r\n') + 4;
    const length = /content-length: (\d+)/i.exec(answer)?.[1];
    if (body < 4 || answer.length < body + Number(length)) return;
    settle(answer.startsWith('HTTP/1.1 200 '));
  });
  // What closes follows.
  socket.on('error', () => {});
  socket.on('close', () => settle(false));
  return {
    isOpen: () => !socket.readableEnded && !socket.destroyed,
    send(body, done) {
      waiting = done;
      socket.write(
        `POST /recommend HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        'latin1',
        (error) => error && settle(false),
      );
    },
    end: () => socket.destroy(),
  };
}
