/** The entry point of a worker: a thread with an app and a server of its own, over memory that all workers share. */
import type { Duplex } from 'node:stream';
import { parentPort, type TransferListItem, workerData } from 'node:worker_threads';
import type { ServingShop } from '../../live/types.ts';
import type { WorkerShop } from '../../live/workers/worker-shop.ts';
import { type Joining, joinRecommender, putBonuses } from '../../recommending/serving/sharing.ts';
import type { Recommender } from '../../recommending/types.ts';
import { followKeys } from '../access/keys-file.ts';
import { createApp } from '../app.ts';
import { createHttpServer, forwardedFor, remoteAddress } from '../http/http-server.ts';
import { acceptError, listen, portOf } from '../http/listening.ts';
import { createMetrics } from '../metrics.ts';
import type { RequestLog } from '../observing.ts';
import { createRecent } from '../page/live/recent.ts';
import { createCalls, told } from './calls.ts';
import type { MainMethods, WorkerMethods, WorkerStart } from './messages.ts';
import { createRelayedSockets } from './relayed-sockets.ts';
import { statusOf } from './worker-counts.ts';

const { app: options, limits, access, isLogged, hasShop, counts } = workerData as WorkerStart;
const port = parentPort!;
const post = (message: unknown, transfer?: TransferListItem[]) => port.postMessage(message, transfer);

/** The longest time that a request may take; a second more than its deadline. */
const longestMs = 1000 + (options.deadlineMs ?? 10_000);

let recommender: Recommender | undefined;
let workerShop: WorkerShop | undefined;
let shop: ServingShop | undefined;
let servedId = 0;
/** By id, what is being added, and what was. */
const joining = new Map<number, Joining>();
const added = new Map<number, Recommender>();

const onError = (error: unknown) => calls.tell('failed', [told(error)]);
const metrics = createMetrics(() => undefined);
const recent = createRecent(millisecondsOfAll);
const { keys, behindProxy, perSecond, burst, buckets } = access;
const app = createApp({
  ...options,
  ...(hasShop ? { shop: () => shop } : { recommender: () => recommender }),
  access: {
    keys: keys === undefined ? undefined : await followKeys(keys, onError),
    addressOf: behindProxy ? forwardedFor : remoteAddress,
    ...(perSecond !== undefined && { perSecond, burst, counting: { memory: buckets, now: millisecondsOfAll } }),
  },
  metrics: { ...metrics, text: () => calls.call('metrics') },
  recent: { ...recent, counts: () => calls.call('recent') },
  workers: () => statusOf(counts),
  ...(isLogged && { log: noted }),
  onError,
});
const { server, close } = createHttpServer(app, { ...limits, onError });

const calls = createCalls<MainMethods>(post, {
  async listen(on: number) {
    await listen(server, { host: limits.host, port: on, reusePort: true });
    server.on('error', (cause) => onError(acceptError(cause)));
    return portOf(server);
  },
  async add(id, piece) {
    const pace = { inBackground: recommender !== undefined };
    const one = joining.get(id) ?? joinRecommender((of) => calls.call('unitVectors', of, id), pace);
    joining.set(id, one);
    const opened = one.add(piece);
    if (!opened) return;
    joining.delete(id);
    added.set(id, (await opened.serve()).recommender);
  },
  serveAdded(id) {
    if (id > servedId) {
      const before = recommender;
      recommender = added.get(id);
      servedId = id;
      // Requests that began with it are over then.
      if (before) setTimeout(() => void before.close(), longestMs).unref();
    }
    added.delete(id);
  },
  putBonuses: (bonuses) => recommender && putBonuses(recommender, bonuses),
  async joinShop() {
    // What the shop needs loads where there is one.
    const { createWorkerShop } = await import('../../live/workers/worker-shop.ts');
    workerShop = createWorkerShop((name, ...args) => calls.call('askShop', name, args) as never);
    shop = await workerShop.opened;
  },
  tellShop: (name, args) => (workerShop!.told[name] as (...args: readonly unknown[]) => unknown)(...args),
  metrics: metrics.values,
  recent: recent.counts,
  frames: createRelayedSockets((frames) => calls.tell('frames', [frames], [frames.bytes]), accept),
  async close() {
    await close();
    await workerShop?.close();
    // What was sent in this turn is under way then.
    await new Promise<void>(setImmediate);
    await new Promise<void>(setImmediate);
  },
} satisfies WorkerMethods);
port.on('message', calls.receive);

/** A line for each request is a message for each turn of the event loop. */
let notes: RequestLog[] = [];
function noted(request: RequestLog): void {
  if (notes.length === 0)
    setImmediate(() => {
      calls.tell('log', [notes]);
      notes = [];
    });
  notes.push(request);
}

/** Node's server looks for late requests from the time on at which it listens. */
let isAccepting = false;
function accept(socket: Duplex): void {
  if (!isAccepting) server.emit('listening');
  isAccepting = true;
  server.emit('connection', socket);
}

/** All threads have this clock. */
function millisecondsOfAll(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
