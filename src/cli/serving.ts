/** Serving over HTTP until a signal ends it. */
import type { Recommender } from '../recommending/types.ts';
import { type AppOptions, createApp } from '../server/app.ts';
import { refreshDaily } from '../server/refreshing.ts';
import { closeOnSignals, type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import { exampleRequest } from './hints.ts';
import type { Values } from './options/options.ts';
import { note } from './terminal.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections'>;

export async function listen(recommender: () => Recommender | undefined, values: Values): Promise<RunningServer> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections } = values as ServingOptions;
  const app = createApp({ recommender, maxConcurrentRequests, deadlineMs });
  return serve({ app, host, port, maxConnections });
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
