/** A running shop on several threads, over HTTP. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import type { Shop } from '../../../src/live/types.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { createRandom } from '../../../src/random.ts';
import { type RunningWorkers, serveWorkers } from '../../../src/server/workers/serve-workers.ts';
import { fit } from '../../../src/training/fit.ts';
import { absentBackend } from '../../kernel/backends.ts';
import { afterThisTest } from '../../support/after-this-test.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';

const test = suite('a shop on workers');

const model = await fit(randomShop(), { factors: 8, iterations: 2, together: 10 });
const other = await fit(randomShop(), { factors: 16, iterations: 2, together: 10 });
const folder = mkdtempSync(join(tmpdir(), 'endcap-shop-workers-'));
test.after(() => rmSync(folder, { recursive: true }));

const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the path answers.
  body: any;
}

type Ask = (method: string, path: string, body?: object) => Promise<Answer>;

/** A connection of its own, which stays open. */
function connectTo({ port }: { port: number }): Ask & { close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask: Ask = async (method, path, body) => {
    const headers = body && { 'content-type': 'application/json' };
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers });
    sent.end(body && JSON.stringify(body));
    const [answer] = await once(sent, 'response');
    const text = (await answer.setEncoding('utf8').toArray()).join('');
    return { status: answer.statusCode, body: text && JSON.parse(text) };
  };
  return Object.assign(ask, { close: () => agent.destroy() });
}

interface Running {
  shop: Shop;
  server: RunningWorkers;
  file: string;
  /** Connections, which are spread over the workers. */
  asks: ReturnType<typeof connectTo>[];
  errors: unknown[];
  /** The threads that answer. */
  threads: Worker[];
}

async function withServer(
  backend: 'native' | 'wasm' | undefined,
  run: (running: Running) => Promise<void>,
): Promise<void> {
  const own = mkdtempSync(join(folder, 'shop-'));
  const file = join(own, 'model.safetensors');
  await saveModel(model, file);
  const shop = await createShop({ model: file, store: join(own, 'shop.db'), threads: 1, backend });
  const errors: unknown[] = [];
  workers.length = 0;
  const server = await serveWorkers({ shop, workers: 2, port: 0, drainMs: 0, onError: (error) => errors.push(error) });
  await server.ready;
  const asks = Array.from({ length: 6 }, () => connectTo(server));
  try {
    for (const ask of asks) await ask('GET', '/health/live');
    await run({ shop, server, file, asks, errors, threads: [...workers] });
  } finally {
    for (const { close } of asks) close();
    await server.close();
    await shop.close();
  }
}

const products = (answer: Answer) => answer.body.recommendations.map((each: { product: string }) => each.product);

for (const backend of ['native', 'wasm'] as const)
  testUnless(
    test,
    absentBackend(backend),
    `what is written on any connection is in the next list on every other, on ${backend}`,
    () =>
      withServer(backend, async ({ asks, errors }) => {
        const random = createRandom(3);
        const any = <T>(of: readonly T[]) => of[random.below(of.length)];
        const time = new Date(afterThisTest()).toISOString();
        /** The same list on all connections. */
        async function listOf(user_id: string): Promise<Answer> {
          const answers = await Promise.all(
            asks.map((ask) => ask('POST', '/recommend', { user_id, num_recommendations: 30, purchased: 'exclude' })),
          );
          const [first] = answers;
          assert.is(first.status, 200);
          for (const { body } of answers) assert.equal(body.recommendations, first.body.recommendations);
          return first;
        }
        const soldOut = new Set<string>();
        for (let i = 0; i < 40; i++) {
          const userId = any([...model.customers.slice(0, 6), 'stranger']);
          const [productId] = products(await listOf(userId));
          const kind = i % 4;
          if (kind === 0) {
            const purchases = [{ user_id: userId, order_id: `o${i}`, product_id: productId, quantity: 1, time }];
            assert.is((await any(asks)('POST', '/purchases', { purchases })).status, 200);
          } else if (kind === 1) {
            soldOut.add(productId);
            const written = { products: [{ product_id: productId, available: false }] };
            assert.is((await any(asks)('PUT', '/products', written)).status, 200);
          } else if (kind === 2) {
            assert.is((await any(asks)('DELETE', `/customers/${userId}`)).status, 200);
          } else {
            soldOut.clear();
            const back = model.products.map((each) => ({ product_id: each, available: true }));
            assert.is((await any(asks)('PATCH', '/products', { products: back })).status, 200);
          }
          const after = await listOf(userId);
          if (kind === 2) assert.is(after.body.source, 'popular');
          if (kind < 2) assert.not(products(after).includes(productId));
          for (const gone of soldOut) assert.not(products(after).includes(gone));
        }
        const { body } = await any(asks)('GET', '/admin/status');
        assert.equal(body.workers, { workers: 2, serving: 2, replaced: 0 });
        assert.is(body.store.kind, 'sqlite');
        assert.is((await any(asks)('GET', '/health/ready')).body.store, 'works');
        assert.equal(errors, []);
      }),
  );

test('models are swapped under load, and no request fails', () =>
  withServer(undefined, async ({ asks, errors, file, shop }) => {
    let isOver = false;
    const asking = asks.slice(1).map(async (ask, i) => {
      for (let asked = i; !isOver; asked++) {
        const userId = model.customers[asked % model.customers.length];
        assert.is((await ask('POST', '/recommend', { user_id: userId })).status, 200);
        assert.is((await ask('POST', '/similar', { product_id: 'p1' })).status, 200);
      }
    });
    for (let i = 0; i < 6; i++) {
      const next = i % 2 === 0 ? other : model;
      await saveModel(next, file);
      const { status, body } = await asks[0]('POST', '/admin/reload?accept_loss=true');
      assert.is(status, 200);
      assert.is(body.model.version, next.metadata.version);
      assert.is((await asks[0]('GET', '/model')).body.version, next.metadata.version);
    }
    isOver = true;
    await Promise.all(asking);
    for (const ask of asks) assert.is((await ask('GET', '/model')).body.version, model.metadata.version);
    assert.is(shop.status().model.swaps, 6);
    assert.equal(errors, []);
  }));

test('a worker that dies is replaced by one that knows what was written meanwhile', () =>
  withServer(undefined, async ({ server, errors, threads, shop }) => {
    await shop.putProducts([{ product: 'p1', available: false }]);
    // The shop's store has a thread, too.
    const answering = threads.slice(-2);
    await answering[0].terminate();
    await shop.eraseCustomer('c1');
    await shop.putProducts([{ product: 'p2', available: false }]);
    await until(async () => (await statusOf(server)).workers.serving >= 2, 20);
    const again = Array.from({ length: 6 }, () => connectTo(server));
    for (const ask of again) {
      const answer = await ask('POST', '/recommend', { user_id: 'c1', num_recommendations: 40 });
      assert.is(answer.body.source, 'popular');
      assert.not(products(answer).includes('p1') || products(answer).includes('p2'));
    }
    for (const { close } of again) close();
    assert.equal(
      errors.map((error) => (error as { code: string }).code),
      ['worker_failed'],
    );
  }));

async function statusOf(server: RunningWorkers) {
  const ask = connectTo(server);
  const { body } = await ask('GET', '/admin/status');
  ask.close();
  return body;
}

test('a shop and a recommender together are refused, and so is what is no shop', async () => {
  const shop = await createShop({ model, threads: 1 });
  const wrong = [{ shop, recommender: shop }, { shop: { ...shop } }];
  for (const each of wrong) {
    const server = serveWorkers({ ...each, workers: 1, port: 0, drainMs: 0 });
    const error = await endcapErrorOf(server.then((running) => running.ready.finally(() => running.close())));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, 'shop');
  }
  await shop.close();
});

test.run();
