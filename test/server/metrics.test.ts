import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShopStatus } from '../../src/live/shop-answers.ts';
import type { Shop } from '../../src/live/types.ts';
import { createApp } from '../../src/server/app.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { testUnless } from '../support/skip.ts';
import { readExposition } from './exposition.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('metrics');

/** The value of a sample, such as `endcap_requests_total{route="/recommend",status="200"}`. */
const sampleOf = (text: string, sample: string) => {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length));
};

const ask = (app: ReturnType<typeof createApp>, path: string, body?: unknown) =>
  app.request(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** A shop of the fake's model, trained an hour ago, whose store fails. */
function servedAs(version: string) {
  const { model } = fakeRecommender();
  const trainedAt = new Date(Date.now() - 3_600_000).toISOString();
  const status: ShopStatus = {
    ...{ store: 'sqlite', seq: 50, newPurchases: 0, isFailing: true, waitingPurchases: 40 },
    ...{ keptCustomers: 7, erasedCustomers: 2 },
    catalogue: { products: 10, unavailable: 2, unknown: 1, notInFile: 0 },
    attribution: {
      days: 30,
      waiting: 4,
      kept: 60,
      dropped: 5,
      attributed: { recommend: 8, similar: 1, 'bought-together': 0 },
    },
    files: {},
    model: { version, since: 0, swaps: 3, rollbacks: 1, refusals: 2, swapSeconds: 0.5 },
    scenarios: { scenarios: 4, rules: 0, experiments: 0 },
    modelFile: { pending: 3 },
  };
  return { model: { ...model, metadata: { ...model.metadata, version, trainedAt } }, status: () => status };
}

test('requests are counted by endpoint and status, whatever paths clients make up', async () => {
  const metrics = createMetrics(() => undefined);
  const app = createApp({ recommender: fakeRecommender(), metrics });
  for (let i = 0; i < 3; i++) await ask(app, '/recommend', { user_id: 'anna' });
  await ask(app, '/recommend', {});
  for (let i = 0; i < 50; i++) await ask(app, `/no/${i}`);
  await ask(app, '/recommend');
  const text = await (await ask(app, '/metrics')).text();
  assert.is(sampleOf(text, 'endcap_requests_total{route="/recommend",status="200"}'), 3);
  assert.is(sampleOf(text, 'endcap_requests_total{route="/recommend",status="400"}'), 1);
  assert.is(sampleOf(text, 'endcap_requests_total{route="none",status="404"}'), 50);
  assert.is(sampleOf(text, 'endcap_requests_total{route="none",status="405"}'), 1);
  assert.is(sampleOf(text, 'endcap_request_seconds_count{route="/recommend"}'), 4);
  assert.is(text.split('\n').filter((line) => line.startsWith('endcap_requests_total')).length, 4);
  assert.not.match(text, /anna/);
});

test('lists are counted by source, and those that are shorter than asked for', async () => {
  const metrics = createMetrics(() => undefined);
  const app = createApp({ recommender: fakeRecommender(), metrics });
  await ask(app, '/recommend', { user_id: 'anna', num_recommendations: 1 });
  await ask(app, '/recommend', { user_id: 'anna', num_recommendations: 1000 });
  const text = await metrics.text();
  assert.is(sampleOf(text, 'endcap_lists_total{source="personal"}'), 2);
  assert.is(sampleOf(text, 'endcap_short_lists_total'), 1);
});

test('what is served is asked for at each scrape', async () => {
  let served: ReturnType<typeof servedAs> | undefined;
  const metrics = createMetrics(() => served);
  assert.is(sampleOf(await metrics.text(), 'endcap_model_age_seconds'), undefined);
  served = servedAs('aa');
  const first = await metrics.text();
  assert.is(sampleOf(first, 'endcap_model_info{version="aa"}'), 1);
  const expected = {
    ...{ live_customers: 7, erased_customers: 2, store_failing: 1, purchase_queue: 40 },
    erasures_pending: 3,
    ...{ catalogue_products: 10, catalogue_available_ratio: 0.8, training_seconds: 0.0125 },
  };
  for (const [name, value] of Object.entries(expected)) assert.is(sampleOf(first, `endcap_${name}`), value, name);
  assert.ok(Math.abs(sampleOf(first, 'endcap_model_age_seconds')! - 3600) < 60);
  for (const [result, count] of Object.entries({ swapped: 3, rolled_back: 1, refused: 2 }))
    assert.is(sampleOf(first, `endcap_model_swaps_total{result="${result}"}`), count, result);
  assert.is(sampleOf(first, 'endcap_model_swap_seconds'), 0.5);
  served = servedAs('bb');
  const second = await metrics.text();
  assert.is(sampleOf(second, 'endcap_model_info{version="aa"}'), undefined);
  assert.is(sampleOf(second, 'endcap_model_info{version="bb"}'), 1);
});

/** The text after requests of every kind, for a served shop. */
async function fullText(): Promise<string> {
  const shop = { ...fakeRecommender(), ...servedAs('aa') } as unknown as Shop;
  const taken = { accepted: 2, duplicates: 1, unknownProducts: ['new'] };
  const metrics = createMetrics(() => shop);
  const app = createApp({ shop: { ...shop, recordPurchases: async () => taken }, metrics });
  await ask(app, '/recommend', { user_id: 'anna' });
  await ask(app, '/no"\\\n');
  const line = { user_id: 'anna', order_id: 'w1', product_id: 'P1', quantity: 1 };
  await ask(app, '/purchases', { purchases: [line] });
  return metrics.text();
}

test('purchases are counted by what became of them, and the write to disk is timed', async () => {
  const text = await fullText();
  for (const [result, count] of Object.entries({ accepted: 2, duplicates: 1, unknown: 1 }))
    assert.is(sampleOf(text, `endcap_purchases_total{result="${result}"}`), count);
  assert.is(sampleOf(text, 'endcap_purchase_commit_seconds_count'), 1);
});

test('the text keeps to the format: names, types, labels, and buckets', async () => {
  const families = readExposition(await fullText());
  assert.ok(families.has('process_cpu_seconds_total') && families.has('endcap_purchase_commit_seconds'));
  for (const wrong of [
    '# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n',
    '# HELP a A.\n# TYPE a counter\na 1\n',
    '# HELP a A.\n# TYPE a gauge\na 1\na 2\n',
    '# HELP a A.\n# TYPE a gauge\na{b="c"d} 1\n',
    '# HELP a A.\n# TYPE a gauge\na one\n',
    '# HELP a A.\n# TYPE a gauge\nb 1\n',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ]) {
    assert.throws(() => readExposition(wrong), undefined, wrong);
  }
});

const promtool = spawnSync('promtool', ['--version']).error ? 'promtool is not on the PATH' : undefined;
testUnless(test, promtool, 'promtool check metrics finds nothing', async () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await fullText() });
  assert.is(`${stdout}${stderr}`, '');
  assert.is(status, 0);
});

test('the reference names every metric', async () => {
  const reference = readFileSync(new URL('../../src/server/README.md', import.meta.url), 'utf8');
  for (const name of readExposition(await fullText()).keys())
    if (name.startsWith('endcap_')) assert.ok(reference.includes(`\`${name}`), name);
});

test.run();
