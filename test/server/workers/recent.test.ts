import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../../src/recommending/create.ts';
import { serveWorkers } from '../../../src/server/workers/serve-workers.ts';
import { fit } from '../../../src/training/fit.ts';
import { randomShop } from '../../support/random-shop.ts';
import { until } from '../../support/until.ts';
import { plainText } from '../page/asking.ts';

const test = suite('recent requests of workers');

const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));

test('the page counts what all threads answer, and keeps what it was told by one that died', async () => {
  const model = await fit(randomShop(), { factors: 4, iterations: 1, threads: 1 });
  const recommender = createRecommender(model, { threads: 1 });
  const server = await serveWorkers({ recommender, workers: 2, port: 0, explorer: true, onError: () => {} });
  try {
    await server.ready;
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(server.url + path, { ...init, headers: { ...init.headers, connection: 'close' } });
    const page = async () => {
      const answer = await ask('/explorer/live');
      assert.is(answer.status, 200);
      return plainText(await answer.text());
    };
    const list = () =>
      ask('/recommend', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"user_id": "c1"}',
      });
    await Promise.all(Array.from({ length: 30 }, list));
    const told = '30 requests were answered; 30 of them are lists';
    // Whichever thread is asked.
    for (let i = 0; i < 6; i++) assert.match(await page(), told);
    assert.match(await page(), /Thread 1 .*Thread 2/);
    assert.not.match(await page(), 'Thread 3');
    await workers[0].terminate();
    await until(async () => /Thread 1 .*Thread 2/.test(await page().catch(() => '')), 20);
    assert.match(await page(), told);
    await list();
    assert.match(await page(), '31 requests were answered');
  } finally {
    await server.close();
    await recommender.close();
  }
});

test.run();
