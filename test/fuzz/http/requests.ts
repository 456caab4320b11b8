/** Requests: right ones, and ones that are wrong in a field, in the body, in a header, or in the path. */

import { settingsJson } from '../../../src/live/scenarios/schemas.ts';
import type { Random } from '../../../src/random.ts';
import {
  boughtTogetherRequest,
  recommendRequest,
  similarCustomersRequest,
  similarRequest,
} from '../../../src/server/requests/requests.ts';
import { changesRequest, productsRequest, purchasesRequest } from '../../../src/server/shop/requests.ts';
import { anyJson, chance, extremeNumbers, hostileTexts, mutateBytes, pick, several, whole } from '../draw.ts';
import { anyBoost, anyCondition, anyPin, anyProduct, anyPurchase, anySettings } from './merchandising.ts';
import { customers, products } from './shop.ts';

export interface Asked {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** The fields of each body as the app checks them, so that a new one is attacked without further ado. */
const fields: Readonly<Record<string, readonly string[]>> = {
  '/recommend': Object.keys(recommendRequest.entries),
  '/similar': Object.keys(similarRequest.entries),
  '/bought-together': Object.keys(boughtTogetherRequest.entries),
  '/similar-customers': Object.keys(similarCustomersRequest.entries),
};
/** What a shop takes, by method and path. */
const written: Readonly<Record<string, readonly string[]>> = {
  'PUT /products': Object.keys(productsRequest.entries),
  'PATCH /products': Object.keys(changesRequest.entries),
  'POST /purchases': Object.keys(purchasesRequest.entries),
  'PUT /scenarios': Object.keys(settingsJson.entries),
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
  if (chance(random, 0.25)) return anyWriting(random);
  const isPage = chance(random, 0.06);
  const path = pick(random, isPage ? pages : Object.keys(fields));
  const method = chance(random, 0.95) ? (isPage ? 'GET' : 'POST') : pick(random, methods);
  return { method, path, headers: headersOf(random), body: isPage ? Buffer.alloc(0) : bodyOf(random, fields[path]) };
}

function anyWriting(random: Random): Asked {
  if (chance(random, 0.1)) {
    const id = pick(random, [pick(random, customers), 'nobody', '%00', '%', 'NULL', '%F0%9F%98%80', 'x'.repeat(5000)]);
    return { method: pick(random, ['GET', 'DELETE']), path: `/customers/${id}`, headers: [], body: Buffer.alloc(0) };
  }
  const [operation, names] = pick(random, Object.entries(written));
  const [method, path] = operation.split(' ');
  return { method, path, headers: headersOf(random), body: bodyOf(random, names) };
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

function bodyOf(random: Random, names: readonly string[]): Uint8Array {
  const field = pick(random, ['', '', 'a']);
  const body = Object.fromEntries(
    names
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
  return ['user_id', 'product_id', 'products', 'purchases'].includes(field);
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
    case 'filter':
      return anyCondition(random);
    case 'boost':
      return several(random.below(4), () => anyBoost(random));
    case 'pin':
      return several(random.below(4), () => anyPin(random));
    case 'fields':
      return pick(random, [[], ['price'], ['url', 'image_url', 'attributes', 'available']]);
    case 'scenario':
      return pick(random, ['home', 'cart', 'buy-again', 'new', 'nothing', '__proto__']);
    case 'products':
      return several(whole(random, 1, 4), () => anyProduct(random));
    case 'purchases':
      return several(whole(random, 1, 4), () => anyPurchase(random));
    case 'scenarios':
    case 'rules':
      return chance(random, 0.5) ? anySettings(random, field) : ['one'];
    default:
      return anyJson(random);
  }
}

function wrongValue(random: Random): unknown {
  if (chance(random, 0.02)) return several(pick(random, [1001, 10_001]), (index) => `p${index}`);
  return chance(random, 0.4) ? pick(random, extremeNumbers) : anyJson(random);
}
