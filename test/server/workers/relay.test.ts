/** Connections through a relay, over real sockets, whose two sides are in one thread here. */
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import type { Frames } from '../../../src/server/workers/frames.ts';
import { createRelay, type Relay } from '../../../src/server/workers/relay.ts';
import { createRelayedSockets } from '../../../src/server/workers/relayed-sockets.ts';
import { until } from '../../support/until.ts';

const test = suite('relay');

interface Relayed {
  relay: Relay;
  connect(): Promise<Socket>;
  /** The worker's end of each connection, in order. */
  accepted: Duplex[];
  /** Bytes in each message, in either direction. */
  sizes: number[];
}

const servers: Server[] = [];
const sockets: Socket[] = [];
test.after.each(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Messages arrive in a later turn, as they do from thread to thread. */
async function relayed(accept: (socket: Duplex) => void = () => {}, answerTimeoutMs = 20_000): Promise<Relayed> {
  const accepted: Duplex[] = [];
  const sizes: number[] = [];
  const later = (receive: (frames: Frames) => void) => (frames: Frames) => {
    sizes.push(frames.bytes.byteLength);
    const { heads, bytes } = structuredClone(frames, { transfer: [frames.bytes] });
    setImmediate(() => receive({ heads, bytes }));
  };
  const relay: Relay = createRelay(
    later((frames) => worker(frames)),
    answerTimeoutMs,
  );
  const worker = createRelayedSockets(
    later((frames) => relay.receive(frames)),
    (socket) => {
      accepted.push(socket);
      accept(socket);
    },
  );
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => relay.add(socket));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    relay,
    accepted,
    sizes,
    async connect() {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      await once(socket, 'connect');
      return socket;
    },
  };
}

/** All that comes, without ending the other direction. */
async function text(stream: Duplex): Promise<string> {
  let all = '';
  stream.on('data', (bytes) => (all += bytes));
  await once(stream, 'end');
  return all;
}

const echo = (socket: Duplex) => void socket.pipe(socket);

test('bytes arrive as they were sent, both ways, on many connections at once', async () => {
  const { connect, relay } = await relayed(echo);
  const random = createRandom(7);
  const sent = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = await connect();
      const all: Buffer[] = [];
      const answer = (async () => {
        const parts: Buffer[] = [];
        for await (const part of socket) parts.push(part);
        return Buffer.concat(parts);
      })();
      for (let i = random.below(30); i >= 0; i--) {
        const part = Buffer.from(
          Array.from({ length: random.below(random.below(3) === 0 ? 90_000 : 50) }, () => random.below(256)),
        );
        all.push(part);
        if (!socket.write(part)) await once(socket, 'drain');
        if (random.below(4) === 0) await wait(1);
      }
      socket.end();
      return Buffer.compare(await answer, Buffer.concat(all));
    }),
  );
  assert.equal(sent, Array(20).fill(0));
  await relay.ended();
});

test('who is at the other end is known to the worker', async () => {
  const { connect, accepted } = await relayed();
  const { localPort } = await connect();
  await until(() => accepted.length > 0, 1);
  const { remoteAddress, remotePort } = accepted[0] as Socket;
  assert.equal([remoteAddress, remotePort], ['127.0.0.1', localPort]);
});

test('a client that sends faster than it is read waits: what is under way is bounded', async () => {
  const { connect, accepted, sizes } = await relayed();
  const socket = await connect();
  socket.on('error', () => {});
  for (let i = 0; i < 200; i++) socket.write(Buffer.alloc(100_000));
  await wait(100);
  assert.ok(sizes.reduce((sum, size) => sum + size) < 300_000);
  // All of it arrives once somebody reads.
  let read = 0;
  accepted[0].on('data', ({ length }) => (read += length));
  await until(() => read >= 200 * 100_000, 1);
});

test('a client that does not take its answer holds the worker up: what is under way is bounded', async () => {
  let written = 0;
  const { connect } = await relayed((socket) => {
    socket.on('error', () => {});
    const fill = () => {
      while (socket.write(Buffer.alloc(10_000))) written += 10_000;
      written += 10_000;
    };
    socket.on('drain', fill);
    fill();
  });
  const socket = await connect();
  socket.pause();
  // The buffers of the system hold most of it.
  for (let before = -1; written !== before && written < 2e7; await wait(300)) before = written;
  assert.ok(written < 2e7);
});

test('a client that takes nothing of its answer for too long loses its connection', async () => {
  const { connect, relay } = await relayed((socket) => {
    socket.on('error', () => {});
    socket.write(Buffer.alloc(2e7));
  }, 100);
  const socket = await connect();
  socket.pause();
  await relay.ended();
});

test('either side may end first, and the other one answers', async () => {
  const { connect, relay } = await relayed((socket) => {
    socket.end('done');
    socket.resume();
  });
  const socket = await connect();
  assert.is(await text(socket), 'done');
  socket.end('late');
  await relay.ended();

  const other = await relayed((socket) => void text(socket).then((asked) => socket.end(`${asked}!`)));
  const client = await other.connect();
  client.end('asked');
  assert.is(await text(client), 'asked!');
  await other.relay.ended();
});

test('a client that is gone is gone for the worker, and a connection that the worker cuts is cut', async () => {
  const { connect, accepted, relay } = await relayed();
  const socket = await connect();
  socket.write('half of a requ');
  await until(() => accepted.length > 0, 1);
  const closed = once(accepted[0], 'close');
  socket.resetAndDestroy();
  await closed;
  await relay.ended();

  const cut = await connect();
  await until(() => accepted.length !== 1, 1);
  accepted[1].destroy();
  await once(cut.resume(), 'end');
  await relay.ended();
});

test('what was written before a connection is cut is sent first', async () => {
  const { connect } = await relayed((socket) => {
    socket.write(Buffer.alloc(1_000_000), () => socket.destroy());
  });
  const socket = await connect();
  socket.end();
  let taken = 0;
  for await (const { length } of socket) taken += length;
  assert.is(taken, 1_000_000);
});

test("Node's HTTP server takes them for sockets: keep-alive, pipelining, chunks, and time limits", async () => {
  const http = createHttp({
    keepAliveTimeout: 1,
    headersTimeout: 200,
    requestTimeout: 200,
    connectionsCheckingInterval: 50,
  });
  http.on('request', async (request, response) => response.end(`${request.url} ${await textOf(request)}`));
  http.emit('listening');
  const { connect } = await relayed((socket) => void http.emit('connection', socket));
  const socket = await connect();
  socket.write(
    'GET /a HTTP/1.1\r\nhost: x\r\n\r\nPOST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  // It closes the connection once it has been idle for a while.
  const answers = await text(socket);
  assert.match(answers, /^HTTP\/1\.1 200 .*\/a HTTP\/1\.1 200 .*\/b abc/s);

  const slow = await connect();
  slow.write('GET / HTT');
  assert.match(await text(slow), /^HTTP\/1\.1 408 /);
  http.close();
});

test.run();
