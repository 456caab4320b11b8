/** The server's one door to Node: a port, its orderly end, and the signals that bring it about. */
import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { constants } from 'node:os';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { EndcapError } from '../errors.ts';

const SWEEP_MS = 50;

export interface ServeOptions {
  app: Pick<Hono, 'fetch'>;
  /** A name or an address of this machine; 127.0.0.1 by default, which no other machine can reach. */
  host?: string;
  /** 5000 by default; 0 takes any free port. */
  port?: number;
  /** Closes the server when it fires. */
  signal?: AbortSignal;
  /** How long `close` waits for running requests, in milliseconds; 10,000 by default. */
  graceMs?: number;
}

export interface RunningServer {
  /** Such as `http://127.0.0.1:5000`. */
  url: string;
  port: number;
  /**
   * Takes no new connection, ends the idle ones, and resolves when every running request has its answer, or when the
   * grace period is over and those left have been cut off. A second call gives the same promise.
   */
  close(): Promise<void>;
}

/**
 * Serves the app over HTTP and resolves once it listens.
 * @throws EndcapError `invalid_options` for a port or host that cannot be, `listen_failed` for one that cannot be had
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { app, host = '127.0.0.1', port = 5000, signal, graceMs = 10_000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new EndcapError('invalid_options', `port ${port}: expected a whole number from 0 to 65535`, { port });
  }
  if (host === '') {
    throw new EndcapError('invalid_options', 'the host is empty: expected a name or address such as 127.0.0.1', {
      host,
    });
  }
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as HttpServer;
  const close = closer(server, graceMs);
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  if (signal?.aborted) await close();
  signal?.addEventListener('abort', () => void close(), { once: true });
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound, close };
}

/**
 * Closes the server at the first SIGTERM or SIGINT and resolves when it is closed. A second signal ends the process at
 * once, with the exit code that shells give to that signal.
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
      return 'the port is taken by another program; stop that one or choose another port';
    case 'EACCES':
      return 'this user may not open the port; choose one above 1023';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no host of that name; try 127.0.0.1, or 0.0.0.0 for all of this machine';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address; try 127.0.0.1, or 0.0.0.0 for all of this machine';
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
      // Node ends only those connections that are idle now, not those that fall idle later.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      server.close(() => {
        clearTimeout(cutOff);
        clearInterval(sweep);
        resolve();
      });
      running.forEach(endsConnection);
      // Node counts a connection that has never sent anything as busy; browsers keep such ones in reserve.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    });
    return closed;
  };
}
