/** What TypeScript before 5.7 takes our app for is true of it; that Hono's types agree is for the compiler to say. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/server/app.ts';
import type { Context, Hono } from '../../src/server/hono.ts';

const test = suite('hono');

test('an app answers fetch and request, and tells a request to whom it asks for its address', async () => {
  const seen: unknown[] = [];
  const addressOf = ({ env, req }: Context) => {
    seen.push([env.host, req.raw instanceof Request, req.method, req.url, req.path, req.header('x-shop')]);
    return '192.0.2.1';
  };
  const app: Hono = createApp({ recommender: () => undefined, access: { perSecond: 10, addressOf } });
  const headers = { 'x-shop': 'corner' };
  const [env, url] = [{ host: 'edge' }, 'http://shop.example/model'];
  const answers = [await app.fetch(new Request(url, { headers }), env), await app.request(url, { headers }, env)];
  assert.equal(
    answers.map(({ status }) => status),
    [503, 503],
  );
  const request = ['edge', true, 'GET', url, '/model', 'corner'];
  assert.equal(seen, [request, request]);
});

test.run();
