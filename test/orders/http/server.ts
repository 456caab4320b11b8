/** A server of files that misbehaves as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'uvu';

export interface Hosted {
  bytes: Uint8Array;
  etag?: string;
  /** Gives all bytes, whatever part is asked for. */
  isWhole?: boolean;
  headers?: Record<string, string>;
  /** Answers instead, if it returns true. */
  answer?(request: IncomingMessage, response: ServerResponse, number: number): boolean;
}

interface Asked {
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** Bytes that were sent. */
  sent: number;
}

/** A server for a suite. Each file has the address `at('/name')`, with a signature in its query. */
export function fileServer(test: Test) {
  const files = new Map<string, Hosted>();
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://host').pathname);
    const { range, authorization } = request.headers;
    const entry: Asked = { path, range, authorization, sent: 0 };
    asked.push(entry);
    const file = files.get(path);
    if (file === undefined) return void response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    if (file.answer?.(request, response, asked.filter((one) => one.path === path).length)) return;
    const { bytes, etag = '"1"', isWhole = false, headers = {} } = file;
    if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag)
      return void response.writeHead(412).end();
    const [, from, to] = isWhole ? [] : (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []);
    if (from === undefined) {
      entry.sent = bytes.length;
      return void response.writeHead(200, { etag, 'content-length': bytes.length, ...headers }).end(bytes);
    }
    if (Number(from) >= bytes.length)
      return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    const part = bytes.subarray(Number(from), Number(to) + 1);
    entry.sent = part.length;
    const place = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { etag, 'content-range': place, ...headers }).end(part);
  });
  test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  test.before.each(() => {
    files.clear();
    asked.length = 0;
  });
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    asked,
    origin,
    /** Hosts a file, and returns its address. */
    host(path: string, file: Hosted | Uint8Array | string): string {
      const hosted = typeof file === 'string' || file instanceof Uint8Array ? { bytes: Buffer.from(file) } : file;
      files.set(path, hosted);
      return `${origin()}${path}?X-Signature=s3cret`;
    },
  };
}
