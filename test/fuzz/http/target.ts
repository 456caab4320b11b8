/** The HTTP interface: bodies given to the app itself, and bytes sent to a port. */
import assert from 'node:assert/strict';
import * as v from 'valibot';
import type { Random } from '../../../src/random.ts';
import { failureAnswer } from '../../../src/server/answers/answers.ts';
import { chance, several, whole } from '../draw.ts';
import type { Input, Outcome } from '../target.ts';
import { rawBytes } from './raw.ts';
import { type Asked, anyRequest } from './requests.ts';
import { openShop, type Shop } from './shop.ts';

const rawName = 'raw.bin';
const requestName = 'request.json';
const bodyName = 'body.bin';

/** What Node answers itself, and what the app answers outside its operations. */
const statusesOfConnections = new Set([100, 200, 204, 400, 404, 405, 408, 413, 415, 417, 431, 503]);
const stackTrace = /\\n {4}at |\n {4}at |\.[tj]s:\d+:\d+/;

export function make(random: Random): Input {
  if (chance(random, 0.1)) {
    const asked = several(chance(random, 0.8) ? 1 : whole(random, 2, 5), () => anyRequest(random));
    return { [rawName]: rawBytes(random, asked) };
  }
  const { body, ...request } = anyRequest(random);
  return { [requestName]: JSON.stringify(request), [bodyName]: body };
}

export async function run(input: Input): Promise<Outcome> {
  const shop = await openShop();
  shop.faults.length = 0;
  const raw = input[rawName];
  const label = raw === undefined ? await askApp(shop, input) : await askPort(shop, Buffer.from(raw));
  if (shop.faults.length > 0) throw shop.faults[0];
  return { label, amounts: raw === undefined ? { bodies: 1 } : { connections: 1 } };
}

async function askApp(shop: Shop, input: Input): Promise<string> {
  const { method, path, headers }: Omit<Asked, 'body'> = JSON.parse(String(input[requestName]));
  const body = method === 'GET' || method === 'HEAD' ? undefined : Buffer.from(input[bodyName]);
  const response = await shop.app.request(path, { method, headers, body });
  const text = await response.text();
  if (shop.faults.length > 0) throw shop.faults[0];
  const template = path.replace(/^\/customers\/[^/]+$/, '/customers/{id}');
  const operation = shop.paths[template]?.[method.toLowerCase()];
  const documented = operation ? Object.keys(operation.responses) : ['200', '204', '404', '405'];
  assert.ok(
    documented.includes(String(response.status)) && response.status !== 500,
    `${method} ${path} is answered with ${response.status}: ${text}`,
  );
  if (response.status >= 400 && method !== 'HEAD') v.parse(v.strictObject(failureAnswer.entries), JSON.parse(text));
  assert.doesNotMatch(text, stackTrace);
  assert.equal((await shop.app.request('/health/ready')).status, 200, 'the shop is not ready');
  return String(response.status);
}

async function askPort(shop: Shop, bytes: Buffer): Promise<string> {
  const text = await shop.send(bytes);
  // Bodies are JSON, in which no line begins.
  const statuses = Array.from(text.matchAll(/HTTP\/1\.1 (\d{3})[^\r\n]*\r\n/g), ([, status]) => Number(status));
  for (const status of statuses)
    assert.ok(statusesOfConnections.has(status), `a connection is answered with ${status}`);
  assert.doesNotMatch(text, stackTrace);
  const alive = await fetch(`${shop.url}/health/live`);
  assert.equal(alive.status, 200, 'the server is not alive');
  await alive.arrayBuffer();
  return statuses.length === 0 ? 'closed' : `port ${statuses[0]}`;
}
