import { spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../src/errors.ts';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, type ServeOptions, serve } from '../../src/server/serve.ts';
import { testUnless } from '../support/skip.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('serving on a port');

const servers: RunningServer[] = [];
test.after.each(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ app: createApp({ recommender: fakeRecommender() }), port: 0, ...options });
  servers.push(server);
  return server;
}

/** An app whose answers wait until `release` is called. `begun` resolves at the first request. */
function slowApp() {
  let release = () => {};
  let begin = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const fetch = async () => {
    begin();
    await gate;
    return Response.json({ done: true });
  };
  return { app: { fetch }, begun, release };
}

interface Answer {
  status: number | undefined;
  connection: string | undefined;
  text: string;
}

/** One request with Node's own client, whose connections can be observed. */
function send(url: string, body?: string | Iterable<string>, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, agent, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, connection: answer.headers.connection, text }));
    });
    sent.on('error', reject);
    if (typeof body === 'string') sent.end(body);
    else {
      for (const chunk of body ?? []) sent.write(chunk);
      sent.end();
    }
  });
}

async function failure(promise: Promise<unknown>): Promise<EndcapError> {
  try {
    await promise;
  } catch (error) {
    return error as EndcapError;
  }
  return assert.unreachable('it should have failed') as never;
}

test('answers over one persistent connection', async () => {
  const server = await start();
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.ok(server.url.endsWith(`:${server.port}`));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<unknown>();
  agent.on('free', (socket) => ports.add(socket.localPort));
  for (let i = 0; i < 3; i++) {
    const { status, text } = await send(
      `${server.url}/recommend`,
      '{"user_id": "anna", "num_recommendations": 1}',
      agent,
    );
    assert.is(status, 200);
    assert.is(JSON.parse(text).recommendations[0].product, 'P1');
  }
  agent.destroy();
  assert.is(ports.size, 1);
});

test('413 with and without a declared length, and the connection serves the next request', async () => {
  const server = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const chunk = ' '.repeat(64 * 1024);
  for (const body of [chunk.repeat(40), Array(40).fill(chunk), Array(20).fill(chunk), Array(17).fill(chunk)]) {
    const { status, text } = await send(`${server.url}/recommend`, body, agent);
    assert.is(status, 413);
    assert.is(JSON.parse(text).error.code, 'body_too_large');
    assert.is((await send(`${server.url}/recommend`, ['{"user_id":', '"anna"}'], agent)).status, 200);
  }
  agent.destroy();
});

test('a port that is in use is reported in plain words', async () => {
  const { port } = await start();
  const error = await failure(serve({ app: slowApp().app, port }));
  assert.is(error.code, 'listen_failed');
  assert.is(
    error.message,
    `cannot listen on 127.0.0.1 port ${port}: another program uses the port; stop that program or choose another port`,
  );
  assert.equal(error.details, { host: '127.0.0.1', port, reason: 'EADDRINUSE' });
});

test('a host that this machine does not have and impossible or unknown options are errors', async () => {
  const { app } = slowApp();
  const foreign = await failure(serve({ app, host: '192.0.2.1', port: 0 }));
  assert.is(foreign.code, 'listen_failed');
  assert.match(foreign.message, 'does not have that address');
  for (const port of [-1, 65536, 1.5, Number.NaN]) {
    assert.is((await failure(serve({ app, port }))).code, 'invalid_options');
  }
  const noApps = [{ app: undefined }, { app: null }, { app: {} }];
  const others = [{ host: 7 }, { signal: {} }, { onError: 'x' }];
  for (const wrong of [{ host: '' }, { graceMs: -1 }, { graceMs: 2 ** 31 }, { prot: 8080 }, ...others, ...noApps]) {
    const error = await failure(serve({ app, port: 0, ...wrong } as never));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, Object.keys(wrong)[0]);
  }
});

test('closing waits for a running request, closes its connection after the answer, and ends idle ones', async () => {
  const { app, begun, release } = slowApp();
  const server = await start({ app });
  const agent = new Agent({ keepAlive: true });
  const answer = send(server.url, undefined, agent);
  await begun;
  const silent = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  const silentEnded = new Promise((resolve) => silent.resume().once('close', resolve));

  let closed = false;
  const closing = server.close().then(() => (closed = true));
  await silentEnded;
  assert.is(((await failure(send(server.url))) as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  assert.not(closed);
  release();
  assert.equal(await answer, { status: 200, connection: 'close', text: '{"done":true}' });
  await closing;
  await server.close();
  agent.destroy();
});

test('closing cuts off a request that does not end', async () => {
  const { app, begun } = slowApp();
  const server = await start({ app, graceMs: 50 });
  const cut = failure(send(server.url));
  await begun;
  await server.close();
  assert.is(((await cut) as NodeJS.ErrnoException).code, 'ECONNRESET');
});

/** An app that notes the path of each request and works for 6 ms on all but health checks. */
function busyApp() {
  const begun: string[] = [];
  const fetch = ({ url }: Request) => {
    const { pathname } = new URL(url);
    begun.push(pathname);
    for (const end = performance.now() + 6; !pathname.startsWith('/health') && performance.now() < end; );
    return Response.json({ done: true });
  };
  return { app: { fetch }, begun };
}

async function open({ port }: RunningServer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('health is answered before the requests that arrived with it', async () => {
  const { app, begun } = busyApp();
  const server = await start({ app });
  const sockets = await Promise.all(Array.from({ length: 12 }, () => open(server)));
  const checks = ['/health/live', '/shop/health/ready'];
  const paths = [...Array.from({ length: 10 }, (_, i) => `/${i}`), ...checks];
  const answers = sockets.map((socket) => once(socket, 'data'));
  for (const [i, socket] of sockets.entries()) socket.write(get(paths[i]));
  await Promise.all(answers);
  // All may not be read in the same turn of the event loop, but most are.
  for (const check of checks) assert.ok(begun.indexOf(check) <= 4, begun.join(' '));
  assert.equal([...begun].sort(), [...paths].sort());
  for (const socket of sockets) socket.destroy();
});

test('a request whose client has gone before its turn is not begun', async () => {
  const { app, begun } = busyApp();
  const server = await start({ app });
  const sockets = await Promise.all(Array.from({ length: 8 }, () => open(server)));
  const answers = sockets.map((socket) => once(socket, 'data'));
  for (const [i, socket] of sockets.entries()) socket.write(get(`/${i}`));
  sockets[5].destroy();
  await Promise.all(answers.filter((_, i) => i !== 5));
  assert.equal([...begun].sort(), ['/0', '/1', '/2', '/3', '/4', '/6', '/7']);
  for (const socket of sockets) socket.destroy();
});

test('an error of the running server goes to onError, and it goes on', async () => {
  const errors: unknown[] = [];
  const refused = new Error('accept EMFILE');
  const fetch = (_: Request, env: { incoming: { socket: { server: EventEmitter } } }) => {
    env.incoming.socket.server.emit('error', refused);
    return Response.json({ done: true });
  };
  const server = await start({ app: { fetch: fetch as ServeOptions['app']['fetch'] }, onError: (e) => errors.push(e) });
  assert.is((await send(server.url)).status, 200);
  assert.equal(
    errors.map((error) => [(error as EndcapError).code, (error as EndcapError).message, (error as Error).cause]),
    [['listen_failed', 'could not accept a connection: accept EMFILE; the server goes on', refused]],
  );
  assert.is((await send(server.url)).status, 200);
});

test('an AbortSignal closes it', async () => {
  const control = new AbortController();
  const server = await start({ signal: control.signal });
  control.abort();
  await server.close();
  assert.is(((await failure(send(server.url))) as NodeJS.ErrnoException).code, 'ECONNREFUSED');
});

/** A separate process that serves; if `busy`, with a running request that never ends. */
async function serving(busy: boolean) {
  const script = `
    import { closeOnSignals, serve } from ${JSON.stringify(new URL('../../src/server/serve.ts', import.meta.url).href)};
    let begin;
    const begun = new Promise((resolve) => (begin = resolve));
    const server = await serve({ app: { fetch: () => new Promise(begin) }, port: 0 });
    if (${busy}) await Promise.race([begun, fetch(server.url)]);
    setTimeout(() => console.log('ready'), 0);
    await closeOnSignals(server, (signal) => console.log('stopping on ' + signal));
    console.log('closed');`;
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { cwd });
  let output = '';
  const heard = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => output.includes(text) && resolve();
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const exit = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
  await Promise.race([heard('ready'), exit]);
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), heard, exit };
}

const noSignals = process.platform === 'win32' ? 'Windows has no signals' : undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  testUnless(test, noSignals, `${signal} closes the server and lets the process exit by itself`, async () => {
    const { kill, exit } = await serving(false);
    kill(signal);
    assert.equal(await exit, { code: 0, output: `ready\nstopping on ${signal}\nclosed\n` });
  });
}

testUnless(test, noSignals, 'a second signal ends the process at once', async () => {
  const { kill, heard, exit } = await serving(true);
  kill('SIGTERM');
  await heard('stopping');
  kill('SIGINT');
  assert.equal(await exit, { code: 130, output: 'ready\nstopping on SIGTERM\n' });
});

test('while it drains, it answers everybody and says that it is not ready', async () => {
  const server = await start({ drainMs: 300 });
  const ready = async () => {
    const { status, text } = await send(`${server.url}/health/ready`);
    return [status, JSON.parse(text).error?.code];
  };
  assert.equal(await ready(), [200, undefined]);
  const closed = server.close();
  assert.equal(await ready(), [503, 'draining']);
  assert.is((await send(`${server.url}/health/live`)).status, 200);
  assert.is((await send(`${server.url}/recommend`, '{"user_id": "anna"}')).status, 200);
  await closed;
  assert.is(await send(server.url, undefined, new Agent()).catch((error) => error.code), 'ECONNREFUSED');
});

test.run();
