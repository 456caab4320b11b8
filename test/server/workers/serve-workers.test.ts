import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../../src/model/model.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { addKey } from '../../../src/server/access/keys-file.ts';
import { createApp, type RequestLog } from '../../../src/server/app.ts';
import { serve } from '../../../src/server/serve.ts';
import {
  type RunningWorkers,
  type ServeWorkersOptions,
  serveWorkers,
} from '../../../src/server/workers/serve-workers.ts';
import { fit } from '../../../src/training/fit.ts';
import { absentBackend } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';

const test = suite('workers');

const model = await fit(randomShop(), { factors: 8, iterations: 2, together: 10 });
const other = await fit(randomShop({ seed: 2 }), { factors: 8, iterations: 2 });

const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));

const servers: RunningWorkers[] = [];
const recommenders: Recommender[] = [];
test.after(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await Promise.all(recommenders.map((recommender) => recommender.close()));
});

function recommenderOf(of: Model, backend?: 'native' | 'wasm'): Recommender {
  const recommender = createRecommender(of, { threads: 1, ...(backend && { backend }) });
  recommenders.push(recommender);
  return recommender;
}

async function start(options: Partial<ServeWorkersOptions> = {}): Promise<RunningWorkers> {
  const server = await serveWorkers({ recommender: recommenderOf(model), workers: 2, port: 0, ...options });
  servers.push(server);
  await server.ready;
  return server;
}

/** Starting a thread takes a while, so that tests share a server where they can. */
const lines: RequestLog[] = [];
const errors: { code?: string }[] = [];
const own = recommenderOf(model);
const shared = await start({
  recommender: own,
  log: (line) => lines.push(line),
  onError: (error) => errors.push(error as { code?: string }),
});
const [first] = workers;

interface Answer {
  status: number;
  text: string;
}

/** On a connection of its own, so that requests are spread over the workers. */
async function ask(
  { url }: RunningWorkers,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url + path, {
    headers: { connection: 'close', ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

const questions: [path: string, body: object][] = [
  ...model.customers.slice(0, 8).map((id): [string, object] => ['/recommend', { user_id: id }]),
  ['/recommend', { user_id: 'c1', num_recommendations: 20, explain: true, diversity: 0.4 }],
  ['/recommend', { user_id: 'c1', basket: [{ product_id: 'p3' }], deny: ['p4'] }],
  ['/recommend', { basket: [{ product_id: 'p1' }, { product_id: 'p2', quantity: 3 }], explain: true }],
  ['/recommend', { user_id: 'nobody' }],
  ['/similar', { product_id: 'p1' }],
  ['/similar-customers', { user_id: 'c1' }],
  ['/bought-together', { product_id: 'p1' }],
  ['/similar', { product_id: 'nothing' }],
];

/** Every list has an id of its own. */
const withoutId = (text: string) => text.replace(/"recommendation_id":"[^"]+"/, '"recommendation_id":""');

for (const backend of ['native', 'wasm'] as const) {
  testUnless(test, absentBackend(backend), `every worker answers as one thread does, on ${backend}`, async () => {
    const isShared = own.kernel.backend === backend;
    const recommender = isShared ? own : recommenderOf(model, backend);
    const app = createApp({ recommender });
    const server = isShared ? shared : await start({ recommender });
    for (const [path, body] of questions) {
      const request = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const expected = withoutId(await (await app.request(path, request)).text());
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask(server, path, body)));
      for (const { text } of answers) assert.is(withoutId(text), expected, `${path} ${JSON.stringify(body)}`);
    }
    const { text } = await ask(server, '/admin/status');
    assert.equal(JSON.parse(text).workers, { workers: 2, serving: 2, replaced: 0 });
  });
}

/** Requests of a route that were answered with 200, by `/metrics`. */
function countOf(text: string, route: string): number {
  const found = text.match(new RegExp(`^endcap_requests_total\\{route="${route}",status="200"\\} (\\d+)$`, 'm'));
  return Number(found?.[1] ?? 0);
}

test('requests are spread over all workers, and counted together', async () => {
  const server = shared;
  const before = countOf((await ask(server, '/metrics')).text, '/recommend');
  lines.length = 0;
  await Promise.all(Array.from({ length: 40 }, (_, i) => ask(server, '/recommend', { user_id: `c${i}` })));
  const { text } = await ask(server, '/metrics');
  assert.is(countOf(text, '/recommend') - before, 40);
  assert.match(text, /^nodejs_eventloop_lag_seconds\{worker="1"\}/m);
  assert.match(text, /^nodejs_eventloop_lag_seconds\{worker="2"\}/m);
  assert.match(text, /^endcap_model_info\{version="[0-9a-f]+"\} 1$/m);
  assert.is(text.match(/^process_resident_memory_bytes/gm)?.length, 1);
  assert.is(text.match(/^# TYPE endcap_requests_total /gm)?.length, 1);
  await until(() => lines.length >= 41);
  const made = lines.filter(({ route }) => route === '/recommend');
  assert.is(made.length, 40);
  assert.is(new Set(made.map(({ id }) => id)).size, 40);
});

/** What a server answers to bytes on a connection of their own, without what differs from time to time. */
async function answerTo({ port }: { port: number }, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  let all = '';
  socket.on('data', (part) => (all += part));
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket, 'end');
  socket.destroy();
  return withoutId(all.replace(/^(date|x-request-id): .*\r\n/gim, ''));
}

test('what strangers send is answered byte by byte as by one thread', async () => {
  const one = await serve({ app: createApp({ recommender: own, log: () => {} }), port: 0, requestTimeoutMs: 400 });
  const many = await start({ recommender: own, log: () => {}, requestTimeoutMs: 400 });
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
  const post = (body: string, more = '') =>
    `POST /recommend HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
  const sent = [
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\nconnection: close\r\n\r\n',
    get('/nothing', 'connection: close\r\n'),
    get('/model', `connection: close\r\nx-long: ${'x'.repeat(20_000)}\r\n`),
    'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n',
    get('/model', 'expect: something\r\n'),
    post('{"user_id": "c1"}', 'expect: 100-continue\r\n'),
    post('{"user_id": '),
    post('{"user_id": "c1"}').repeat(2),
    'HEAD /model HTTP/1.0\r\n\r\n',
    // Too slow, before and after the headers.
    'GET /mod',
    post('{"user_id": "c1"}').slice(0, -3),
    // More at once than one connection may ask.
    get('/nothing').repeat(40),
  ];
  const ask = (bytes: string) => Promise.all([answerTo(one, bytes), answerTo(many, bytes)]);
  const answers = await Promise.all(sent.map(ask));
  await one.close();
  for (const [i, [expected, answer]] of answers.entries()) {
    assert.match(expected, /^HTTP\/1\.[01] \d\d\d /, sent[i].slice(0, 100));
    assert.is(answer, expected, sent[i].slice(0, 100));
  }
});

test('another recommender takes over between two requests, and none fails', async () => {
  const server = shared;
  const versions = [model, other].map(({ metadata }) => metadata.version);
  let isOver = false;
  const asking = Array.from({ length: 4 }, async () => {
    const seen: string[] = [];
    while (!isOver) {
      const { status, text } = await ask(server, '/recommend', { user_id: 'c1' });
      assert.is(status, 200);
      seen.push(JSON.parse(text).model);
    }
    return seen;
  });
  const recommender = recommenderOf(other);
  for (let i = 0; i < 3; i++) {
    await server.replace(recommender);
    for (let k = 0; k < 4; k++) assert.match((await ask(server, '/model')).text, versions[1]);
    if (i < 2) await server.replace(own);
  }
  isOver = true;
  assert.equal([...new Set((await Promise.all(asking)).flat())].sort(), [...versions].sort());
  // What similar products are searched in is that of the model that answers.
  const { text } = await ask(server, '/similar', { product_id: 'p1', num_recommendations: 3 });
  assert.equal(
    JSON.parse(text).recommendations.map(({ product }: { product: string }) => product),
    recommender.similarProductsSync('p1', { n: 3 }).map(({ product }) => product),
  );
});

/** A connection that stays open. */
async function opened({ port }: RunningWorkers): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks whether the server is live, on a connection; rejects if it is closed. */
async function exchange(socket: Socket): Promise<void> {
  if (socket.destroyed) throw new Error('closed');
  socket.write('GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n');
  let all = '';
  while (!all.includes('"live"}')) {
    const late = new AbortController();
    const [bytes] = await Promise.race([
      once(socket, 'data', { signal: late.signal }),
      once(socket, 'close', { signal: late.signal }).then(() => [undefined]),
    ]);
    late.abort();
    if (bytes === undefined) throw new Error('closed');
    all += bytes;
  }
}

test('a body of a megabyte arrives, and a longer one is refused', async () => {
  const server = shared;
  const deny = Array.from({ length: 10_000 }, (_, i) => `${i}${'x'.repeat(90)}`);
  assert.is((await ask(server, '/recommend', { user_id: 'c1', deny })).status, 200);
  assert.is((await ask(server, '/recommend', { user_id: 'c1', note: 'x'.repeat(2 ** 20) })).status, 413);
});

test('a rate and a limit of connections are those of all workers together, and each follows the keys', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-workers-'));
  try {
    const keys = join(folder, 'keys.json');
    const { key } = await addKey(keys, ['read']);
    const server = await start({ access: { keys, perSecond: 0.01, burst: 5 }, maxConnections: 4 });
    const headers = { authorization: `Bearer ${key}` };
    const statuses: number[] = [];
    for (let i = 0; i < 10; i++) statuses.push((await ask(server, '/recommend', { user_id: 'c1' }, headers)).status);
    assert.equal(statuses, [...Array(5).fill(200), ...Array(5).fill(429)]);
    const wrong = { authorization: 'Bearer x' };
    for (let i = 0; i < 4; i++) assert.is((await ask(server, '/model', undefined, wrong)).status, 401);
    const held: Socket[] = [];
    for (let i = 0; i < 12; i++) {
      const socket = await opened(server);
      held.push(socket);
      await exchange(socket).catch(() => {});
    }
    await wait(50);
    assert.ok(held.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length <= 4);
    for (const socket of held) socket.destroy();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('bad options are refused before a thread starts', async () => {
  const recommender = recommenderOf(model);
  const wrong: [Partial<ServeWorkersOptions>, RegExp][] = [
    [{ workers: 0 }, /workers/],
    [{ workers: 1e6 }, /workers/],
    [{ maxConnections: 1 }, /maxConnections.*2 workers/],
    [{ maxConcurrentRequests: 1 }, /maxConcurrentRequests.*2 workers/],
    [{ cors: 7 as unknown as string }, /cors/],
    [{ access: { perSecond: -1 } }, /perSecond/],
    [{ app: {} } as object, /app/],
    [{ recommender: { ...recommender } }, /recommender/],
  ];
  for (const [options, message] of wrong) {
    const server = serveWorkers({ recommender, workers: 2, port: 0, ...options });
    const error = await endcapErrorOf(server.then((running) => running.ready.finally(() => running.close())));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, message);
  }
  const { port } = shared;
  assert.is((await endcapErrorOf(serveWorkers({ recommender, workers: 2, port }))).code, 'listen_failed');
});

test('without a recommender requests get a 503; with one no worker does; and closing drains: what has begun is answered', async () => {
  let give: (recommender: Recommender) => void = () => {};
  const server = await serveWorkers({
    recommender: new Promise((resolve) => (give = resolve)),
    workers: 2,
    port: 0,
    drainMs: 400,
  });
  servers.push(server);
  for (let i = 0; i < 4; i++) assert.is((await ask(server, '/health/ready')).status, 503);
  give(recommenderOf(model));
  await server.ready;
  for (let i = 0; i < 4; i++) assert.is((await ask(server, '/health/ready')).status, 200);

  const held = await Promise.all(Array.from({ length: 4 }, () => opened(server)));
  for (const socket of held) await exchange(socket);
  const closed = server.close();
  await wait(100);
  for (let i = 0; i < 4; i++) {
    const { status, text } = await ask(server, '/health/ready');
    assert.is(status, 503);
    assert.is(JSON.parse(text).error.code, 'draining');
    assert.is((await ask(server, '/recommend', { user_id: 'c1' })).status, 200);
  }
  await closed;
  for (const socket of held) if (!socket.destroyed) await once(socket, 'close');
  await ask(server, '/health/live').then(
    () => assert.unreachable(),
    () => {},
  );
});

test('a worker that dies is replaced: its connections are reset, the others go on, and counts do not fall', async () => {
  const server = shared;
  const held = await Promise.all(Array.from({ length: 8 }, () => opened(server)));
  for (const socket of held) await exchange(socket);
  const before = countOf((await ask(server, '/metrics')).text, '/health/live');
  await first.terminate();
  const failed = await Promise.all(
    held.map((socket) =>
      exchange(socket).then(
        () => 0,
        () => 1,
      ),
    ),
  );
  const lost = failed.reduce((sum: number, each) => sum + each, 0);
  assert.ok(lost > 0 && lost < 8, `${lost} of 8`);
  await until(async () => JSON.parse((await ask(server, '/admin/status')).text).workers.serving >= 2, 20);
  for (let i = 0; i < 8; i++) assert.is((await ask(server, '/recommend', { user_id: 'c1' })).status, 200);
  assert.is(JSON.parse((await ask(server, '/admin/status')).text).workers.replaced, 1);
  const { text } = await ask(server, '/metrics');
  assert.is(countOf(text, '/health/live') - before, 8 - lost);
  assert.match(text, /^endcap_workers_replaced_total 1$/m);
  assert.equal(
    errors.map(({ code }) => code),
    ['worker_failed'],
  );
});

test.run();
