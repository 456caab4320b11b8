/** Serving over HTTP until a signal ends it. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { EndcapError } from '../errors.ts';
import type { Recommender } from '../recommending/types.ts';
import { followKeys } from '../server/access/keys-file.ts';
import { type AppOptions, createApp } from '../server/app.ts';
import { createMetrics, type Gauges } from '../server/metrics.ts';
import { refreshDaily } from '../server/refreshing.ts';
import { closeOnSignals, type RunningServer, type ServeOptions, serve } from '../server/serve.ts';
import { endcap, exampleRequest } from './hints.ts';
import type { Values } from './options/options.ts';
import { complain, note } from './terminal.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections'> & {
    keys?: string;
    open?: boolean;
    rate?: number;
    behindProxy?: boolean;
    log?: boolean;
  };

/** What answers, or a function that returns it. */
type Answering = Pick<AppOptions, 'recommender' | 'shop'>;

/** @throws `invalid_options` if other machines could call without a key, and nobody said that they may; `keys_unreadable` */
export async function listen(answering: Answering, values: Values): Promise<RunningServer> {
  const { host = '127.0.0.1', port, maxConcurrentRequests, deadlineMs, maxConnections } = values as ServingOptions;
  const { keys, open, rate, behindProxy, log } = values as ServingOptions;
  if (keys === undefined && !open && !isLoopback(host))
    throw new EndcapError(
      'invalid_options',
      `--host ${host} lets other machines ask what customers bought: make a key (${endcap} key create --scope read) and ` +
        'name its file with --keys, or let everybody ask with --open',
      { option: 'host', value: host },
    );
  const followed = keys === undefined ? undefined : await followKeys(keys, complainOf);
  const app = createApp({
    ...answering,
    maxConcurrentRequests,
    deadlineMs,
    access: { keys: followed, perSecond: rate, addressOf: behindProxy ? forwardedFor : remoteAddress },
    metrics: createMetrics(() => gaugesOf(answering)),
    log: log ? (request) => process.stdout.write(`${JSON.stringify({ time: new Date(), ...request })}\n`) : undefined,
  });
  const server = await serve({ app, host, port, maxConnections });
  return {
    ...server,
    async close() {
      await server.close();
      followed?.close();
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

function complainOf(error: unknown): void {
  complain((error as Error).message);
}

/** Whether no other machine can connect. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function remoteAddress(c: Context): string | undefined {
  return getConnInfo(c).remote.address;
}

/** The address that the nearest proxy saw; those before it are what clients claim. */
function forwardedFor(c: Context): string | undefined {
  return c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? remoteAddress(c);
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
