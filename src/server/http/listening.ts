/** Listening on a port, and what is said if it fails. */
import type { AddressInfo, Server } from 'node:net';
import { EndcapError } from '../../errors.ts';

export interface Listening {
  host: string;
  port: number;
  /** Whether others of this process listen on the port, too; from Node 22.12 on, and only where the system can. */
  reusePort?: boolean;
}

/** @throws `listen_failed` */
export function listen(server: Server, { host, port, ...options }: Listening): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException) => {
      const message = `cannot listen on ${host} port ${port}: ${reasonOf(cause)}`;
      reject(new EndcapError('listen_failed', message, { host, port, reason: cause.code }, { cause }));
    };
    server.once('error', refused);
    server.listen({ ...options, port, host }, () => {
      server.off('error', refused);
      resolve();
    });
  });
}

/** The port on which a server listens. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
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

/** What is wrong if a server that listens fails to accept a connection. */
export function acceptError(cause: NodeJS.ErrnoException): EndcapError {
  const { code: reason, message } = cause;
  const advice = reason === 'EMFILE' || reason === 'ENFILE' ? '; raise the limit of open files' : '';
  return new EndcapError(
    'listen_failed',
    `could not accept a connection: ${message}${advice}; the server goes on`,
    { reason },
    { cause },
  );
}
