/** The server's one door to Node: a port, an orderly end, and the signals that cause it. */
import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { constants } from 'node:os';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { EndcapError } from '../errors.ts';
import { finiteNumber, invalidOption, maxTimerMs, onlyKnown, wholeNumber } from '../options.ts';

const sweepMs = 50;

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
  /** Called if the running server fails to accept a connection; `console.error` by default. The server goes on. */
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

const optionNames = ['app', 'host', 'port', 'signal', 'graceMs', 'onError'];

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
  const { app, host = '127.0.0.1', port = 5000, signal, graceMs = 10_000, onError = console.error } = options;
  wholeNumber('port', port, 0, 65535);
  if (host === '') throw invalidOption('host', host, 'a name or address of this machine, such as 127.0.0.1');
  finiteNumber('graceMs', graceMs, 0, maxTimerMs);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as HttpServer;
  const close = closer(server, graceMs);
  await listen(server, host, port);
  server.on('error', onError);
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

function closer(server: HttpServer, graceMs: number): () => Promise<void> {
  const sockets = new Set<Socket>();
  const running = new Set<ServerResponse>();
  let closed: Promise<void> | undefined;

  const endsConnection = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close');
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_request, response) => {
    running.add(response);
    response.once('close', () => running.delete(response));
    if (closed) endsConnection(response);
  });

  return () => {
    closed ??= new Promise((resolve) => {
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      // Node ends only the connections that are idle now, not those that become idle later.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
      server.close(() => {
        clearTimeout(cutOff);
        clearInterval(sweep);
        resolve();
      });
      running.forEach(endsConnection);
      // Node counts a connection that has not sent anything yet as busy; browsers keep such connections in reserve.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    });
    return closed;
  };
}
