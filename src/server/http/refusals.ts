/** What Node refuses before the app sees it, in the shape of all failures. */
import { type Server as HttpServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestError } from '@hono/node-server';
import { type FailureCode, failureOf } from '../failures.ts';

interface Refusal {
  status: number;
  code: FailureCode;
  message: string;
}

const malformed: Refusal = { status: 400, code: 'bad_request', message: 'the request is not valid HTTP' };

/** By the codes of Node's errors; anything else is malformed. */
const refusals: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'headers_too_large',
    message: 'the request target and headers are too long',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'body_too_large',
    message: 'the chunk extensions of the request body are too long',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    message: 'the request took too long to arrive',
  },
};

const headersOf = ({ status }: Refusal, text: string) => ({
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(text)),
  ...(status === 503 && { 'retry-after': '1' }),
});

/** Answers a request that Node could parse. The connection ends, since what follows may be its body. */
export function refuse(response: ServerResponse, refusal: Refusal): void {
  const text = JSON.stringify(failureOf(refusal.code, refusal.message));
  response.writeHead(refusal.status, { ...headersOf(refusal, text), connection: 'close' }).end(text);
}

/** Answers on a connection for which Node has no response, and ends it. */
function refuseRaw(socket: Duplex, refusal: Refusal, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(failureOf(refusal.code, refusal.message));
  const lines = Object.entries({ ...headersOf(refusal, text), connection: 'close', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  // What else the client sent is never read, and would keep the connection open.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${head}\r\n${text}`);
}

/** Why the app cannot answer this request; undefined if it can. */
export function refusalOf({ headers, httpVersion }: IncomingMessage, isWithinPipeline: boolean): Refusal | undefined {
  if (!isWithinPipeline) {
    return { status: 503, code: 'overloaded', message: 'too many requests wait on this connection' };
  }
  if (headers.host === undefined && httpVersion === '1.1')
    return { ...malformed, message: 'the header Host is missing' };
  return undefined;
}

/**
 * What `fetch` could not be called with, or what it threw. Its own errors are those of the app, which answers all that it
 * expects.
 */
export function failureOfListener(error: unknown, onError: (error: unknown) => void): Response {
  if (error instanceof RequestError) {
    const message = 'the target of the request or its header Host cannot be used';
    return Response.json(failureOf('bad_request', message), { status: 400 });
  }
  onError(error);
  return Response.json(failureOf('internal', 'something went wrong in the server; its log says what'), { status: 500 });
}

/**
 * Answers what Node would refuse with an empty answer or none: what is not HTTP, comes too slowly or is too long, CONNECT,
 * and unknown expectations.
 *
 * @param isAnswering whether an answer has begun on the connection
 */
export function answerRefused(server: HttpServer, isAnswering: (socket: Duplex) => boolean): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A client that is gone, or that would take this for the rest of another answer.
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) {
      socket.destroy();
      return;
    }
    refuseRaw(socket, refusals[error.code ?? ''] ?? malformed);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    refuseRaw(
      socket,
      { status: 405, code: 'method_not_allowed', message: 'this server is no proxy' },
      { allow: 'GET, HEAD, POST, OPTIONS' },
    );
  });
  server.on('checkExpectation', (_request, response) => {
    refuse(response, {
      status: 417,
      code: 'expectation_failed',
      message: 'the only expectation that this server knows is 100-continue',
    });
  });
}
