/** Serving over HTTP until a signal ends it. */
import { availableParallelism } from 'node:os';
import { EndcapError } from '../../errors.ts';
import type { Shop } from '../../live/types.ts';
import type { Recommender } from '../../recommending/types.ts';
import { type AppOptions, createApp } from '../../server/app.ts';
import { createMetrics } from '../../server/metrics.ts';
import type { RequestLog } from '../../server/observing.ts';
import { picturesOf } from '../../server/page/pictures.ts';
import { refreshDaily } from '../../server/refreshing.ts';
import { closeOnSignals, type RunningServer, type ServeOptions, serve } from '../../server/serve.ts';
import { exampleRequest } from '../hints.ts';
import { hasExplorer, type Values } from '../options/options.ts';
import { complain, count, note } from '../terminal/terminal.ts';
import { type Access, accessFor } from './access.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs' | 'cors'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections' | 'drainMs'> & { log?: boolean };

/** One of two functions that return what answers, once it is there. */
interface Answering {
  recommender?: () => Recommender | undefined;
  shop?: () => Shop | undefined;
}

/** A server that was told of nothing to answer with yet, if it has to be told. */
export interface Listening extends RunningServer {
  /** Where the pages are, or why there are none; absent if nobody wants any. */
  readonly explorer?: string;
  /** Gives the workers what answers, a shop if they were told to expect one; absent where there are none. */
  answerWith?(recommender: Recommender): Promise<Pick<Recommender, 'refresh'>>;
}

/** @throws `keys_unreadable` */
export async function listen(answering: Answering, values: Values): Promise<Listening> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections, drainMs, cors, log } =
    values as ServingOptions;
  const logged = log ? writeLine : undefined;
  if (hasWorkers(values)) return listenOnWorkers(values, logged, answering.shop !== undefined);
  const access = await accessFor(values);
  const app = createApp({
    ...answering,
    maxConcurrentRequests,
    deadlineMs,
    access,
    explorer: explorerOf(values),
    cors,
    metrics: createMetrics(() => answering.recommender?.() ?? answering.shop?.()),
    onError: told,
    log: logged,
  });
  const server = await serve({ app, host, port, maxConnections, drainMs });
  return {
    ...server,
    explorer: aboutExplorer(values, server.url),
    async close() {
      await server.close();
      access.keys?.close();
    },
  };
}

const hasWorkers = ({ workers }: Values) => workers !== 1;

async function listenOnWorkers(values: Values, log: AppOptions['log'], hasShop: boolean): Promise<Listening> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections, drainMs, cors } = values as ServingOptions;
  const { workers, keys, rate, behindProxy } = values as unknown as Access & { workers: number };
  const { serveWorkers } = await import('../../server/workers/serve-workers.ts');
  let give: (shop: Shop) => void = () => {};
  const shop = new Promise<Shop>((resolve) => {
    give = resolve;
  });
  const server = await serveWorkers({
    ...(hasShop && { shop }),
    ...{ workers, host, port, maxConcurrentRequests, deadlineMs, maxConnections, drainMs, cors, log },
    access: { keys, perSecond: rate, behindProxy },
    explorer: explorerOf(values),
    onError: told,
  });
  return {
    ...server,
    explorer: aboutExplorer(values, server.url),
    async answerWith(recommender) {
      if (hasShop) {
        give(recommender as Shop);
        await server.ready;
      } else await server.replace(recommender);
      const cores = availableParallelism();
      note(
        `Workers: ${workers}, each with a kernel of one thread${workers > cores ? `; more than the ${count(cores, 'core')} make nothing faster` : ''}`,
      );
      return hasShop ? recommender : server;
    },
  };
}

/** Whether there are pages, and whose pictures they show. */
function explorerOf(values: Values): AppOptions['explorer'] {
  const { explorerPictures: pictures } = values as { explorerPictures?: string[] };
  const explorer = pictures === undefined || { pictures };
  // Refuses what is no origin, whether there are pages or not.
  picturesOf(explorer);
  return hasExplorer(values) && explorer;
}

function aboutExplorer(values: Values, url: string): string | undefined {
  if (hasExplorer(values)) return `Explorer: ${url}/explorer`;
  if (values.explorer) return 'Explorer: off, since anybody could see what customers bought; --keys turns it on';
  return undefined;
}

function writeLine(request: RequestLog): void {
  process.stdout.write(`${JSON.stringify({ time: new Date(), ...request })}\n`);
}

/** A store that fails is told in a line: each purchase meets it, and none says more. So is a thread that died. */
function told(error: unknown): void {
  if (error instanceof EndcapError && (error.code === 'store_failed' || error.code === 'worker_failed'))
    complain(error.message);
  else console.error(error);
}

export async function untilStopped(server: Listening, recommender: Recommender): Promise<void> {
  const refreshed = (await server.answerWith?.(recommender)) ?? recommender;
  const stopped = closeOnSignals(server, () => note('Stopping'));
  noteAddress(server, recommender);
  const stopRefreshing = refreshDaily(refreshed);
  await stopped;
  stopRefreshing();
  await recommender.close();
}

/** Apart, since what waits for a signal must not keep a model that another one has taken the place of. */
function noteAddress({ url, explorer }: Listening, { model }: Recommender): void {
  note(
    '',
    `Serving on ${url} (Ctrl-C stops it). Try it in another terminal:`,
    '',
    ...exampleRequest(url, model),
    '',
    ...(explorer === undefined ? [] : [explorer]),
    `All endpoints: ${url}/openapi.json`,
  );
}
