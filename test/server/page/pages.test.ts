import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../../src/server/app.ts';
import { fakeRecommender } from '../fake.ts';
import { asking, read } from './asking.ts';

const test = suite('pages of the explorer');

const links = (text: string) => [...text.matchAll(/(?:href|src|action)="([^"#]+)"/g)].map(([, link]) => link);

test('there are none unless they are asked for, and the option is one that is known', async () => {
  const app = createApp({ recommender: fakeRecommender() });
  assert.is((await app.request('/explorer')).status, 404);
  for (const explorer of ['yes', 1, [], null] as never[])
    assert.throws(
      () => createApp({ recommender: fakeRecommender(), explorer }),
      /^explorer: .* expected true, false, or an object/,
    );
});

test('pictures may come from origins, and from nothing that would mean more in a policy', () => {
  const withPictures = (pictures: unknown) =>
    createApp({ recommender: fakeRecommender(), explorer: { pictures } as never });
  withPictures(['https://cdn.test', 'http://127.0.0.1:8080']);
  for (const pictures of [
    ['*'],
    ['https://cdn.test/'],
    ['https://*.test'],
    ['cdn.test'],
    ['data:'],
    [1],
    'https://cdn.test',
  ])
    assert.throws(() => withPictures(pictures), /^explorer\.pictures: .* expected (an origin|a list of origins)/);
  assert.throws(
    () => createApp({ recommender: fakeRecommender(), explorer: { pictues: [] } as never }),
    /^pictues: .* expected one of the options pictures/,
  );
});

test('a page has a strict policy, is not stored, and loads only what the server has', async () => {
  const { get } = asking();
  for (const path of ['/explorer', '/explorer/']) {
    const { status, text, header } = await get(path);
    assert.is(status, 200);
    assert.match(header('content-type')!, /^text\/html; charset=utf-8$/i);
    assert.match(header('content-security-policy')!, /^default-src 'none'; /);
    assert.not.match(header('content-security-policy')!, /unsafe|\*|data:|https?:/);
    assert.is(header('cache-control'), 'no-store');
    assert.is(header('x-content-type-options'), 'nosniff');
    assert.not.match(text, /<script>|<script [^>]*>[^<]|<style|style="|\son\w+="/);
    for (const link of links(text)) assert.match(link, /^\/explorer(\/|$)/);
    for (const asset of ['style.css', 'live.js', 'icon.svg']) assert.ok(links(text).includes(`/explorer/${asset}`));
  }
  for (const [asset, type] of [
    ['style.css', 'text/css'],
    ['live.js', 'text/javascript'],
    ['icon.svg', 'image/svg+xml'],
  ]) {
    const { status, header } = await get(`/explorer/${asset}`);
    assert.equal([status, header('content-type')], [200, `${type}; charset=utf-8`]);
  }
});

test('whatever is wrong is a page, too', async () => {
  const errors: unknown[] = [];
  const broken = { ...fakeRecommender() };
  Object.defineProperty(broken, 'model', {
    get: () => {
      throw new Error('secret path /srv/model');
    },
  });
  const failing = asking({ recommender: () => broken, onError: (error) => errors.push(error) });
  const { get, send } = asking();
  for (const [answer, status, title] of [
    [await get('/explorer/nothing'), 404, 'No such page'],
    [await get('/explorer/%'), 404, 'No such page'],
    [await send('DELETE', '/explorer'), 405, 'Not like this'],
    [await send('POST', '/explorer'), 405, 'Not like this'],
    [await asking({ recommender: () => undefined }).get('/explorer'), 503, 'No model yet'],
    [await failing.get('/explorer'), 500, 'Something went wrong'],
  ] as const) {
    assert.is(answer.status, status, title);
    assert.match(answer.text, `<h1>${title}</h1>`);
    assert.match(answer.header('content-type')!, 'text/html');
    assert.match(answer.header('content-security-policy')!, "default-src 'none'");
    assert.not.match(answer.text, 'secret');
  }
  assert.is((await send('DELETE', '/explorer')).header('allow'), 'GET, HEAD, OPTIONS');
  assert.equal(
    (errors as Error[]).map(({ message }) => message),
    ['secret path /srv/model'],
  );
});

test('HEAD and OPTIONS work as elsewhere', async () => {
  const { send } = asking();
  for (const [path, status] of [
    ['/explorer', 200],
    ['/explorer/style.css', 200],
    ['/explorer/nothing', 404],
  ] as const) {
    const { status: found, text } = await send('HEAD', path);
    assert.equal([found, text], [status, ''], path);
  }
  const options = await send('OPTIONS', '/explorer');
  assert.equal([options.status, options.header('allow'), options.text], [204, 'GET, HEAD, OPTIONS', '']);
});

test('GET / names the explorer; its other paths belong to people', async () => {
  const { get } = asking();
  const { endpoints } = JSON.parse((await get('/')).text);
  assert.equal(
    endpoints.filter((endpoint: string) => endpoint.includes('explorer')),
    ['GET /explorer'],
  );
});

test('mounted in another app, at any depth, links lead below its path', async () => {
  for (const [pattern, base] of [
    ['/shop', '/shop'],
    ['/:shop/v1', '/oak/v1'],
    ['/größe', '/gr%C3%B6%C3%9Fe'],
  ]) {
    const outer = new Hono().route(pattern, asking().app);
    outer.notFound((c) => c.text('the shop has no such page', 404));
    for (const [path, status] of [
      ['', 200],
      ['/', 200],
      ['/nothing', 404],
      ['/style.css', 200],
    ] as const) {
      const { status: found, text } = await read(outer.request(`${base}/explorer${path}`));
      assert.is(found, status, `${base}${path}`);
      for (const link of path === '/style.css' ? [] : links(text)) assert.ok(link.startsWith(`${base}/explorer`), link);
    }
    assert.is((await read(outer.request('/explorer'))).text, 'the shop has no such page');
  }
});

test('basePath is what links begin with where something strips it', async () => {
  const { get } = asking({ basePath: '/shop/' });
  const { status, text } = await get('/explorer');
  assert.is(status, 200);
  for (const link of links(text)) assert.ok(link.startsWith('/shop/explorer'), link);
});

test('pages of other origins may not read them, whatever cors says', async () => {
  const { get, send } = asking({ cors: '*' });
  const origin = 'https://shop.example';
  assert.is((await get('/model', { origin })).header('access-control-allow-origin'), '*');
  assert.is((await get('/explorer', { origin })).header('access-control-allow-origin'), null);
  const preflight = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-a' };
  assert.is((await send('OPTIONS', '/explorer', preflight)).header('access-control-allow-origin'), null);
});

test('they count among the requests that are answered at a time, and are named in metrics and logs', async () => {
  const logged: unknown[] = [];
  const { get } = asking({ maxConcurrentRequests: 1, log: ({ route, status }) => logged.push([route, status]) });
  const [one, other] = await Promise.all([get('/explorer'), get('/explorer')]);
  assert.equal([one.status, other.status], [200, 503]);
  assert.match(other.text, '<h1>Too busy</h1>');
  assert.is(other.header('retry-after'), '1');
  await get('/explorer/nothing');
  assert.equal(logged.sort(), [
    ['/explorer/*', 200],
    ['/explorer/*', 404],
    ['/explorer/*', 503],
  ]);
});

test('each page has a turn of the event loop of its own, so that other requests are answered in between', async () => {
  let turns = 0;
  let going = true;
  const next = () => {
    turns++;
    if (going) setImmediate(next);
  };
  setImmediate(next);
  const began: number[] = [];
  const recommender = fakeRecommender();
  const busy = {
    ...recommender,
    get model() {
      if (began.at(-1) !== turns) began.push(turns);
      for (const end = performance.now() + 10; performance.now() < end; );
      return recommender.model;
    },
  };
  const { get } = asking({ recommender: busy });
  const answers = await Promise.all(Array.from({ length: 6 }, () => get('/explorer/data')));
  going = false;
  assert.ok(answers.every(({ status }) => status === 200));
  // Two may begin between the same two turns of the clock of this test.
  assert.ok(new Set(began).size >= 4, `${new Set(began).size} turns`);
});

test.run();
