/** The HTTP server over an app, before it listens anywhere. */
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, Hono } from 'hono';
import { beginInTurn } from '../../turns.ts';
import { keepConnections } from './connections.ts';
import { answerRefused, failureOfListener, refusalOf, refuse } from './refusals.ts';
import type { ServingLimits } from './serving-limits.ts';

/** Headers are short: a client that is still sending them after this long, in milliseconds, is not going to finish. */
const headersTimeoutMs = 10_000;
/** How often Node looks for requests that are late, in milliseconds. */
const checkingMs = 1000;

export interface OwnServer {
  server: HttpServer;
  /** Goes on answering for `drainMs`, then ends as `keepConnections` does. Later calls return the same promise. */
  close(): Promise<void>;
}

/** @param onError called with what fails other than by an answer. */
export function createHttpServer(
  app: Pick<Hono, 'fetch'>,
  {
    host,
    graceMs,
    drainMs,
    maxConnections,
    requestTimeoutMs,
    keepAliveTimeoutMs,
    onError,
  }: Omit<ServingLimits, 'port'> & { onError: (error: unknown) => void },
): OwnServer {
  const server = createServer({
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(checkingMs, requestTimeoutMs),
    keepAliveTimeout: keepAliveTimeoutMs,
    // Node would answer without a body; see refusals.ts.
    requireHostHeader: false,
  });
  const {
    begin,
    isAnswering,
    close: endConnections,
  } = keepConnections(server, { maxConnections, answerTimeoutMs: requestTimeoutMs, graceMs });
  let closed: Promise<void> | undefined;
  const isDraining = () => closed !== undefined;
  const answer = getRequestListener((request, env) => app.fetch(request, { ...env, isDraining, listensOn: host }), {
    hostname: host,
    errorHandler: (error) => failureOfListener(error, onError),
  });
  server.on('request', (request, response) => {
    const refusal = refusalOf(request, begin(request, response));
    if (refusal) refuse(response, refusal);
    else if (isHealthCheck(request)) answer(request, response);
    else beginInTurn(() => request.destroyed || answer(request, response));
  });
  answerRefused(server, (socket) => isAnswering(socket as Socket));
  return {
    server,
    close() {
      closed ??= drainMs > 0 ? setTimeout(drainMs).then(endConnections) : endConnections();
      return closed;
    },
  };
}

/** Whether this asks for the health of an app that `createApp` made, wherever it is mounted. */
function isHealthCheck({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /\/health\/(live|ready)(\?|$)/.test(url);
}

/** Where a request comes from. */
export function remoteAddress(c: Context): string | undefined {
  return getConnInfo(c).remote.address;
}

/** The address that the nearest proxy saw; those before it are what clients claim. */
export function forwardedFor(c: Context): string | undefined {
  return c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? remoteAddress(c);
}
