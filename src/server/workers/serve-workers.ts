/** A server on several threads: each of them runs the whole app, over one recommender in shared memory. */
import { createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { EndcapError, whenAborted } from '../../errors.ts';
import type { Shop } from '../../live/types.ts';
import { type Followers, followersOf } from '../../live/workers/followers.ts';
import { invalidOption, onlyKnown, optionalFunctions, wholeNumber } from '../../options.ts';
import { type Sharing, shareRecommender } from '../../recommending/serving/sharing.ts';
import type { Recommender } from '../../recommending/types.ts';
import { bucketBytes } from '../access/buckets.ts';
import { followKeys } from '../access/keys-file.ts';
import { createApp } from '../app.ts';
import { safely } from '../failures.ts';
import { acceptError, listen, portOf, urlOf } from '../http/listening.ts';
import { checkedServing } from '../http/serving-limits.ts';
import { createMetrics } from '../metrics.ts';
import type { RequestLog } from '../observing.ts';
import { mergedCounts } from '../page/live/recent.ts';
import type { RunningServer, ServeOptions } from '../serve.ts';
import { heard, type ToldError } from './calls.ts';
import type { WorkerAccess, WorkerAppOptions } from './messages.ts';
import { labelled, metricsOfAll } from './metrics-of-all.ts';
import { startThread, type Thread } from './thread.ts';
import { countReplaced, countServing, createCounts, statusOf } from './worker-counts.ts';

export interface ServeWorkersOptions extends Omit<ServeOptions, 'app'>, WorkerAppOptions {
  /** Threads that answer requests; at most four for each that the machine runs at once. */
  workers: number;
  /** What answers; requests get a 503 until there is one, which `replace` gives if it is absent. */
  recommender?: Recommender | Promise<Recommender>;
  /**
   * A running shop, in place of a recommender. It is the one that writes; each worker has another one, which follows it. Whoever
   * wrote something is answered once all workers make their lists of it.
   */
  shop?: Shop | Promise<Shop>;
  /** Who may call, and how often in all; everybody, without a limit, if absent. */
  access?: WorkerAccess;
  /** Called on the main thread for every request once its answer is made. */
  log?: (request: RequestLog) => void;
}

export interface RunningWorkers extends RunningServer {
  /**
   * Answers with another recommender, or the same after a refresh. Resolves once all workers do. The caller closes the one
   * before.
   */
  replace(recommender: Recommender): Promise<void>;
  /** Refreshes the recommender, as its own `refresh` does, for all workers. */
  refresh(now?: number | Date): Promise<void>;
  /** Resolves once all workers answer with the recommender that the options name. */
  readonly ready: Promise<void>;
}

/** A few more than CPUs do no harm, and make nothing faster. */
const workersPerCpu = 4;
/** How long a request may take by default. */
const longestMs = 10_000;

const optionNames = [
  ...[
    'workers',
    'recommender',
    'shop',
    'access',
    'log',
    'host',
    'port',
    'signal',
    'graceMs',
    'drainMs',
    'maxConnections',
  ],
  ...['requestTimeoutMs', 'keepAliveTimeoutMs', 'onError'],
  ...['maxBodyBytes', 'maxConcurrentRequests', 'deadlineMs', 'basePath', 'cors', 'explorer'],
];

/**
 * Serves what `createApp` answers on several threads, each with a kernel of one thread. What is large of the recommender is in
 * memory that all share; ids and names are in each. On Linux, from Node 22.12 on, the system hands each connection to a thread;
 * elsewhere the main thread accepts, and relays bytes. A thread that dies is replaced; its connections are reset.
 *
 * `maxConnections` and `maxConcurrentRequests` are those of all threads together.
 *
 * @throws EndcapError `invalid_options`, `keys_unreadable`, `listen_failed`
 * @example
 * ```ts
 * const recommender = createRecommender(await loadModel('model.safetensors'));
 * const server = await serveWorkers({ recommender, workers: 4, port: 8080 });
 * await closeOnSignals(server);
 * await recommender.close();
 * ```
 */
export async function serveWorkers(options: ServeWorkersOptions): Promise<RunningWorkers> {
  onlyKnown(options, optionNames);
  const { workers: count, recommender, shop, access = {}, log, signal } = options;
  wholeNumber('workers', count, 1, workersPerCpu * availableParallelism());
  const { port, ...limits } = checkedServing(options);
  const { maxBodyBytes, maxConcurrentRequests, deadlineMs, basePath, cors, explorer } = options;
  onlyKnown(access, ['keys', 'perSecond', 'burst', 'behindProxy']);
  optionalFunctions({ log });
  if (shop && recommender) throw invalidOption('shop', shop, 'none with a recommender');
  for (const [name, most] of Object.entries({ maxConnections: limits.maxConnections, maxConcurrentRequests }))
    if (most !== undefined && most < count)
      throw invalidOption(name, most, `at least one for each of ${count} workers`);
  const { keys, perSecond, burst } = access;
  const app = { maxBodyBytes, maxConcurrentRequests, deadlineMs, basePath, cors, explorer };
  // Refused here rather than by each thread.
  createApp({ ...app, recommender: () => undefined, access: { perSecond, burst } });
  if (keys !== undefined) (await followKeys(keys, console.error)).close();

  const onError = safely(options.onError ?? console.error);
  const counts = createCounts(count);
  const shares = new Map<number, Sharing>();
  let current: Recommender | Shop | undefined;
  let followers: Followers | undefined;
  let sharing: Sharing | undefined;

  const metrics = createMetrics(
    () => current,
    () => statusOf(counts),
  );
  const methods = {
    unitVectors: (of: 'products' | 'customers', id: number) => shares.get(id)!.unitVectors(of),
    async metrics() {
      const ofWorkers = await Promise.all(
        threads.map(async (thread, i) => (await thread.metrics()).map((values) => labelled(values, i + 1))),
      );
      return metricsOfAll([await metrics.values(), ...ofWorkers.flat()]);
    },
    async recent() {
      return mergedCounts((await Promise.all(threads.map((thread) => thread.recent()))).flat());
    },
    log: (requests: readonly RequestLog[]) => {
      for (const request of requests) safely(log!)(request);
    },
    failed: (error: ToldError) => onError(heard(error)),
  };
  const share = (most: number) => Math.floor(most / count);
  const start = {
    app: {
      ...app,
      ...(maxConcurrentRequests !== undefined && { maxConcurrentRequests: share(maxConcurrentRequests) }),
    },
    limits: { ...limits, maxConnections: share(limits.maxConnections) },
    access: { ...access, buckets: new SharedArrayBuffer(bucketBytes) },
    isLogged: log !== undefined,
    hasShop: shop !== undefined,
    counts,
  };
  const isShared = canSharePort();

  const acceptor = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, hand);
  await listen(acceptor, { host: limits.host, port });
  const bound = portOf(acceptor);
  // Nobody else has the port on which the workers listen.
  if (isShared) await new Promise((resolve) => acceptor.close(resolve));
  else acceptor.on('error', (cause) => onError(acceptError(cause)));

  const threads: Thread[] = [];
  /** Accepted while no worker serves. */
  const waiting = new Set<Socket>();

  /** Gives a connection to the worker that has the fewest. */
  function hand(socket: Socket): void {
    const serving = threads.filter((thread) => thread.isServing());
    if (serving.length > 0) {
      waiting.delete(socket);
      serving.reduce((fewest, thread) => (thread.connections < fewest.connections ? thread : fewest)).add(socket);
    } else if (waiting.size < limits.maxConnections) {
      waiting.add(socket);
      socket.once('close', () => waiting.delete(socket));
    } else socket.resetAndDestroy();
  }

  let replacing: Promise<void> = Promise.resolve();

  async function replaceNow(next: Recommender): Promise<void> {
    const before = sharing;
    const mine = shareRecommender(next);
    shares.set(mine.id, mine);
    // A worker that begins, or begins anew, takes it from here.
    sharing = mine;
    const switches = await Promise.all(threads.map((thread) => thread.prepare(mine).catch(unlessDead)));
    await Promise.all(switches.map((answerWithIt) => answerWithIt?.().catch(unlessDead)));
    current = next;
    // Requests that began with the one before may ask for more of it.
    if (before) setTimeout(() => shares.delete(before.id), deadlineMs ?? longestMs).unref();
  }

  async function joinShop(given: Shop): Promise<void> {
    const found = followersOf(given);
    if (!found) throw invalidOption('shop', given, 'what createShop returns');
    followers = found;
    await Promise.all(threads.map((thread) => thread.join(found).catch(unlessDead)));
    current = given;
  }

  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    const ended = Promise.all(threads.map((thread) => thread.close()));
    if (!isShared) {
      await wait(limits.drainMs);
      for (const socket of waiting) socket.destroy();
      await new Promise((resolve) => acceptor.close(resolve));
    }
    await ended;
  }

  const close = () => {
    closed ??= closeAll();
    return closed;
  };
  const replace = (next: Recommender) => {
    const mine = replacing.then(() => replaceNow(next));
    replacing = mine.catch(() => {});
    return mine;
  };

  try {
    while (threads.length < count)
      threads.push(
        startThread({
          start,
          methods,
          port: isShared ? bound : undefined,
          sharing: () => sharing,
          shop: () => followers,
          onServing() {
            countServing(counts, threads.filter((thread) => thread.isServing()).length);
            for (const socket of waiting) hand(socket);
          },
          onDeath(error) {
            countReplaced(counts);
            onError(error);
          },
          answerTimeoutMs: limits.requestTimeoutMs,
        }),
      );
    await Promise.all(threads.map(({ begun }) => begun));
  } catch (error) {
    for (const { begun } of threads) begun.catch(() => {});
    await close();
    throw error;
  }
  const ready = shop
    ? Promise.resolve(shop).then(joinShop)
    : Promise.resolve(recommender).then((first) => first && replace(first));
  // Whoever waits for the recommender hears of its failure, too.
  ready.catch(() => {});
  if (signal?.aborted) await close();
  whenAborted(signal, () => void close());
  return {
    url: urlOf(limits.host, bound),
    port: bound,
    close,
    ready,
    async replace(next) {
      if (shop) throw new EndcapError('invalid_options', 'a shop answers; it takes another model by useModel');
      await replace(next);
    },
    async refresh(now) {
      await current?.refresh(now);
      const bonuses = sharing?.bonuses();
      if (bonuses) for (const thread of threads) thread.putBonuses(bonuses);
    },
  };
}

/** A worker that died takes what there is when it begins anew. */
function unlessDead(error: unknown): undefined {
  if (!(error instanceof EndcapError && error.code === 'worker_failed')) throw error;
}

/** Whether threads can listen on one port, among which the system shares connections. */
function canSharePort(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return process.platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12));
}
