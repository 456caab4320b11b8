/** Requests: right ones, and ones that are wrong in a field, in the body, in a header, or in the path. */
import type { Random } from '../../../src/random.ts';
import {
  boughtTogetherRequest,
  recommendRequest,
  similarCustomersRequest,
  similarRequest,
} from '../../../src/server/requests/requests.ts';
import { anyJson, chance, extremeNumbers, hostileTexts, mutateBytes, pick, several, whole } from '../draw.ts';
import { customers, products } from './shop.ts';

export interface Asked {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** The fields of each body as the app checks them, so that a new one is attacked without further ado. */
const fields: Readonly<Record<string, readonly string[]>> = {
  '/recommend': Object.keys(recommendRequest.shape),
  '/similar': Object.keys(similarRequest.shape),
  '/bought-together': Object.keys(boughtTogetherRequest.shape),
  '/similar-customers': Object.keys(similarCustomersRequest.shape),
};
const pages = [
  '/',
  '/model',
  '/health/live',
  '/health/ready',
  '/openapi.json',
  '/nothing',
  '/recommend/',
  '//',
  '/%00',
];
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY'];
/** Longer than the app takes. */
const longBytes = (1 << 20) + 10;

export function anyRequest(random: Random): Asked {
  const isPage = chance(random, 0.06);
  const path = pick(random, isPage ? pages : Object.keys(fields));
  const method = chance(random, 0.95) ? (isPage ? 'GET' : 'POST') : pick(random, methods);
  return { method, path, headers: headersOf(random), body: isPage ? Buffer.alloc(0) : bodyOf(random, path) };
}

function headersOf(random: Random): Asked['headers'] {
  const type = chance(random, 0.96)
    ? 'application/json'
    : pick(random, ['', 'text/plain', 'application/json; charset=utf-16', 'application/x+json', 'multipart/form-data']);
  return [['content-type', type], ...(chance(random, 0.02) ? [pick(random, otherHeaders)] : [])];
}

const otherHeaders: Asked['headers'] = [
  ['content-encoding', 'gzip'],
  ['accept', 'text/html'],
  ['origin', 'https://elsewhere.example'],
  ['x-forwarded-host', '"><script>'],
  ['content-length', '0'],
];

function bodyOf(random: Random, path: string): Uint8Array {
  const field = chance(random, 0.02) ? path : pick(random, ['', '', 'a']);
  const body = Object.fromEntries(
    (fields[path] ?? [])
      .filter((name) => isNeeded(name) || chance(random, 0.25))
      .map((name) => [name, chance(random, 0.9) ? usualValue(random, name) : wrongValue(random)]),
  );
  if (chance(random, 0.04)) body[field || pick(random, hostileTexts)] = anyJson(random);
  const value = chance(random, 0.97) ? body : anyJson(random);
  let text = JSON.stringify(value);
  // Numbers that JSON can write and JavaScript cannot hold.
  if (chance(random, 0.05))
    text = text.replace(/:\d+/, `:${pick(random, ['1e999', '-0', '1E400', '0.1e1', '9'.repeat(400)])}`);
  if (chance(random, 0.02)) text = `${'[{"a":'.repeat(whole(random, 1, 3000))}${text}`;
  if (chance(random, 0.003)) text = text.padEnd(longBytes);
  const bytes = Buffer.from(text);
  return chance(random, 0.1) ? mutateBytes(random, bytes) : bytes;
}

function isNeeded(field: string): boolean {
  return field === 'user_id' || field === 'product_id';
}

function usualValue(random: Random, field: string): unknown {
  const product = () => (chance(random, 0.95) ? pick(random, products) : pick(random, ['nothing', 17]));
  switch (field) {
    case 'user_id':
      return chance(random, 0.9) ? pick(random, customers) : pick(random, ['nobody', 10_000, '__proto__']);
    case 'product_id':
      return product();
    case 'num_recommendations':
    case 'num_customers':
    case 'per_category':
      return pick(random, [1, 2, 5, 20, 1000]);
    case 'basket':
      return several(random.below(6), () =>
        chance(random, 0.5) ? product() : { product: product(), quantity: whole(random, 1, 9) },
      );
    case 'allow':
    case 'deny':
      return several(random.below(12), product);
    case 'purchased':
      return pick(random, ['allow', 'exclude', 'only']);
    case 'diversity':
      return pick(random, [0, 0.3, 1]);
    case 'explain':
      return chance(random, 0.7);
    default:
      return anyJson(random);
  }
}

function wrongValue(random: Random): unknown {
  if (chance(random, 0.02)) return several(pick(random, [1001, 10_001]), (index) => `p${index}`);
  return chance(random, 0.4) ? pick(random, extremeNumbers) : anyJson(random);
}
