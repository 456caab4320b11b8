/** The server's one door to Node: a port, an orderly end, and the signals that cause it. */
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { EndcapError } from '../errors.ts';
import {
  finiteNumber,
  invalidOption,
  maxTimerMs,
  onlyKnown,
  optionalFunctions,
  optionalSignal,
  wholeNumber,
} from '../options.ts';
import { beginInTurn } from '../turns.ts';
import { keepConnections } from './connections.ts';
import { safely } from './failures.ts';
import { answerRefused, failureOfListener, refusalOf, refuse } from './refusals.ts';

/** Headers are short: a client that is still sending them after this long, in milliseconds, is not going to finish. */
const headersTimeoutMs = 10_000;
/** How often Node looks for requests that are late, in milliseconds. */
const checkingMs = 1000;

export interface ServeOptions {
  app: Pick<Hono, 'fetch'>;
  /** A name or address of this machine. The default is 127.0.0.1, which other machines cannot reach. */
  host?: string;
  /** 5000 by default; 0 takes any free port. */
  port?: number;
  /** Closes the server when it fires. */
  signal?: AbortSignal;
  /** How long `close` waits for running requests, in milliseconds; 10,000 by default. */
  graceMs?: number;
  /**
   * How long `close` goes on answering before that, in milliseconds; 0 by default. `/health/ready` is then a 503, so that a
   * load balancer which asks for it sends no more requests here, and none is refused.
   */
  drainMs?: number;
  /**
   * How many connections may be open; 2,000 by default. A further one takes the place of the one that has been idle the
   * longest, or is closed if there is none.
   */
  maxConnections?: number;
  /**
   * How long a request may take to arrive, in milliseconds; 20,000 by default. Its headers have 10,000 at most. Later, the
   * answer is a 408, and the connection is closed. A client that takes longer for an answer loses its connection, too.
   */
  requestTimeoutMs?: number;
  /**
   * How long a connection may be idle between two requests, in milliseconds. The default of 65,000 is longer than nginx and
   * most load balancers keep one, so that it is not the server that closes it while a request is under way.
   */
  keepAliveTimeoutMs?: number;
  /**
   * Called if the running server fails to accept a connection, or if the app fails other than by answering with a 500;
   * `console.error` by default. The server goes on.
   */
  onError?: (error: unknown) => void;
}

export interface RunningServer {
  /** For example `http://127.0.0.1:5000`. */
  url: string;
  port: number;
  /**
   * Stops accepting connections, ends the idle ones, and resolves once every running request is answered, or once the
   * grace period is over and the remaining ones are cut off. Later calls return the same promise.
   */
  close(): Promise<void>;
}

const optionNames = [
  ...['app', 'host', 'port', 'signal', 'graceMs', 'drainMs'],
  ...['maxConnections', 'requestTimeoutMs', 'keepAliveTimeoutMs', 'onError'],
];

/**
 * Serves the app over HTTP and resolves once it listens.
 * @throws EndcapError `invalid_options` if an option is unknown or has an impossible value; `listen_failed` if the host
 * or port is not available
 * @example
 * ```ts
 * const server = await serve({ app: createApp({ recommender }), port: 8080 });
 * await closeOnSignals(server);
 * ```
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  onlyKnown(options, optionNames);
  const { app, host = '127.0.0.1', port = 5000, signal, graceMs = 10_000, drainMs = 0 } = options;
  const { maxConnections = 2000, requestTimeoutMs = 20_000, keepAliveTimeoutMs = 65_000 } = options;
  if (typeof app?.fetch !== 'function') throw invalidOption('app', app, 'what createApp returns, or any Hono app');
  wholeNumber('port', port, 0, 65535);
  if (typeof host !== 'string' || host === '')
    throw invalidOption('host', host, 'a name or address of this machine, such as 127.0.0.1');
  finiteNumber('graceMs', graceMs, 0, maxTimerMs);
  finiteNumber('drainMs', drainMs, 0, maxTimerMs);
  optionalSignal(signal);
  optionalFunctions({ onError: options.onError });
  wholeNumber('maxConnections', maxConnections, 1, 2 ** 31);
  wholeNumber('requestTimeoutMs', requestTimeoutMs, 1, maxTimerMs);
  wholeNumber('keepAliveTimeoutMs', keepAliveTimeoutMs, 1, maxTimerMs);
  const onError = safely(options.onError ?? console.error);
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
  } = keepConnections(server, {
    maxConnections,
    answerTimeoutMs: requestTimeoutMs,
    graceMs,
  });
  let closed: Promise<void> | undefined;
  const isDraining = () => closed !== undefined;
  const close = () => {
    closed ??= drainMs > 0 ? setTimeout(drainMs).then(endConnections) : endConnections();
    return closed;
  };
  const answer = getRequestListener((request, env) => app.fetch(request, { ...env, isDraining }), {
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
  await listen(server, host, port);
  server.on('error', (cause) => onError(acceptError(cause)));
  const bound = (server.address() as AddressInfo).port;
  if (signal?.aborted) await close();
  signal?.addEventListener('abort', () => void close(), { once: true });
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound, close };
}

/**
 * Closes the server at the first SIGTERM or SIGINT and resolves once it is closed. A second signal ends the process
 * immediately, with the exit code that shells use for that signal.
 */
export function closeOnSignals(
  server: Pick<RunningServer, 'close'>,
  onSignal?: (signal: NodeJS.Signals) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false;
    const stop = (signal: NodeJS.Signals) => {
      if (closing) process.exit(128 + constants.signals[signal]);
      closing = true;
      onSignal?.(signal);
      server
        .close()
        .finally(() => process.off('SIGTERM', stop).off('SIGINT', stop))
        .then(resolve, reject);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}

function listen(server: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${host} port ${port}: ${reasonOf(cause)}`;
      reject(new EndcapError('listen_failed', message, { host, port, reason: cause.code }, { cause }));
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
}

/** Whether this asks for the health of an app that `createApp` made, wherever it is mounted. */
function isHealthCheck({ method, url = '' }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && /\/health\/(live|ready)(\?|$)/.test(url);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another program uses the port; stop that program or choose another port';
    case 'EACCES':
      return 'this user is not allowed to use the port; choose one above 1023';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no host with that name; try 127.0.0.1, or 0.0.0.0 for every address of this machine';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address; try 127.0.0.1, or 0.0.0.0 for every address of this machine';
    default:
      return error.message;
  }
}

function acceptError(cause: NodeJS.ErrnoException): EndcapError {
  const { code: reason, message } = cause;
  const advice = reason === 'EMFILE' || reason === 'ENFILE' ? '; raise the limit of open files' : '';
  return new EndcapError(
    'listen_failed',
    `could not accept a connection: ${message}${advice}; the server goes on`,
    { reason },
    { cause },
  );
}
