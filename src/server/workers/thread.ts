/** A worker as the main thread has it: started, given a recommender, asked, and replaced by another one if it dies. */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { EndcapError } from '../../errors.ts';
import type { Followers, JoinedWorker } from '../../live/workers/followers.ts';
import type { Asked } from '../../live/workers/messages.ts';
import { type OwnFile, startOwnThread } from '../../own-files.ts';
import type { SharedBonuses, Sharing } from '../../recommending/serving/sharing.ts';
import type { MetricValues } from '../metrics.ts';
import { countsOfGone, mergedCounts, type RecentCounts } from '../page/live/recent.ts';
import { createCalls } from './calls.ts';
import type { MainMethods, WorkerMethods, WorkerStart } from './messages.ts';
import { countsOf } from './metrics-of-all.ts';
import { createRelay, type Relay } from './relay.ts';

export interface Thread {
  /** Resolves once it answers requests; rejects if it cannot. */
  readonly begun: Promise<void>;
  /** Whether it takes connections. */
  isServing(): boolean;
  readonly connections: number;
  /** Serves a connection, if it does not listen by itself. */
  add(socket: Socket): void;
  /** Gives it another recommender. Resolves to what makes it answer with that. */
  prepare(sharing: Sharing): Promise<() => Promise<void>>;
  putBonuses(bonuses: SharedBonuses): void;
  /** Lets it answer with a running shop. */
  join(shop: Followers): Promise<void>;
  /** What it counts, as far as it answers, and what those before it counted. */
  metrics(): Promise<MetricValues[][]>;
  /** The requests of the last hour, likewise: of those before it, up to when they were asked last. */
  recent(): Promise<RecentCounts[]>;
  /** Ends the server as it should end, then the thread. */
  close(): Promise<void>;
}

/** What all workers have in common. */
export interface Threads {
  readonly start: WorkerStart;
  /** What the main thread answers. */
  readonly methods: Omit<MainMethods, 'frames' | 'askShop'>;
  /** The port on which workers listen by themselves; undefined if the main thread accepts for them. */
  readonly port: number | undefined;
  /** What to answer with; undefined if there is nothing yet. */
  sharing(): Sharing | undefined;
  /** The running shop to answer with; undefined if there is none yet. */
  shop(): Followers | undefined;
  /** Called when a worker begins or ceases to serve. */
  onServing(): void;
  /** Called with what a worker died of. */
  onDeath(error: Error): void;
  readonly answerTimeoutMs: number;
}

/** A worker that died soon after it began is replaced after a while, longer each time. */
const [soonMs, firstWaitMs, longestWaitMs] = [10_000, 100, 10_000];
/** How long a worker may take to say what it counts. */
const countsMs = 2000;
/** How much longer than it was given a worker may take to end. */
const lastMs = 1000;

/** One life of a thread. */
interface Life {
  readonly worker: Worker;
  readonly calls: ReturnType<typeof createCalls<WorkerMethods>>;
  readonly relay: Relay;
  readonly startedAt: number;
  isServing: boolean;
  joined?: { readonly worker: JoinedWorker; readonly opened: Promise<void> };
}

export function startThread(common: Threads): Thread {
  const { start, methods, port, sharing, shop, onServing, onDeath, answerTimeoutMs } = common;
  let isClosing = false;
  let hasBegun = false;
  let waitMs = firstWaitMs;
  let lastMetrics: MetricValues[] = [];
  /** Of those that died. */
  let counted: MetricValues[] = [];
  let lastRecent: RecentCounts[] = [];
  let countedRecent: RecentCounts[] = [];
  let life = begin();

  function begin(): Life {
    const worker = startWorker(start);
    const relay = createRelay((frames) => calls.tell('frames', [frames], [frames.bytes]), answerTimeoutMs);
    const calls = createCalls<WorkerMethods>((message, transfer) => worker.postMessage(message, transfer), {
      ...methods,
      frames: relay.receive,
      askShop: (name: keyof Asked, args: readonly unknown[]) =>
        (mine.joined!.worker.asked[name] as (...args: readonly unknown[]) => unknown)(...args),
    });
    const mine: Life = { worker, calls, relay, startedAt: performance.now(), isServing: false };
    let cause: Error | undefined;
    worker.on('message', calls.receive);
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => died(mine, cause ?? new Error(`it exited with code ${code}`)));
    return mine;
  }

  function died(mine: Life, { message }: Error): void {
    const error = new EndcapError('worker_failed', `a thread of the server died: ${message}`, { reason: message });
    mine.isServing = false;
    mine.calls.end(error);
    mine.relay.reset();
    mine.joined?.worker.leave();
    onServing();
    if (isClosing || !hasBegun) return;
    onDeath(error);
    counted = countsOf([...counted, ...lastMetrics]);
    lastMetrics = [];
    if (lastRecent.length > 0) countedRecent = [countsOfGone(mergedCounts([...countedRecent, ...lastRecent]))];
    lastRecent = [];
    void replace(mine);
  }

  async function replace({ startedAt }: Life): Promise<void> {
    if (performance.now() - startedAt > soonMs) waitMs = firstWaitMs;
    let next: Life | undefined;
    while (!next) {
      await wait(waitMs, undefined, { ref: false });
      waitMs = Math.min(2 * waitMs, longestWaitMs);
      if (isClosing) return;
      try {
        next = begin();
      } catch (error) {
        // The system may have another thread later.
        onDeath(error as EndcapError);
      }
    }
    life = next;
    // If it dies as well, it is replaced as well.
    await serve(life).catch(() => {});
  }

  async function serve(mine: Life): Promise<void> {
    const { calls } = mine;
    const answering = sharing();
    if (answering) await (await prepareIn(mine, answering))();
    await joinIn(mine, shop());
    if (port !== undefined) await calls.call('listen', port);
    else await calls.call('metrics');
    mine.isServing = true;
    onServing();
    // There may be another one meanwhile.
    const latest = sharing();
    if (latest && latest !== answering) await (await prepareIn(mine, latest))();
    await joinIn(mine, shop());
  }

  /** Once in a life. */
  async function joinIn(mine: Life, of: Followers | undefined): Promise<void> {
    if (!of) return;
    const { calls } = mine;
    mine.joined ??= {
      worker: of.join({ call: (name, ...args) => calls.call('tellShop', name, args) as never }),
      opened: calls.call('joinShop'),
    };
    await mine.joined.opened;
  }

  async function prepareIn({ calls }: Life, of: Sharing): Promise<() => Promise<void>> {
    for (const piece of of.pieces()) await calls.call('add', of.id, piece);
    return () => calls.call('serveAdded', of.id);
  }

  return {
    begun: serve(life).then(() => {
      hasBegun = true;
    }),
    isServing: () => life.isServing,
    get connections() {
      return life.relay.size;
    },
    add: (socket) => life.relay.add(socket),
    prepare: (of) => prepareIn(life, of),
    putBonuses: (bonuses) => life.calls.tell('putBonuses', [bonuses]),
    join: (of) => joinIn(life, of),
    async metrics() {
      const asked = life;
      const answer = await atMost(countsMs, asked.calls.call('metrics'));
      if (answer && asked === life) lastMetrics = answer;
      return [counted, lastMetrics];
    },
    async recent() {
      const asked = life;
      const answer = await atMost(countsMs, asked.calls.call('recent'));
      if (answer && asked === life) lastRecent = [answer];
      return [...countedRecent, ...lastRecent];
    },
    async close() {
      isClosing = true;
      const { calls, relay, worker } = life;
      const { drainMs, graceMs } = start.limits;
      await atMost(drainMs + graceMs + lastMs, calls.call('close').then(relay.ended));
      await worker.terminate();
    },
  };
}

const script: OwnFile = [
  'dist/server/workers/worker.js',
  (_) => new URL('../../../dist/server/workers/worker.js', import.meta.url),
];

function startWorker(workerData: WorkerStart): Worker {
  try {
    return startOwnThread(script, { workerData });
  } catch (cause) {
    const { message: reason } = cause as Error;
    throw new EndcapError('worker_failed', `a thread of the server does not start: ${reason}`, { reason }, { cause });
  }
}

/** What a promise resolves to; undefined if it rejects, or takes longer. */
function atMost<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined);
    promise.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer));
  });
}
