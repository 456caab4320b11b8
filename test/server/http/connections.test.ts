import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../../src/server/app.ts';
import { type RunningServer, type ServeOptions, serve } from '../../../src/server/serve.ts';
import { fakeRecommender } from '../fake.ts';

const test = suite('connections');

const servers: RunningServer[] = [];
test.after.each(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServeOptions>): Promise<RunningServer> {
  const server = await serve({ app: createApp({ recommender: fakeRecommender() }), port: 0, graceMs: 100, ...options });
  servers.push(server);
  return server;
}

async function open({ port }: RunningServer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

const get = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';

async function ask(socket: Socket): Promise<string> {
  socket.write(get);
  const [bytes] = await once(socket, 'data');
  return String(bytes).slice(0, 12);
}

test('at the limit a new connection takes the place of the one that was idle the longest', async () => {
  const server = await start({ maxConnections: 3 });
  const [silent, used, half] = [await open(server), await open(server), await open(server)];
  assert.is(await ask(half), 'HTTP/1.1 200');
  half.write('GET / HT');
  assert.is(await ask(used), 'HTTP/1.1 200');
  for (const next of [silent, half]) {
    const ended = once(next.resume(), 'close');
    assert.is(await ask(await open(server)), 'HTTP/1.1 200');
    await ended;
  }
  assert.is(await ask(used), 'HTTP/1.1 200');
});

test('a connection whose request is at work keeps its place', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const server = await start({
    app: {
      fetch: async () => {
        await gate;
        return Response.json({ done: true });
      },
    },
    maxConnections: 1,
  });
  const working = await open(server);
  const answer = ask(working);
  // It has begun once the server has read it.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const refused = await open(server);
  await once(refused.resume(), 'close');
  release();
  assert.is(await answer, 'HTTP/1.1 200');
});

test('a client that does not take its answer loses its connection', async () => {
  const large = 'x'.repeat(2 ** 24);
  const server = await start({ app: { fetch: () => new Response(large) }, requestTimeoutMs: 100 });
  const socket = await open(server);
  socket.pause();
  let received = 0;
  socket.write(get);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  socket.on('data', (bytes) => (received += bytes.length));
  await once(socket.resume(), 'close');
  assert.ok(received < large.length);
});

test('impossible limits are errors', async () => {
  for (const wrong of [{ maxConnections: 0 }, { requestTimeoutMs: 0 }, { keepAliveTimeoutMs: 2 ** 31 }]) {
    const [name] = Object.keys(wrong);
    const failed = await start(wrong).then(
      () => 'none',
      (error) => error.message,
    );
    assert.match(failed, `${name}: `);
  }
});

test.run();
