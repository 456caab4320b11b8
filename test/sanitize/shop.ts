/** What a shop does with Endcap, from orders to answers over HTTP, by commands that run with these environment variables. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './build.ts';

export type Environment = Record<string, string | undefined>;

/** How a step that failed did. */
class Failure extends Error {}

/** Trains, makes all lists, and serves in a folder. Throws an Error that says what a command printed if it fails. */
export async function visitShop(folder: string, env: Environment): Promise<void> {
  const endcap = (...args: string[]) => run(folder, env, args);
  await endcap('sample', '--lines', '4000', '-o', 'orders.csv');
  await endcap('train', 'orders.csv', '-o', 'model.safetensors', '--factors', '35', '--threads', '2');
  await endcap('batch', 'model.safetensors', '-n', '40', '--threads', '2', '-o', 'lists.jsonl');
  await endcap('batch', 'model.safetensors', '--purchased', 'exclude', '--threads', '1', '-o', 'lists.csv');
  // Sanitizers slow kernels down a lot.
  const patient = ['--deadline-ms', '300000', '--max-concurrent-requests', '1000'];
  const server = start(folder, env, ['serve', 'model.safetensors', '--port', '0', '--threads', '2', ...patient]);
  const ended = once(server, 'close');
  try {
    await askEverything(await urlOf(server));
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  if (server.exitCode !== 0) throw new Failure(`endcap serve ended with ${server.exitCode ?? server.signalCode}`);
}

function start(cwd: string, env: Environment, args: string[]): ChildProcess {
  const command = [join(root, 'dist/cli/main.js'), ...args];
  return spawn(process.execPath, command, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function run(cwd: string, env: Environment, args: string[]): Promise<void> {
  const child = start(cwd, env, args);
  const printed = textOf(child);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Failure(`endcap ${args.join(' ')} ended with ${child.exitCode}:\n${printed()}`);
}

/** Everything that a command has written to stderr so far. */
function textOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (more) => (text += more));
  return () => text;
}

async function urlOf(server: ChildProcess): Promise<string> {
  const printed = textOf(server);
  for (;;) {
    const [url] = /http:\/\/[\d.]+:\d+/.exec(printed()) ?? [];
    if (url) return url;
    if (server.exitCode !== null) throw new Failure(`endcap serve ended with ${server.exitCode}:\n${printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Sends requests of every kind, many at a time, so that some are answered together. */
async function askEverything(url: string): Promise<void> {
  const get = async (path: string) => (await fetch(url + path)).json();
  const { products } = (await get('/model')) as { products: unknown };
  if (!products) throw new Failure('GET /model says nothing of products');
  const [customers, items] = await someIds(url);
  const filters = [
    {},
    { purchased: 'exclude' },
    { purchased: 'only' },
    { allow: items },
    { deny: items },
    { diversity: 0.5 },
    { per_category: 1 },
    { diversity: 1, per_category: 2, explain: true },
  ];
  for (const numRecommendations of [1, 5, 100, 1000])
    await Promise.all(
      filters.flatMap((filter) =>
        [...customers, 'nobody'].flatMap((user_id) => [
          post(url, '/recommend', { user_id, num_recommendations: numRecommendations, ...filter }),
          post(url, '/recommend', { basket: items.slice(0, 3), num_recommendations: numRecommendations, ...filter }),
        ]),
      ),
    );
  await Promise.all([
    ...items.flatMap((product_id) => [
      post(url, '/similar', { product_id, num_recommendations: 20 }),
      post(url, '/bought-together', { product_id }),
    ]),
    ...customers.map((user_id) => post(url, '/similar-customers', { user_id, num_customers: 20 })),
  ]);
}

/** Customers and products that the model knows. */
async function someIds(url: string): Promise<[customers: string[], products: string[]]> {
  const { recommendations } = (await post(url, '/recommend', { user_id: 'nobody', num_recommendations: 14 })) as {
    recommendations: { product: string }[];
  };
  const customers: string[] = [];
  for (let id = 10_001; customers.length < 6 && id < 10_200; id++) {
    const response = await send(url, '/similar-customers', { user_id: `${id}` });
    if (response.ok) customers.push(`${id}`);
  }
  if (customers.length === 0) throw new Failure('the model knows none of the customers');
  return [customers, recommendations.map(({ product }) => product)];
}

async function post(url: string, path: string, body: object): Promise<unknown> {
  const response = await send(url, path, body);
  const text = await response.text();
  if (!response.ok) throw new Failure(`POST ${path} ${JSON.stringify(body)}: ${response.status} ${text}`);
  return JSON.parse(text);
}

function send(url: string, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
}
