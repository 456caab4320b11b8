import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/server/app.ts';
import { createMetrics } from '../../src/server/metrics.ts';
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

test('requests are counted by endpoint and status, whatever paths clients make up', async () => {
  const metrics = createMetrics(() => ({}));
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
  const metrics = createMetrics(() => ({}));
  const app = createApp({ recommender: fakeRecommender(), metrics });
  await ask(app, '/recommend', { user_id: 'anna', num_recommendations: 1 });
  await ask(app, '/recommend', { user_id: 'anna', num_recommendations: 1000 });
  const text = await metrics.text();
  assert.is(sampleOf(text, 'endcap_lists_total{source="personal"}'), 2);
  assert.is(sampleOf(text, 'endcap_short_lists_total'), 1);
});

test('what is served is asked for at each scrape', async () => {
  let version: string | undefined;
  const trainedAt = new Date(Date.now() - 3_600_000).toISOString();
  const metrics = createMetrics(() =>
    version === undefined ? {} : { model: { version, trainedAt }, liveCustomers: 7 },
  );
  assert.is(sampleOf(await metrics.text(), 'endcap_model_age_seconds'), undefined);
  version = 'aa';
  const first = await metrics.text();
  assert.is(sampleOf(first, 'endcap_model_info{version="aa"}'), 1);
  assert.is(sampleOf(first, 'endcap_live_customers'), 7);
  assert.ok(Math.abs(sampleOf(first, 'endcap_model_age_seconds')! - 3600) < 60);
  version = 'bb';
  const second = await metrics.text();
  assert.is(sampleOf(second, 'endcap_model_info{version="aa"}'), undefined);
  assert.is(sampleOf(second, 'endcap_model_info{version="bb"}'), 1);
});

test('every metric has a help text and a type, and none is there twice', async () => {
  const text = await createMetrics(() => ({})).text();
  const names = Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name]) => name);
  assert.ok(names.includes('process_cpu_seconds_total') && names.includes('endcap_requests_total'));
  assert.is(new Set(names).size, names.length);
  assert.equal(
    Array.from(text.matchAll(/^# HELP (\S+) \S/gm), ([, name]) => name),
    names,
  );
});

test.run();
