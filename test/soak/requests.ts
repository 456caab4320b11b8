/** What the clients of a soak send: seeded, mixed, and partly what no client should. */
import type { Random } from '../../src/random.ts';

/** A request as bytes, and the statuses that answer it. */
export interface Sent {
  bytes: Buffer;
  statuses: readonly number[];
  /** Whether the server closes the connection after its answer. */
  closes?: boolean;
}

export interface Shop {
  customers: number;
  products: number;
}

const anyTime = [503];

/** Draws a request that a client may send. */
export function draw(random: Random, { customers, products }: Shop): Sent {
  const customer = () => String(random.below(customers)).padStart(String(customers).length, '0');
  const product = () => String(random.below(products)).padStart(String(products).length, '0');
  const many = (count: number) => Array.from({ length: count }, product);
  const user = () => ({ user_id: customer() });
  const long = { num_recommendations: 1000 };
  const good: [weight: number, path: string, body: () => object][] = [
    [40, '/recommend', user],
    [4, '/recommend', () => ({ user_id: 'nobody', ...long })],
    [6, '/recommend', () => ({ ...user(), explain: true, num_recommendations: 10 })],
    [6, '/recommend', () => ({ basket: many(1 + random.below(4)), ...user() })],
    [1, '/recommend', () => ({ basket: many(1000) })],
    [3, '/recommend', () => ({ ...user(), ...long })],
    [1, '/recommend', () => ({ ...user(), num_recommendations: 200, explain: true })],
    [2, '/recommend', () => ({ ...user(), diversity: 0.5, per_category: 2, num_recommendations: 20 })],
    [1, '/recommend', () => ({ ...user(), diversity: 0.5, num_recommendations: 200 })],
    [1, '/recommend', () => ({ ...user(), allow: many(10_000), deny: many(10_000), purchased: 'exclude' })],
    [8, '/similar', () => ({ product_id: product() })],
    [4, '/similar-customers', () => ({ user_id: customer(), num_customers: 50 })],
  ];
  const bad: [text: string | Buffer, status: number][] = [
    ['{', 400],
    ['{"user_id": 1.5}', 400],
    ['['.repeat(200_000), 400],
    [`{"user_id": "a", "deny": [${'null,'.repeat(50_000)}null]}`, 400],
    [Buffer.from([0x7b, 0xff, 0x7d]), 400],
    [' '.repeat(2 ** 20 + 1), 413],
  ];
  const gets: [path: string, status: number][] = [
    ['/model', 200],
    ['/openapi.json', 200],
    ['/', 200],
    ['/health/ready', 200],
    ['/nothing', 404],
    ['/recommend', 405],
  ];
  const raw: [text: string, status: number][] = [
    ['GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['hello\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n\r\n', 417],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ];
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const kind = random.below(100);
  if (kind < 85) {
    const [, path, body] = weighted(random, good);
    return { bytes: post(path, JSON.stringify(body())), statuses: [200, ...anyTime] };
  }
  if (kind < 90) {
    const [text, status] = pick(bad);
    return { bytes: post('/recommend', text), statuses: [status, ...anyTime] };
  }
  if (kind < 98) {
    const [path, status] = pick(gets);
    return { bytes: Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`), statuses: [status] };
  }
  const [text, status] = pick(raw);
  return { bytes: Buffer.from(text), statuses: [status], closes: true };
}

function post(path: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

function weighted<Item extends [number, ...unknown[]]>(random: Random, items: readonly Item[]): Item {
  let left = random.below(items.reduce((sum, [weight]) => sum + weight, 0));
  for (const item of items) {
    left -= item[0];
    if (left < 0) return item;
  }
  return items[0];
}
