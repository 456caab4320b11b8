/** The connections of a Node server: how many there are, which of them make room for others, and their orderly end. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { putOffTurn } from '../../turns.ts';

/** How often closing looks for connections that have become idle. */
const closingMs = 50;
/** How often the server looks for answers that nobody takes. */
const sweepMs = 1000;

/** Requests of one connection that may wait for their answers. Clients that pipeline send fewer. */
const maxPipelined = 32;

interface Connection {
  /** Responses that are not finished, in the order of their requests. */
  responses: Set<ServerResponse>;
  /** The response that the client had not taken when the server looked, and when it first did. */
  stalled?: { response: ServerResponse; since: number };
}

export interface ConnectionLimits {
  /**
   * With so many connections, a new one takes the place of the one whose last request is the longest ago, unless requests
   * of all are at work. If newcomers were refused, whoever opens enough connections would lock everybody out.
   */
  maxConnections: number;
  /** A client that has not taken an answer this long after it was made loses its connection. */
  answerTimeoutMs: number;
  /** How long closing waits for running requests. */
  graceMs: number;
}

export interface Connections {
  /** Counts the request. Returns false if its connection has too many that are not answered yet. */
  begin(request: IncomingMessage, response: ServerResponse): boolean;
  /** Whether an answer has begun on the connection, so that nothing else can be written to it. */
  isAnswering(socket: Socket): boolean;
  /** Stops accepting connections, ends the idle ones, and resolves once all have ended. */
  close(): Promise<void>;
}

export function keepConnections(
  server: HttpServer,
  { maxConnections, answerTimeoutMs, graceMs }: ConnectionLimits,
): Connections {
  /** The one that was used last is the last. */
  const connections = new Map<Socket, Connection>();
  let closed: Promise<void> | undefined;
  /** Called once the server is closed and no connection is left. */
  let allEnded: (() => void) | undefined;

  let sweep: NodeJS.Timeout | undefined;
  server.on('connection', (socket: Socket) => {
    sweep ??= setInterval(endStalled, sweepMs).unref();
    putOffTurn();
    if (connections.size >= maxConnections) {
      const idle = findIdle();
      (idle ?? socket).destroy();
      if (!idle) return;
      connections.delete(idle);
    }
    connections.set(socket, { responses: new Set() });
    socket.once('close', () => {
      connections.delete(socket);
      if (connections.size === 0) allEnded?.();
    });
  });

  function findIdle(): Socket | undefined {
    for (const [socket, { responses }] of connections) {
      // An answer that is made and waits to be taken is no work.
      if ([...responses].every(({ writableEnded }) => writableEnded)) return socket;
    }
  }

  function endStalled(): void {
    const now = performance.now();
    for (const [socket, connection] of connections) {
      const [response] = connection.responses;
      if (!response?.writableEnded) connection.stalled = undefined;
      else if (connection.stalled?.response !== response) connection.stalled = { response, since: now };
      else if (now - connection.stalled.since > answerTimeoutMs) socket.destroy();
    }
  }
  function endsConnection(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader('connection', 'close');
  }

  return {
    begin({ socket }, response) {
      const connection = connections.get(socket);
      // It has made room for another one since the request arrived.
      if (!connection) return false;
      connections.delete(socket);
      connections.set(socket, connection);
      const { responses } = connection;
      responses.add(response);
      response.once('close', () => responses.delete(response));
      if (closed) endsConnection(response);
      return responses.size <= maxPipelined;
    },
    isAnswering: (socket) => [...(connections.get(socket)?.responses ?? [])].some(({ headersSent }) => headersSent),
    close() {
      closed ??= new Promise((resolve) => {
        const cutOff = setTimeout(() => {
          for (const socket of connections.keys()) socket.destroy();
        }, graceMs);
        // Node ends only the connections that are idle now, not those that become idle later.
        const closing = setInterval(() => server.closeIdleConnections(), closingMs);
        const ended = () => {
          clearTimeout(cutOff);
          clearInterval(closing);
          clearInterval(sweep);
          resolve();
        };
        server.close(() => {
          // Node knows nothing of connections that it did not accept itself.
          if (connections.size === 0) ended();
          else allEnded = ended;
        });
        for (const [socket, { responses }] of connections) {
          responses.forEach(endsConnection);
          // Node counts a connection that has not sent anything yet as busy; browsers keep such connections in reserve.
          if (socket.bytesRead === 0) socket.destroy();
        }
      });
      return closed;
    },
  };
}
