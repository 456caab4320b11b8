import { createRequire } from 'node:module';
import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/server/app.ts';
import { serve } from '../../src/server/serve.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('an app mounted in another one');

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into at any depth
type Json = any;

type Fetch = (path: string, init?: RequestInit) => Response | Promise<Response>;

async function ask(fetch: Fetch, method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
  const json: Json = isJson && text !== '' ? JSON.parse(text) : undefined;
  return { status: answer.status, allow: answer.headers.get('allow'), text, json, code: json?.error?.code };
}

const app = () => createApp({ recommender: fakeRecommender() });

/** A shop's own app, with the recommendations at `path` and routes before and after them. */
function shop(path: string): Hono {
  const outer = new Hono();
  outer.notFound((c) => c.text('the shop has no such page', 404));
  outer.get('/cart', (c) => c.text('cart'));
  outer.route(path, app());
  outer.get('/checkout', (c) => c.text('checkout'));
  return outer;
}

/** The API answers below `base` as the reference says, and the document leads to it. */
async function answersBelow(base: string, fetch: Fetch): Promise<void> {
  const recommended = await ask(fetch, 'POST', `${base}/recommend`, { user_id: 'anna', num_recommendations: 1 });
  assert.equal([recommended.status, recommended.json?.recommendations[0].product], [200, 'P1']);
  const [plain, slash] = [await ask(fetch, 'GET', base || '/'), await ask(fetch, 'GET', `${base}/`)];
  for (const { status, json } of [plain, slash]) {
    assert.equal([status, json?.openapi], [200, `${base}/openapi.json`]);
    assert.ok(json.endpoints.includes(`POST ${base}/recommend`));
  }
  for (const path of [`${base}/nothing`, `${base}/recommend/`, `${base}/recommend/more`]) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { status, code, json } = await ask(fetch, method, path);
      assert.equal([status, code], [404, 'not_found'], `${method} ${path}`);
      assert.match(json.error.message, `there is no ${path} here; see ${base}/openapi.json`);
    }
  }
  for (const [method, path, allow] of [
    ['GET', '/recommend', 'POST, OPTIONS'],
    ['DELETE', '/model', 'GET, HEAD, OPTIONS'],
    ['POST', '/', 'GET, HEAD, OPTIONS'],
  ]) {
    const wrong = await ask(fetch, method, base + path);
    assert.equal([wrong.status, wrong.code, wrong.allow], [405, 'method_not_allowed', allow], `${method} ${path}`);
  }
  const options = await ask(fetch, 'OPTIONS', `${base}/recommend`);
  assert.equal([options.status, options.allow, options.text], [204, 'POST, OPTIONS', '']);
  for (const [path, status] of [
    ['/health/live', 200],
    ['/', 200],
    ['/nothing', 404],
    ['/recommend', 405],
  ] as const) {
    const head = await ask(fetch, 'HEAD', base + path);
    assert.equal([head.status, head.text], [status, ''], `HEAD ${path}`);
  }
  const { json: document } = await ask(fetch, 'GET', `${base}/openapi.json`);
  const [{ url }] = document.servers;
  assert.is(url, base || '/');
  const live = await ask(fetch, 'GET', `${url}/health/live`.replace('//', '/'));
  assert.ok('/health/live' in document.paths);
  assert.equal([live.status, live.json], [200, { status: 'live' }]);
}

for (const [path, base] of [
  ['/', ''],
  ['/shop', '/shop'],
  ['/shop/', '/shop'],
  ['/api/v1/shop', '/api/v1/shop'],
  ['/:shop/recommendations', '/oak/recommendations'],
]) {
  test(`route('${path}') answers as the reference says, and leaves the rest to the outer app`, async () => {
    const outer = shop(path);
    await answersBelow(base, outer.request);
    assert.is((await ask(outer.request, 'GET', '/cart')).text, 'cart');
    assert.is((await ask(outer.request, 'GET', '/checkout')).text, 'checkout');
    if (base !== '') {
      for (const other of ['/nothing', `${base}ping`]) {
        assert.is((await ask(outer.request, 'GET', other)).text, 'the shop has no such page', other);
      }
    }
  });
}

test('apps within apps add up, and the same app at two paths names each of them', async () => {
  const inner = new Hono().route('/shop', app());
  const outer = new Hono().route('/eu', inner).route('/us', inner);
  await answersBelow('/eu/shop', outer.request);
  await answersBelow('/us/shop', outer.request);
});

test("the outer app's routes below the mount path stay its own, before and after mounting; a catch-all after it is not one", async () => {
  const outer = new Hono();
  outer.get('/shop/first', (c) => c.text('first'));
  outer.route('/shop', app());
  outer.get('/shop/last', (c) => c.text('last'));
  outer.get('/shop/missing', (c) => c.text('sold out', 404));
  outer.get('*', (c) => c.text('a page'));
  assert.is((await ask(outer.request, 'GET', '/shop/first')).text, 'first');
  assert.is((await ask(outer.request, 'GET', '/shop/last')).text, 'last');
  assert.is((await ask(outer.request, 'GET', '/shop/missing')).text, 'sold out');
  assert.is((await ask(outer.request, 'GET', '/about')).text, 'a page');
  assert.is((await ask(outer.request, 'GET', '/shop/nothing')).code, 'not_found');
});

test('errors, logs and origins are those of the mounted app below its path only', async () => {
  const logged: string[] = [];
  const errors: unknown[] = [];
  const outer = new Hono();
  outer.onError((_, c) => c.text('the shop failed', 500));
  outer.route(
    '/shop',
    createApp({
      recommender: fakeRecommender(),
      log: ({ method, path, status }) => logged.push(`${method} ${path} ${status}`),
      onError: (error) => errors.push(error),
      cors: '*',
    }),
  );
  outer.get('/cart', () => {
    throw new Error('no cart');
  });
  assert.is((await ask(outer.request, 'POST', '/shop/recommend', { user_id: 'broken' })).code, 'internal');
  assert.is((await ask(outer.request, 'GET', '/shop/nothing')).code, 'not_found');
  assert.is((await ask(outer.request, 'GET', '/cart')).text, 'the shop failed');
  assert.is(errors.length, 1);
  assert.equal(logged, ['POST /shop/recommend 500', 'GET /shop/nothing 404']);
  assert.is(
    (await outer.request('/cart', { headers: { origin: 'x' } })).headers.get('access-control-allow-origin'),
    null,
  );
});

test('basePath names the path that something strips before the app sees it', async () => {
  const stripped = (path: string) => (path === '/shop' ? '/' : path.replace(/^\/shop(?=\/)/, ''));
  const bare = createApp({ recommender: fakeRecommender(), basePath: '/shop/' });
  await answersBelow('/shop', (path, init) => bare.request(stripped(path), init));
});

test('basePath is a path; unknown options are errors', () => {
  const recommender = fakeRecommender();
  for (const basePath of ['shop', '', 'https://x.example/shop', '/a b', '/a?b', 5 as unknown as string]) {
    assert.throws(() => createApp({ recommender, basePath }), /basePath: .* begins with '\/'/);
  }
  const mistyped = { recommender, maxBodyByte: 5 };
  assert.throws(() => createApp(mistyped), /maxBodyByte: 5 cannot be used; expected one of the options recommender, /);
});

test('the outer app may have a copy of Hono of its own', async () => {
  const other: { Hono: typeof Hono } = createRequire(import.meta.url)('hono');
  assert.is.not(other.Hono, Hono);
  const outer = new other.Hono().route('/shop', app()).get('/shop/last', (c) => c.text('last'));
  await answersBelow('/shop', outer.request);
  assert.is((await ask(outer.request, 'GET', '/shop/last')).text, 'last');
});

test('it is the same over a port', async () => {
  const server = await serve({ app: shop('/shop'), port: 0 });
  try {
    await answersBelow('/shop', (path, init) => fetch(server.url + path, init));
  } finally {
    await server.close();
  }
});

test.run();
