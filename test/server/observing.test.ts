import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/server/app.ts';
import type { RequestLog } from '../../src/server/observing.ts';
import { fakeRecommender } from './fake.ts';
import { posting } from './posting.ts';

const test = suite('logs of requests');

test('a request is logged under an id that its answer has, the client may choose, and no log can be broken with', async () => {
  const seen: RequestLog[] = [];
  const app = createApp({ recommender: fakeRecommender(), log: (request) => seen.push(request) });
  const idOf = async (headers: Record<string, string>) => {
    const answer = await app.request('/recommend', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"user_id":"anna"}',
    });
    const { id, ...rest } = seen.pop()!;
    assert.is(answer.headers.get('x-request-id'), id);
    return { id, ...rest };
  };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const chosen = await idOf({ 'x-request-id': 'web-1/2', traceparent });
  assert.is(chosen.id, 'web-1/2');
  assert.is(chosen.traceparent, traceparent);
  assert.equal([chosen.route, chosen.source, chosen.asked], ['/recommend', 'personal', 5]);
  for (const bad of ['x'.repeat(129), 'a b', 'a"b', '']) {
    const made = await idOf({ 'x-request-id': bad, traceparent: 'nonsense' });
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.is(made.traceparent, undefined);
  }
  assert.not.match(JSON.stringify(chosen), /anna/);
});

test('logs method, path, status and time of every request', async () => {
  const seen: RequestLog[] = [];
  const post = posting({ log: (request) => seen.push(request), onError: () => {} });
  await post('/recommend?token=1', { user_id: 'anna' });
  await post('/recommend', {});
  await post('/recommend', { user_id: 'broken' });
  await post('/nothing', {});
  assert.equal(
    seen.map(({ method, path, status }) => `${method} ${path} ${status}`),
    ['POST /recommend 200', 'POST /recommend 400', 'POST /recommend 500', 'POST /nothing 404'],
  );
  assert.ok(seen.every(({ ms }) => ms >= 0));
});

test('no log has the id of a customer, whatever the id is and however the path is written', async () => {
  const seen: RequestLog[] = [];
  const app = createApp({ recommender: fakeRecommender(), explorer: true, log: (request) => seen.push(request) });
  for (const path of [
    '/customers/anna',
    '/customers/an/na/anna',
    '/customers//anna',
    '/Customers/anna/',
    '/customers%2Fanna',
    '/customers%25252fanna',
    '/%63ustomers/anna%2Fanna',
    '/customers/x%0Aanna',
    '/customers/%ff/anna',
    '/explorer/customers/anna',
    '/explorer/customers/a/anna',
    '/explorer/customers/a%0A/anna?n=5',
    '/explorer/customers?q=anna',
    '/explorer/customers?id=anna',
    '/explorer/nothing?id=anna',
  ]) {
    await app.request(path);
    assert.not.match(JSON.stringify(seen.pop()), /anna/i, path);
  }
  await app.request('/explorer/customers/a/b');
  assert.is(seen.pop()!.path, '/explorer/customers/{id}');
});

test.run();
