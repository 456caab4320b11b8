/** Serving over HTTP until a signal ends it. */
import { EndcapError } from '../../errors.ts';
import type { Shop } from '../../live/types.ts';
import type { Recommender } from '../../recommending/types.ts';
import { type AppOptions, createApp } from '../../server/app.ts';
import { createMetrics } from '../../server/metrics.ts';
import { refreshDaily } from '../../server/refreshing.ts';
import { closeOnSignals, type RunningServer, type ServeOptions, serve } from '../../server/serve.ts';
import { exampleRequest } from '../hints.ts';
import type { Values } from '../options/options.ts';
import { complain, note } from '../terminal/terminal.ts';
import { accessFor } from './access.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs' | 'cors'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections' | 'drainMs'> & { log?: boolean };

/** One of two functions that return what answers, once it is there. */
interface Answering {
  recommender?: () => Recommender | undefined;
  shop?: () => Shop | undefined;
}

/** @throws `keys_unreadable` */
export async function listen(answering: Answering, values: Values): Promise<RunningServer> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections, drainMs, cors, log } =
    values as ServingOptions;
  const access = await accessFor(values);
  const app = createApp({
    ...answering,
    maxConcurrentRequests,
    deadlineMs,
    access,
    cors,
    metrics: createMetrics(() => answering.recommender?.() ?? answering.shop?.()),
    onError: told,
    log: log ? (request) => process.stdout.write(`${JSON.stringify({ time: new Date(), ...request })}\n`) : undefined,
  });
  const server = await serve({ app, host, port, maxConnections, drainMs });
  return {
    ...server,
    async close() {
      await server.close();
      access.keys?.close();
    },
  };
}

/** A store that fails is told in a line: each purchase meets it, and none says more. */
function told(error: unknown): void {
  if (error instanceof EndcapError && error.code === 'store_failed') complain(error.message);
  else console.error(error);
}

export async function untilStopped(server: RunningServer, recommender: Recommender): Promise<void> {
  const stopped = closeOnSignals(server, () => note('Stopping'));
  note(
    '',
    `Serving on ${server.url} (Ctrl-C stops it). Try it in another terminal:`,
    '',
    ...exampleRequest(server.url, recommender.model),
    '',
    `All endpoints: ${server.url}/openapi.json`,
  );
  const stopRefreshing = refreshDaily(recommender);
  await stopped;
  stopRefreshing();
  await recommender.close();
}
