/** The server's one door to Node: a port, an orderly end, and the signals that cause it. */
import { constants } from 'node:os';
import type { Hono } from '#hono';
import { whenAborted } from '../errors.ts';
import { invalidOption, onlyKnown } from '../options.ts';
import { safely } from './failures.ts';
import { createHttpServer } from './http/http-server.ts';
import { acceptError, listen, portOf, urlOf } from './http/listening.ts';
import { checkedServing } from './http/serving-limits.ts';

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
  const { app, signal } = options;
  if (typeof app?.fetch !== 'function') throw invalidOption('app', app, 'what createApp returns, or any Hono app');
  const { host, port, ...limits } = checkedServing(options);
  const onError = safely(options.onError ?? console.error);
  const { server, close } = createHttpServer(app, { host, ...limits, onError });
  await listen(server, { host, port });
  server.on('error', (cause) => onError(acceptError(cause)));
  const bound = portOf(server);
  if (signal?.aborted) await close();
  whenAborted(signal, () => void close());
  return { url: urlOf(host, bound), port: bound, close };
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
