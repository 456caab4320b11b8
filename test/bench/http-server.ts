/**
 * One contestant of the cases `http` and `explain`, in its own process: `http-server.ts <contestant> <products> <customers>`,
 * of which `shop` takes the model of sample orders. It sends its port and ids of customers to the parent process, and answers each message with a report on the time since the last one.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Context, Hono } from 'hono';
import { readOrders } from '../../dist/dataset/read.js';
import { createRecommender } from '../../dist/recommending/create.js';
import type { Recommender } from '../../dist/recommending/types.js';
import { sampleOrders } from '../../dist/sample/sample.js';
import { admission } from '../../dist/server/admission.js';
import { createApp } from '../../dist/server/app.js';
import { createMetrics } from '../../dist/server/metrics.js';
import { jsonBody } from '../../dist/server/requests/body.js';
import { recommendRequest } from '../../dist/server/requests/requests.js';
import { serve } from '../../dist/server/serve.js';
import { serveWorkers } from '../../dist/server/workers/serve-workers.js';
import { fit } from '../../dist/training/fit.js';
import { randomModel, zipfDataset } from './data.ts';

/** Since the last report: the 99th percentile of the event loop's delay (1 ms at best) in ms, and CPU time in us. */
export interface LoopReport {
  p99: number;
  cpu: number;
  /** The memory of the process, in bytes. */
  memory: number;
}

const workers = { 'one thread': 1, '2 workers': 2, '4 workers': 4 } as const;

export type Contestant = 'batched' | 'one at a time' | 'constant' | 'constant bytes' | 'shop' | keyof typeof workers;

const [contestant, products, customers] = process.argv.slice(2);
const model =
  contestant === 'shop'
    ? await fit(await readOrders(sampleOrders({ lines: 400_000 })), { factors: 128, iterations: 3 })
    : randomModel(zipfDataset(Number(customers), Number(products), 10 * Number(customers)), 64);
const isOnOneThread = contestant === 'shop' || contestant in workers;
const recommender = createRecommender(model, isOnOneThread ? { threads: 1 } : {});
const plain = () => createApp({ recommender });
const apps: Record<Exclude<Contestant, keyof typeof workers>, () => Hono> = {
  shop: plain,
  batched: plain,
  'one at a time': () => createApp({ recommender: oneAtATime(recommender) }),
  constant: () => constantApp((c, answer) => c.json(answer)),
  'constant bytes': () => {
    const headers = { 'content-type': 'application/json' };
    let text: string;
    return constantApp((c, answer) => {
      text ??= JSON.stringify(answer);
      return c.body(text, 200, headers);
    });
  },
};
const { port } = await listening(contestant as Contestant);
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let cpu = process.cpuUsage();
process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  const report: LoopReport = {
    p99: loop.percentile(99) / 1e6,
    cpu: user + system,
    memory: process.memoryUsage.rss(),
  };
  process.send?.(report);
  loop.reset();
  cpu = process.cpuUsage();
});
process.on('disconnect', () => process.exit());
process.send?.({ port, customers: model.customers.slice(0, 2000) });

async function listening(contestant: Contestant): Promise<{ port: number }> {
  if (!(contestant in workers)) return serve({ app: apps[contestant as keyof typeof apps](), port: 0 });
  const count = workers[contestant as keyof typeof workers];
  // As `endcap serve` has it; so have workers.
  if (count === 1)
    return serve({ app: createApp({ recommender, metrics: createMetrics(() => recommender) }), port: 0 });
  const server = await serveWorkers({ recommender, workers: count, port: 0 });
  await server.ready;
  return server;
}

/** Scores each request by itself when it arrives, on the main thread. */
function oneAtATime(recommender: Recommender): Recommender {
  return {
    ...recommender,
    recommend: async (id, { signal: _, ...options } = {}) => recommender.recommendSync(id, options),
    recommendForBasket: async (lines, { signal: _, ...options } = {}) =>
      recommender.recommendForBasketSync(lines, options),
    similarProducts: async (id, { signal: _, ...options } = {}) => recommender.similarProductsSync(id, options),
    boughtTogether: async (id, options) => recommender.boughtTogetherSync(id, options),
    similarCustomers: async (id, { signal: _, ...options } = {}) => recommender.similarCustomersSync(id, options),
  };
}

/** Makes an app with the same checks that answers everybody with the list of one customer. */
function constantApp(respond: (c: Context, answer: object) => Response): Hono {
  const { items, source } = recommender.recommendSync(recommender.model.customers[0], { n: 5 });
  const answer = {
    user_id: recommender.model.customers[0],
    recommendations: items.map(({ product, name, category, score }) => ({ product, name, category, score })),
    source,
    model: recommender.model.metadata.version,
  };
  const admitted = admission(() => 128, 10_000);
  return new Hono().post('/recommend', admitted, jsonBody(recommendRequest, 2 ** 20), (c) => {
    c.req.valid('json');
    return respond(c, answer);
  });
}
