/** Serving over HTTP until a signal ends it. */
import type { Recommender } from '../recommending/types.ts';
import { type AppOptions, createApp } from '../server/app.ts';
import { createMetrics, type Gauges } from '../server/metrics.ts';
import { refreshDaily } from '../server/refreshing.ts';
import { closeOnSignals, type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import { accessFor } from './access.ts';
import { exampleRequest } from './hints.ts';
import type { Values } from './options/options.ts';
import { note } from './terminal.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections'> & { log?: boolean };

/** What answers, or a function that returns it. */
type Answering = Pick<AppOptions, 'recommender' | 'shop'>;

/** @throws `keys_unreadable` */
export async function listen(answering: Answering, values: Values): Promise<RunningServer> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections, log } = values as ServingOptions;
  const access = await accessFor(values);
  const app = createApp({
    ...answering,
    maxConcurrentRequests,
    deadlineMs,
    access,
    metrics: createMetrics(() => gaugesOf(answering)),
    log: log ? (request) => process.stdout.write(`${JSON.stringify({ time: new Date(), ...request })}\n`) : undefined,
  });
  const server = await serve({ app, host, port, maxConnections });
  return {
    ...server,
    async close() {
      await server.close();
      access.keys?.close();
    },
  };
}

function gaugesOf({ recommender, shop }: Answering): Gauges {
  const current: Recommender | undefined = typeof recommender === 'function' ? recommender() : (recommender ?? shop);
  const { catalogue, keptCustomers } = shop?.status() ?? {};
  return {
    model: current?.model.metadata,
    liveCustomers: keptCustomers,
    availableRatio: catalogue && catalogue.products > 0 ? 1 - catalogue.unavailable / catalogue.products : undefined,
  };
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
