/** Requests as bytes, before any library has made them well-formed. */
import type { Random } from '../../../src/random.ts';
import { chance, mutateBytes, pick, several, whole } from '../draw.ts';
import type { Asked } from './requests.ts';

const targets = ['*', 'http://elsewhere.example/', '/%', '/\u00e9', '/a b', '', '/?'.repeat(50), '/..//../', '/#'];
const versions = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1x', 'http/1.1', ''];
const hosts = ['a b', '', 'x'.repeat(300), '[::1', 'a:99999', '\u00ff', '"><script>', 'a, b', '127.0.0.1:0'];
const headers = [
  'Expect: 100-continue',
  'Expect: miracles',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding: chunked, chunked',
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Type: application/json; charset=latin1',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Connection: close',
  'X: a\r\n folded',
  'X y: z',
  ': empty',
  'X: \0',
  'no colon',
];

/** One request or several after each other on one connection, whole or cut off. */
export function rawBytes(random: Random, asked: readonly Asked[]): Uint8Array {
  const bytes = Buffer.concat(asked.map((one) => rawRequest(random, one)));
  const mutated = chance(random, 0.3) ? Buffer.from(mutateBytes(random, bytes)) : bytes;
  return chance(random, 0.1) ? mutated.subarray(0, random.below(mutated.length + 1)) : mutated;
}

function rawRequest(random: Random, { method, path, headers: given, body }: Asked): Buffer {
  const rare = <T>(usual: T, others: readonly T[]): T => (chance(random, 0.9) ? usual : pick(random, others));
  const line = [
    rare(method, ['CONNECT', 'TRACE', 'get', 'M-SEARCH', 'PRI', '\u00ff']),
    rare(path, targets),
    rare('HTTP/1.1', versions),
  ];
  const lines = [line.join(pick(random, [' ', ' ', ' ', ' ', '  ', '\t']))];
  if (chance(random, 0.95)) lines.push(`Host: ${rare('127.0.0.1', hosts)}`);
  for (const [name, value] of given) lines.push(`${name}: ${value}`);
  if (chance(random, 0.15)) lines.push(pick(random, headers));
  if (chance(random, 0.01)) lines.push(...several(whole(random, 1, 3000), (index) => `X-${index}: ${index}`));
  const isChunked = chance(random, 0.2);
  if (isChunked) lines.push('Transfer-Encoding: chunked');
  else if (chance(random, 0.95))
    lines.push(`Content-Length: ${rare(body.length, [0, body.length + 1, body.length - 1])}`);
  const end = chance(random, 0.97) ? '\r\n' : '\n';
  const head = Buffer.from(lines.join(end) + end + end, 'latin1');
  return Buffer.concat([head, isChunked ? chunked(random, body) : body]);
}

function chunked(random: Random, body: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const size = Math.min(body.length - at, whole(random, 1, 4000));
    const claimed = chance(random, 0.98)
      ? size.toString(16)
      : pick(random, ['-1', 'ffffffffffffffff', 'x', '', `${size};a=b`]);
    parts.push(Buffer.from(`${claimed}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n'));
    at += size;
  }
  parts.push(
    Buffer.from(
      chance(random, 0.97) ? '0\r\n\r\n' : pick(random, ['0\r\n', '0\r\nX: y\r\n\r\n', '00000000000000000\r\n\r\n']),
    ),
  );
  return Buffer.concat(parts);
}
