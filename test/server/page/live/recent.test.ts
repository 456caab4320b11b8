import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Source } from '../../../../src/recommending/types.ts';
import { createApp } from '../../../../src/server/app.ts';
import type { RequestLog } from '../../../../src/server/observing.ts';
import { durationIndex, durations, quantile } from '../../../../src/server/page/live/durations.ts';
import {
  countsOfGone,
  createRecent,
  mergedCounts,
  minutes,
  type RecentCounts,
} from '../../../../src/server/page/live/recent.ts';
import { summaryOf } from '../../../../src/server/page/live/summary.ts';
import { fakeRecommender } from '../../fake.ts';

const test = suite('recent requests');

type Asked = Pick<RequestLog, 'route' | 'status' | 'ms' | 'source' | 'items' | 'asked' | 'purchases'>;

const routes = ['/recommend', '/similar', '/customers/:id', '/health/live', '/explorer/*', undefined];
const sources: Source[] = ['personal', 'popular', 'basket'];
const request: fc.Arbitrary<Asked> = fc.record({
  route: fc.constantFrom(...routes),
  status: fc.constantFrom(200, 204, 303, 404, 429, 500, 503),
  ms: fc.oneof(fc.double({ min: 0, max: 5, noNaN: true }), fc.double({ min: 0, max: 20_000, noNaN: true })),
  source: fc.option(fc.constantFrom(...sources), { nil: undefined }),
  items: fc.integer({ min: 0, max: 5 }),
  asked: fc.constant(5),
  purchases: fc.option(fc.record({ accepted: fc.nat(9), duplicates: fc.nat(9), unknown: fc.nat(9) }), {
    nil: undefined,
  }),
});
/** Seconds that the clock goes on, which may be back, before each request. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -5000, max: 0 }) },
);
const asking = fc.array(fc.tuple(step, request), { maxLength: 200 });

const log = (asked: Asked): RequestLog => ({ id: '', method: 'POST', path: '/', ...asked });

/** What a plain list of requests says of the hour up to the last of them. */
function expected(all: readonly (Asked & { at: number })[], now: number) {
  const minute = Math.floor(now / 60_000);
  const kept = all.filter(({ at }) => Math.floor(at / 60_000) > minute - minutes);
  const pages = kept.filter(({ route }) => route === '/explorer/*');
  const probes = kept.filter(({ route }) => route === '/health/live');
  const counted = kept.filter(({ route }) => route !== '/explorer/*');
  const asked = counted.filter(({ route }) => route !== '/health/live');
  const byStatus = (from: number) => asked.filter(({ status }) => status >= from && status < from + 100).length;
  const bySource = sources.map((source) => counted.filter((one) => one.source === source).length);
  return {
    requests: asked.length,
    refused: byStatus(400),
    failed: byStatus(500),
    pages: pages.length,
    probes: probes.length,
    lists: bySource.reduce((sum, lists) => sum + lists, 0),
    shortLists: counted.filter(({ items, asked }) => items! < asked!).length,
    purchases: counted.reduce((sum, { purchases }) => sum + (purchases?.accepted ?? 0), 0),
    sources: Object.fromEntries(sources.map((source, i) => [source, bySource[i]]).filter(([, lists]) => lists !== 0)),
    endpoints: Object.fromEntries(
      routes
        .map((route) => [route ?? 'none', counted.filter((one) => one.route === route).length] as const)
        .filter(([, requests]) => requests > 0),
    ),
    byMinute: asked.map(({ at }) => Math.floor(at / 60_000) - minute).sort((a, b) => a - b),
    last: all
      .filter(({ route }) => route !== '/explorer/*')
      .slice(-50)
      .reverse()
      .map(({ at, route = 'none', status, ms, source }) => ({ at, endpoint: route, status, ms, source })),
  };
}

function found(counts: RecentCounts) {
  const { sources, endpoints, byMinute, last, spanMs, queue, busy, half, nearlyAll, ...sums } = summaryOf(counts);
  return {
    ...sums,
    sources: Object.fromEntries(sources.map(({ source, lists }) => [source, lists])),
    endpoints: Object.fromEntries(endpoints.map(({ name, requests }) => [name, requests])),
    byMinute: byMinute.flatMap(({ requests }, i) => Array(requests).fill(i + 1 - byMinute.length)),
    last: last.map(({ at, endpoint, status, ms, source }) => ({ at, endpoint, status, ms, source })),
  };
}

test('the counts are those of a plain list of the last hour, however the clock goes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e7 }), asking, (start, all) => {
      let [clock, latest] = [start, start];
      const recent = createRecent(() => clock);
      const seen = all.map(([seconds, asked]) => {
        clock += 1000 * seconds;
        latest = Math.max(latest, clock);
        recent.observe(log(asked));
        return { ...asked, at: latest };
      });
      assert.equal(found(recent.counts() as RecentCounts), expected(seen, latest));
    }),
    { numRuns: 300 },
  );
});

test('what several threads count is what one would, also of one that is gone or asked nothing lately', () => {
  fc.assert(
    fc.property(asking, fc.infiniteStream(fc.nat(2)), (all, picks) => {
      let clock = 1e6;
      const threads = [0, 1, 2].map(() => createRecent(() => clock));
      const one = createRecent(() => clock);
      const counts = threads.map((thread) => thread.counts());
      for (const [seconds, asked] of all) {
        // No two at one time: threads do not know which was first.
        clock += 1000 * Math.abs(seconds) + 1;
        const thread = picks.next().value;
        threads[thread].observe(log(asked));
        one.observe(log(asked));
        // Threads are asked at other times, and what they said is what other threads hear of them.
        counts[thread] = structuredClone(threads[thread].counts());
      }
      const gone = countsOfGone(counts[0]);
      assert.equal(found(mergedCounts([gone, counts[1], counts[2]])), found(one.counts()));
    }),
    { numRuns: 200 },
  );
  const [busy, idle] = [createRecent(() => 0), createRecent(() => 0)];
  busy.watch(() => ({ waiting: 3, limit: 10 }));
  idle.watch(() => ({ waiting: 0, limit: 10 }));
  assert.equal(mergedCounts([busy.counts(), idle.counts()]).queue, { waiting: 3, limit: 20 });
  assert.equal(mergedCounts([countsOfGone(busy.counts()), idle.counts()]).queue, { waiting: 0, limit: 10 });
  assert.is(mergedCounts([busy.counts(), idle.counts()]).busy.length, 2);
});

test('a duration is told at most a fifth too high, and never too low', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.99),
      (taken, share) => {
        const counts = new Uint32Array(durations);
        for (const ms of taken) counts[durationIndex(ms)]++;
        const exact = taken.sort((a, b) => a - b)[Math.ceil(share * taken.length) - 1];
        const told = quantile(counts, share)!;
        assert.ok(told >= exact * (1 - 1e-9), `${told} for ${exact}`);
        assert.ok(told <= Math.max(0.125, exact * 1.1893), `${told} for ${exact}`);
      },
    ),
    { numRuns: 300 },
  );
  assert.is(quantile(new Uint32Array(durations), 0.5), undefined);
  for (const ms of [Number.NaN, -1, 0, 1e9, Infinity])
    assert.ok(durationIndex(ms) >= 0 && durationIndex(ms) < durations);
});

test('nothing that is kept is of anybody, whatever is in addresses, bodies, and headers', async () => {
  const recent = createRecent();
  const app = createApp({ recommender: fakeRecommender(), explorer: true, recent, onError: () => {} });
  const secret = 'zoe-4711';
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': secret, authorization: `Bearer ${secret}` },
      body: JSON.stringify(body),
    });
  await post('/recommend', { user_id: secret });
  await post('/recommend', { user_id: secret, basket: [{ product: secret }] });
  await post('/recommend', { user_id: 'broken' });
  await post('/similar', { product_id: secret });
  await post(`/customers/${secret}`, {});
  for (const path of [`/customers/${secret}`, `/${secret}`, `/recommend/${secret}?x=${secret}`])
    await app.request(path, { headers: { 'user-agent': secret } });
  const counts = recent.counts();
  assert.not.match(JSON.stringify([...counts.endpoints.keys(), ...counts.sources.keys(), counts.last]), secret);
  const { requests, lists, failed, refused, endpoints } = summaryOf(counts);
  assert.equal([requests, lists, failed, refused], [8, 2, 1, 5]);
  assert.equal(endpoints.map(({ name }) => name).sort(), ['/recommend', '/similar', 'none']);
});

test('memory has a bound, however many routes there are', () => {
  const recent = createRecent(() => 0);
  for (let i = 0; i < 1000; i++) recent.observe(log({ route: `/shop/${i}`, status: 200, ms: 1 }));
  const { endpoints, last } = recent.counts();
  assert.equal([endpoints.size, last.length], [65, 50]);
  assert.is(summaryOf(recent.counts()).requests, 1000);
});

test('pages are seen by the app that has them, and by no other', async () => {
  const recent = createRecent();
  const app = createApp({ recommender: fakeRecommender(), recent });
  await app.request('/model');
  assert.is(summaryOf(recent.counts()).requests, 0);
  assert.throws(() => createApp({ recommender: fakeRecommender(), recent: {} as never }), /^recent: /);
});

test.run();
