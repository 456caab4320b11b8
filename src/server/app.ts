import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type * as v from 'valibot';
import type { Hono as App } from '#hono';
import type { ServingShop } from '../live/types.ts';
import { finiteNumber, invalidOption, maxTimerMs, onlyKnown, optionalFunctions, wholeNumber } from '../options.ts';
import type { Recommender } from '../recommending/types.ts';
import { type AccessOptions, accessBy, callersBy } from './access/access.ts';
import { addReload } from './admin/reload.ts';
import { addRollback } from './admin/rollback.ts';
import { addStatus, type WorkersStatus } from './admin/status.ts';
import { admission } from './admission.ts';
import { aboutModel } from './answers/model-answer.ts';
import { failThrown, noModel, safely } from './failures.ts';
import { addHealthEndpoints } from './health.ts';
import { addListEndpoints } from './lists/endpoints.ts';
import { anyPath, fallback, mountPath, rootOf } from './mounting.ts';
import { logged, type RequestLog } from './observing.ts';
import { describe, documentOf } from './openapi.ts';
import { addExplorer } from './page/explorer.ts';
import { createRecent, type RecentRequests } from './page/live/recent.ts';
import { type ExplorerOptions, picturesOf } from './page/pictures.ts';
import { jsonBody } from './requests/body.ts';
import { addShopEndpoints } from './shop/endpoints.ts';

export type { RequestLog };

export interface AppOptions {
  /**
   * What answers. A function is called for every request, so that it can return another recommender for the next one, or
   * none (503) while there is no model.
   */
  recommender?: Recommender | (() => Recommender | undefined);
  /**
   * A running shop, in place of a recommender: it answers, and takes purchases, the catalogue, and erasures. A function
   * returns none (503) while it is being opened, which may take a while: the store is read first.
   */
  shop?: ServingShop | (() => ServingShop | undefined);
  /** A longer request body is a 413. The default is 1 MiB, enough for both filters at their longest with ids of 40 characters. */
  maxBodyBytes?: number;
  /**
   * How many POST requests may wait or be answered at a time; a further one is a 503. The default is 128 for each thread of
   * the recommender's kernel, which keeps the threads busy, but at most 1,024: one event loop writes all the answers.
   */
  maxConcurrentRequests?: number;
  /**
   * The time from the arrival of a POST request to its answer, in milliseconds; 10,000 by default. Past it the answer is a
   * 503, or a 408 if the body is still on its way, and what has not begun is not done.
   */
  deadlineMs?: number;
  /**
   * The path under which clients reach the app, such as `/shop`. By default it is taken from the request, which is right
   * wherever the app is mounted with Hono's `route`. It is needed only if something strips the path before the app sees
   * it, such as a reverse proxy.
   */
  basePath?: string;
  /** Who may call, and how often; everybody, without a limit, if absent. Health, `GET /` and the document need no key. */
  access?: AccessOptions;
  /** What counts the requests, and answers `GET /metrics`; there is no such path if absent. See `createMetrics`. */
  metrics?: { readonly contentType: string; observe(request: RequestLog): void; text(): Promise<string> };
  /** Origins whose pages may call from a browser; `'*'` for all; none by default. */
  cors?: string | string[];
  /**
   * Whether there are pages at `/explorer` for people, who see there what customers bought, and their lists; false by default.
   * With keys, they sign in with one of scope `admin`. Without, they have to name this machine or the host that `serve` listens
   * on in the address, so that no other website can read the pages by a name of its own. An object turns them on, too.
   */
  explorer?: boolean | ExplorerOptions;
  /** What counts the requests of the last hour for the explorer, which makes its own if absent. Threads have one for all. */
  recent?: RecentRequests;
  /** How many threads serve, for `GET /admin/status`; see `serveWorkers`. */
  workers?: () => WorkersStatus;
  /** Called for every request once its answer is made. The answer then has a header `x-request-id`, as the log has. */
  log?: (request: RequestLog) => void;
  /** Called with whatever caused a 500; `console.error` by default. */
  onError?: (error: unknown) => void;
}

const optionNames = [
  ...['recommender', 'shop', 'maxBodyBytes', 'maxConcurrentRequests', 'deadlineMs', 'basePath'],
  ...['access', 'metrics', 'explorer', 'recent', 'workers', 'cors', 'log', 'onError'],
];

const requestsPerThread = 128;
const mostRequests = 1024;

/**
 * The HTTP interface as a Hono app: `POST /recommend`, `POST /similar`, `POST /bought-together`,
 * `POST /similar-customers`, `GET /model`, `GET /health/live`, `GET /health/ready`, `GET /admin/status`,
 * `GET /openapi.json`, and `GET /`, which lists them. With a shop there are also those that write, such as
 * `POST /purchases`, with `metrics` also `GET /metrics`, and with `explorer` the pages at `/explorer`. It uses no module
 * of Node's own: `app.fetch` runs wherever Hono does.
 *
 * Mounted in another Hono app it answers every path below the mount path that the other app does not route itself.
 *
 * @throws EndcapError `invalid_options` if an option is unknown or has an impossible value
 * @example
 * ```ts
 * const shop = new Hono();
 * shop.route('/recommendations', createApp({ recommender }));
 * ```
 */
export function createApp(options: AppOptions): App {
  onlyKnown(options, optionNames);
  const { shop, recommender = shop, log, metrics, maxConcurrentRequests } = options;
  const { maxBodyBytes = 1024 * 1024, deadlineMs = 10_000, explorer = false } = options;
  // One that lives in a worker has no rows: the app needs one of this thread.
  if (typeof recommender !== 'function' && typeof recommender?.customerRow !== 'function')
    throw invalidOption('recommender', recommender, 'a recommender of this thread, or a function that returns one');
  const isShop = typeof shop === 'function' || typeof shop?.recordPurchases === 'function';
  if (shop && (shop !== recommender || !isShop))
    throw invalidOption('shop', shop, 'what createShop returns, without a recommender');
  optionalFunctions({ log, workers: options.workers, onError: options.onError });
  wholeNumber('maxBodyBytes', maxBodyBytes, 1, 2 ** 31);
  if (maxConcurrentRequests !== undefined) wholeNumber('maxConcurrentRequests', maxConcurrentRequests, 1, 2 ** 31);
  finiteNumber('deadlineMs', deadlineMs, 1, maxTimerMs);
  const pictures = picturesOf(explorer);
  if (metrics !== undefined && (typeof metrics?.observe !== 'function' || typeof metrics.text !== 'function'))
    throw invalidOption('metrics', metrics, 'what createMetrics returns');
  if (options.recent !== undefined && typeof options.recent?.observe !== 'function')
    throw invalidOption('recent', options.recent, 'what createRecent returns');
  let threads = typeof recommender === 'function' ? 1 : recommender.kernel.threads;
  const current = () => {
    const answering = typeof recommender === 'function' ? recommender() : recommender;
    if (answering) threads = answering.kernel.threads;
    return answering;
  };
  const shopNow = shop && (typeof shop === 'function' ? shop : () => shop);
  const serving = { recommender: current, ...(shopNow && { shop: shopNow }) };
  const limit = () => maxConcurrentRequests ?? Math.min(mostRequests, requestsPerThread * threads);
  const places = { taken: 0 };
  const admitted = admission(limit, deadlineMs, places);
  const recent = explorer ? (options.recent ?? createRecent()) : undefined;
  recent?.watch?.(() => ({ waiting: places.taken, limit: limit() }));
  const callers = callersBy(options.access ?? {});
  const access = accessBy(callers);
  const reading = access('read');
  const bodyOf = <Schema extends v.GenericSchema>(schema: Schema) => jsonBody(schema, maxBodyBytes);
  const onError = safely(options.onError ?? console.error);
  const publicPath = checkedBasePath(options.basePath);

  const app = new Hono();
  const observers = [log, metrics?.observe, recent?.observe].filter((observe) => observe !== undefined).map(safely);
  if (observers.length > 0) app.use(logged(observers, log !== undefined));
  // Before what lets pages of other origins call: they may ask for lists, and not see what customers bought.
  if (recent) addExplorer(app, { ...serving, callers, admitted, recent, pictures, onError }, publicPath);
  if (options.cors !== undefined)
    app.use(cors({ origin: checkedOrigins(options.cors), exposeHeaders: ['retry-after', 'x-request-id'] }));
  app.onError((error, c) => failThrown(c, error, onError));

  addListEndpoints(app, { current, access, admitted, bodyOf });
  if (shopNow) addShopEndpoints(app, { shop: shopNow, access, admitted, bodyOf });

  app.get('/model', describe.model, reading, (c) => {
    const answering = current();
    return answering ? c.json(aboutModel(answering)) : noModel(c);
  });

  addHealthEndpoints(app, serving);
  if (shopNow) addReload(app, shopNow, access('admin'));
  if (shopNow) addRollback(app, shopNow, access('admin'));
  addStatus(app, { ...serving, workers: options.workers }, access('admin'), () => options.access?.keys?.count);

  if (metrics)
    app.get('/metrics', describe.metrics, reading, async (c) =>
      c.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    );

  const document = documentOf(app, options.access?.keys !== undefined);
  app.get('/openapi.json', (c) => {
    const text = document(publicPath ?? mountPath(c, '/openapi.json'));
    return c.body(text, 200, { 'content-type': 'application/json' });
  });
  app.get('/', (c) => c.json(rootOf(app, publicPath ?? mountPath(c, '/'))));
  app.all(anyPath, fallback(app, publicPath));
  return app;
}

function checkedBasePath(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if (typeof path !== 'string' || !/^\/[^\s?#]*$/.test(path))
    throw invalidOption('basePath', path, "a path that begins with '/', such as '/shop'");
  return path.replace(/\/+$/, '');
}

function checkedOrigins(origins: string | string[]): string | string[] {
  const all: unknown[] = Array.isArray(origins) ? origins : [origins];
  if (all.every((origin) => typeof origin === 'string')) return origins;
  throw invalidOption('cors', origins, "an origin, a list of origins, or '*'");
}
