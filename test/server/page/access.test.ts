import { get } from 'node:http';
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKey, type KeyRecord } from '../../../src/server/access/keys.ts';
import { createSession, keyOfSession, sessionSeconds } from '../../../src/server/access/sessions.ts';
import { serve } from '../../../src/server/serve.ts';
import { asking } from './asking.ts';

const test = suite('access to the explorer');

const [admin, reader, writer] = [
  await createKey(['admin']),
  await createKey(['read']),
  await createKey(['read', 'write']),
];
const records = new Map([admin, reader, writer].map(({ record }) => [record.id, record]));
const keys = { find: (id: string) => records.get(id) };
const withKeys = (access: object = {}) => asking({ access: { keys, ...access } });

const cookieOf = (header: string | null) => /^endcap_session=([^;]*)/.exec(header ?? '')?.[1];
const cookie = (session: string) => ({ cookie: `a=b; endcap_session=${session}` });

test('without keys they are for whoever reaches the server on its own machine, by its own name', async () => {
  const { get } = asking();
  const at = (host: string) => get(`http://${host}/explorer`);
  for (const own of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000', 'shop.localhost'])
    assert.is((await at(own)).status, 200, own);
  for (const other of [
    'shop.example',
    'localhost.shop.example',
    '127.0.0.1.shop.example',
    '10.0.0.1',
    '[::2]',
    'xlocalhost',
    '0.0.0.0:5000',
  ]) {
    const { status, text } = await at(other);
    assert.is(status, 403, other);
    assert.match(text, /start the server with --keys/);
  }
  // The API has no names to protect, and the style sheet of the refusal is no secret.
  assert.is((await get('http://shop.example/model')).status, 200);
  assert.is((await get('http://shop.example/explorer/style.css')).status, 200);
});

test('over a port the header says the host; the one that the server listens on is its own, too', async () => {
  const { app } = asking();
  const server = await serve({ app, port: 0 });
  const statusFor = (host: string) =>
    new Promise((resolve, reject) => {
      get({ port: server.port, path: '/explorer', headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
  try {
    assert.is(await statusFor('localhost'), 200);
    assert.is(await statusFor('shop.example'), 403);
  } finally {
    await server.close();
  }
  const listening = async (listensOn: string) =>
    (await app.request('http://shop.internal:5000/explorer', {}, { listensOn })).status;
  assert.is(await listening('shop.internal'), 200);
  assert.is(await listening('other.internal'), 403);
});

test('without keys, what comes through a proxy may be anybody', async () => {
  const { get } = asking();
  for (const header of [
    ...[
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-forwarded-server',
      'x-real-ip',
      'forwarded',
      'via',
    ],
    ...['x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'x-cluster-client-ip', 'x-original-forwarded-for'],
  ]) {
    const { status, text } = await get('/explorer', { [header]: '10.0.0.1' });
    assert.is(status, 403, header);
    assert.match(text, `its header ${header}`);
  }
  assert.is((await get('/explorer', { 'x-request-id': '1', dnt: '1', 'client-ips': '1' })).status, 200);
});

test('over a port, HTTP/1.0 is of a proxy that says nothing of itself, and a request without a host is refused', async () => {
  const server = await serve({ app: asking().app, port: 0 });
  const answerTo = async (...lines: string[]) => {
    const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    for await (const piece of socket) text += piece;
    return text;
  };
  try {
    const host = `host: 127.0.0.1:${server.port}`;
    assert.match(await answerTo('GET /explorer HTTP/1.1', host, 'connection: close'), /^HTTP\/1.1 200 /);
    for (const lines of [['GET /explorer HTTP/1.0', host], ['GET /explorer HTTP/1.0']]) {
      const text = await answerTo(...lines);
      assert.match(text, /^HTTP\/1.1 403 /);
      assert.match(text, 'as HTTP/1.0, in which no browser asks, says');
    }
    assert.match(await answerTo('GET /explorer HTTP/1.1', 'connection: close'), /^HTTP\/1.1 400 /);
    assert.match(await answerTo('GET /model HTTP/1.0', host), /^HTTP\/1.1 200 /);
  } finally {
    await server.close();
  }
});

test('another website can link to them, and have none as a part of its own pages', async () => {
  for (const { get } of [asking(), withKeys()]) {
    const session = cookie(await createSession(admin.record, Date.now()));
    const from = async (site: string, dest: string, path = '/explorer/customers/anna') =>
      (await get(path, { ...session, 'sec-fetch-site': site, 'sec-fetch-dest': dest })).status;
    for (const site of ['same-origin', 'none'])
      for (const dest of ['document', 'image', 'empty', 'iframe']) assert.is(await from(site, dest), 200, dest);
    for (const site of ['cross-site', 'same-site']) {
      assert.is(await from(site, 'document'), 200);
      for (const dest of ['image', 'script', 'empty', 'iframe', 'object', ''])
        for (const path of ['/explorer', '/explorer/catalogue.csv', '/explorer/nothing'])
          assert.is(await from(site, dest, path), 403, `${site} ${dest} ${path}`);
    }
  }
});

test('with keys every page asks to sign in, and comes back to what was asked for', async () => {
  const { get, post, send } = withKeys();
  for (const path of ['/explorer', '/explorer/', '/explorer/nothing', '/explorer/customers/a%2Fb?n=5&q=%C3%A4']) {
    const { status, header, text } = await get(path);
    assert.is(status, 303, path);
    const [at, to] = header('location')!.split('?to=');
    assert.equal([at, decodeURIComponent(to)], ['/explorer/sign-in', path]);
    assert.is(text, '');
    const form = await get(header('location')!);
    assert.is(form.status, 200);
    assert.match(form.text, '<input id="key" name="key" type="password"');
    const signedIn = await post('/explorer/sign-in', { key: admin.key, to: decodeURIComponent(to) });
    assert.equal([signedIn.status, signedIn.header('location')], [303, path]);
  }
  // Servers refuse addresses that are much longer than this one.
  const long = await get(`/explorer/customers?basket=${'%22'.repeat(3000)}`);
  assert.equal([long.status, long.header('location')], [303, '/explorer/sign-in']);
  assert.is((await send('HEAD', '/explorer')).status, 303);
  assert.is((await send('PUT', '/explorer/sign-in')).header('allow'), 'GET, HEAD, POST, OPTIONS');
});

test('whoever has signed in sees them for twelve hours, or until they sign out', async () => {
  const { get, post } = withKeys();
  const { header, text } = await post('/explorer/sign-in', { key: ` ${admin.key}\n` });
  assert.is(
    header('set-cookie')!.replace(/=[0-9a-f.]+;/, '=...;'),
    'endcap_session=...; Max-Age=43200; Path=/explorer; HttpOnly; SameSite=Lax',
  );
  const session = cookieOf(header('set-cookie'))!;
  assert.not.match(`${text}${session}`, admin.key.slice(16));
  const page = await get('/explorer', cookie(session));
  assert.is(page.status, 200);
  assert.match(page.text, `Key ${admin.record.id}`);
  assert.match(page.text, 'action="/explorer/sign-out"');
  const out = await post('/explorer/sign-out', {});
  assert.equal([out.status, out.header('location')], [303, '/explorer/sign-in']);
  assert.match(out.header('set-cookie')!, /^endcap_session=; Max-Age=0; Path=\/explorer; HttpOnly/);
  assert.is((await get('/explorer/sign-out', cookie(session))).status, 405);
});

test('over https the cookie is for https', async () => {
  const { post } = withKeys();
  const signIn = async (url: string, headers = {}) =>
    (await post(url, { key: admin.key }, headers)).header('set-cookie')!.includes('; Secure');
  assert.is(await signIn('/explorer/sign-in'), false);
  assert.is(await signIn('https://shop.example/explorer/sign-in'), true);
  assert.is(await signIn('/explorer/sign-in', { 'x-forwarded-proto': 'https' }), true);
});

test('a session that is forged, over, of a revoked key, or of one that may no longer administer is none', async () => {
  const { get } = withKeys();
  const now = Date.now();
  const good = await createSession(admin.record, now);
  assert.is((await get('/explorer', cookie(good))).status, 200);
  for (const [why, session] of [
    ['empty', ''],
    ['no session', 'hello'],
    ['later end', good.replace(/\.\d+\./, (end) => `.${Number(end.slice(1, -1)) + 1}.`)],
    ['other key', good.replace(admin.record.id, reader.record.id)],
    ['unknown key', good.replace(admin.record.id, '00000000')],
    ['signature cut', good.slice(0, -1)],
    ['signature changed', good.slice(0, -1) + (good.endsWith('0') ? '1' : '0')],
    ['over', await createSession(admin.record, now - sessionSeconds * 1000 - 1000)],
    ['signed with the hash of another', await createSession({ ...admin.record, hash: reader.record.hash }, now)],
    ['of a key that only reads', await createSession(reader.record, now)],
  ] as const)
    assert.is((await get('/explorer', cookie(session))).status, 303, why);
  assert.is(await keyOfSession(good, keys, now + sessionSeconds * 1000 - 2000), admin.record);
  assert.is(await keyOfSession(good, keys, now + sessionSeconds * 1000), undefined);
  records.delete(admin.record.id);
  assert.is((await get('/explorer', cookie(good))).status, 303);
  records.set(admin.record.id, { ...admin.record, scopes: ['read'] } as KeyRecord);
  assert.is((await get('/explorer', cookie(good))).status, 303);
  records.set(admin.record.id, admin.record);
});

test('a wrong key, and one without the scope, are told apart', async () => {
  const { post } = withKeys();
  for (const [key, problem] of [
    ['', 'not known'],
    ['hello', 'not known'],
    [(await createKey(['admin'])).key, 'not known'],
    [reader.key, 'may only read. The explorer needs one with the scope admin'],
    [writer.key, 'may only read and write'],
  ]) {
    const { status, text, header } = await post('/explorer/sign-in', { key, to: '/explorer/a?b="><script>' });
    assert.is(status, 403);
    assert.match(text, problem);
    assert.is(header('set-cookie'), null);
    assert.match(text, 'name="to" value="/explorer/a?b=%22%3E%3Cscript%3E"');
    if (key !== '') assert.not.match(text, key);
  }
});

test('signing in leads nowhere but to the explorer', async () => {
  const { post } = withKeys();
  for (const to of [
    'https://evil.example/explorer/x',
    '//evil.example/explorer/x',
    '/\\evil.example/explorer',
    '\\\\evil.example/explorer',
    '/explorer/../admin/status',
    '/explorerx',
    '/',
    'javascript:alert(1)',
    'http://here:99/explorer',
    '/explorer/sign-out',
    '/explorer/sign-in',
    '\t//evil.example',
    'explorer@evil.example',
    `/explorer/${'x'.repeat(4000)}`,
  ]) {
    const { header } = await post('/explorer/sign-in', { key: admin.key, to });
    assert.is(header('location'), '/explorer', to);
  }
});

test('only our own form signs in or out', async () => {
  const { post } = withKeys();
  const signIn = (headers: Record<string, string>, path = '/explorer/sign-in') =>
    post(path, { key: admin.key }, headers).then(({ status }) => status);
  assert.is(await signIn({ origin: 'http://localhost' }), 303);
  assert.is(await signIn({ 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }), 303);
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.is(await signIn(headers as never), 403);
    assert.is(await signIn(headers as never, '/explorer/sign-out'), 403);
  }
});

test('what is longer than a key is refused, also if its length is not said', async () => {
  const { post, app } = withKeys();
  assert.is((await post('/explorer/sign-in', { key: 'x'.repeat(15_000) })).status, 413);
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(6000));
      if (controller.desiredSize === null || sent++ > 3) controller.close();
    },
  });
  let sent = 0;
  const init = { method: 'POST', body, duplex: 'half', headers: { 'transfer-encoding': 'chunked' } } as RequestInit;
  assert.is((await app.request('/explorer/sign-in', init)).status, 413);
});

test('wrong keys count against the address, as those of programs do, and pages against their key', async () => {
  let address = '10.0.0.1';
  const { post, get } = withKeys({ perSecond: 0.1, burst: 2, addressOf: () => address });
  const wrong = () => post('/explorer/sign-in', { key: 'hello' });
  assert.equal([(await wrong()).status, (await wrong()).status], [403, 403]);
  const { status, header, text } = await wrong();
  assert.is(status, 429);
  assert.ok(Number(header('retry-after')) >= 1);
  assert.match(text, '<h1>Too many requests</h1>');
  assert.is((await get('/model', { authorization: 'Bearer hello' })).status, 429);
  address = '10.0.0.2';
  assert.is((await wrong()).status, 403);
  const session = cookie(await createSession(admin.record, Date.now()));
  assert.equal([(await get('/explorer', session)).status, (await get('/explorer', session)).status], [200, 200]);
  assert.is((await get('/explorer', session)).status, 429);
});

test.run();
