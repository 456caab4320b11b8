/** What strangers send over a bare connection. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { failureAnswer } from '../../../src/server/answers/answers.ts';
import { createApp } from '../../../src/server/app.ts';
import { type RunningServer, type ServeOptions, serve } from '../../../src/server/serve.ts';
import { fakeRecommender } from '../fake.ts';

const test = suite('raw requests');

const servers: RunningServer[] = [];
test.after.each(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ app: createApp({ recommender: fakeRecommender() }), port: 0, graceMs: 100, ...options });
  servers.push(server);
  return server;
}

/** A connection, and all that the server sends on it until it closes it. */
function open({ port }: RunningServer): { socket: Socket; received: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (bytes) => (text += bytes));
  const received = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
  });
  return { socket, received };
}

interface Answer {
  status: number;
  headers: string;
  code: string | undefined;
}

/** The answers in what was received. Each has a length. */
function answersIn(text: string): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== ''; ) {
    const [head, headers, status, length] = /^(HTTP\/1\.1 (\d+) .*?)\r\n\r\n/s.exec(rest)
      ? [...rest.match(/^(HTTP\/1\.1 (\d+) .*?)\r\n\r\n/s)!, /content-length: (\d+)/i.exec(rest)?.[1]]
      : (assert.unreachable(`no answer: ${rest}`) as never);
    const body = rest.slice(head!.length, head!.length + Number(length));
    rest = rest.slice(head!.length + Number(length));
    const json = JSON.parse(body);
    if (Number(status) >= 400) assert.equal(v.parse(failureAnswer, json), json, 'exactly the shape of failures');
    assert.match(headers!, /content-type: application\/json/i);
    answers.push({ status: Number(status), headers: headers!, code: json.error?.code });
  }
  return answers;
}

/** Sends text and returns the answers once the server has closed the connection. */
async function exchange(server: RunningServer, text: string): Promise<Answer[]> {
  const { socket, received } = open(server);
  socket.write(text, 'latin1');
  return answersIn(await received);
}

const close = 'Connection: close\r\n';
const refused: [what: string, text: string, status: number, code: string][] = [
  ['a malformed Host', `GET / HTTP/1.1\r\nHost: a b\r\n${close}\r\n`, 400, 'bad_request'],
  ['a Host with a path', `GET / HTTP/1.1\r\nHost: a/b\r\n${close}\r\n`, 400, 'bad_request'],
  ['a Host with a user', `GET / HTTP/1.1\r\nHost: u@h\r\n${close}\r\n`, 400, 'bad_request'],
  ['no Host', `GET /health/live HTTP/1.1\r\n${close}\r\n`, 400, 'bad_request'],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400, 'bad_request'],
  ['a target without a slash', `GET health HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400, 'bad_request'],
  ['a target of another scheme', `GET ftp://a/b HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400, 'bad_request'],
  ['a backslash', `GET /a\\b HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400, 'bad_request'],
  ['a proxy request with a wrong host', `GET http://[::/ HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400, 'bad_request'],
  ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
  ['an unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400, 'bad_request'],
  [
    'two lengths',
    'POST /recommend HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    400,
    'bad_request',
  ],
  [
    'a length and chunks',
    'POST /recommend HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  ['long headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ['a long target', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
  ['another expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n\r\n', 417, 'expectation_failed'],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', 405, 'method_not_allowed'],
  ['TRACE', `TRACE /model HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 405, 'method_not_allowed'],
  ['an unknown method', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  [
    'an upgrade where nothing is',
    `GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`,
    404,
    'not_found',
  ],
];

for (const [what, text, status, code] of refused) {
  test(`${what} is a ${status} in the shape of all failures`, async () => {
    const server = await start();
    const answers = await exchange(server, text);
    assert.equal(
      answers.map((answer) => [answer.status, answer.code]),
      [[status, code]],
    );
    assert.match(answers[0].headers, /connection: close/i);
    assert.is((await fetch(`${server.url}/health/live`)).status, 200);
  });
}

test('a refused connection ends, whatever the client sends after', async () => {
  const server = await start({ graceMs: 60_000 });
  for (const text of ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 'hello\r\n\r\n']) {
    const { socket, received } = open(server);
    socket.write(text);
    setImmediate(() => socket.write('x'.repeat(100_000)));
    await received;
  }
  await servers.pop()!.close();
});

test('an upgrade is ignored', async () => {
  const { socket, received } = open(await start());
  socket.write('GET /health/live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  await once(socket, 'data');
  socket.write(`GET /health/live HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
  assert.equal(
    answersIn(await received).map(({ status }) => status),
    [200, 200],
  );
});

test('HTTP/1.0 needs no Host, and a proxy request is answered', async () => {
  const server = await start();
  assert.is((await exchange(server, 'GET /health/live HTTP/1.0\r\n\r\n'))[0].status, 200);
  const proxied = `GET http://shop.example/health/live HTTP/1.1\r\nHost: shop.example\r\n${close}\r\n`;
  assert.is((await exchange(server, proxied))[0].status, 200);
});

test('half headers, half a body, and silence end with a 408', async () => {
  const server = await start({ requestTimeoutMs: 100 });
  const head = 'POST /recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 30\r\n';
  const chunked =
    'POST /recommend HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n';
  const halves = [
    'GET /hea',
    'GET / HTTP/1.1\r\nHost:',
    head,
    `${head}\r\n`,
    `${head}\r\n{"user_id"`,
    `${chunked}\r\n9\r\n{"user`,
  ];
  for (const half of halves) {
    const answers = await exchange(server, half);
    assert.equal(
      answers.map(({ status, code }) => [status, code]),
      [[408, 'request_timeout']],
      half,
    );
  }
  const silent = open(server);
  assert.is(answersIn(await silent.received)[0].status, 408);
});

test('an error in the middle of an answer closes the connection without a second one', async () => {
  const first = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('begun')) });
  const server = await start({ app: { fetch: () => new Response(first) } });
  const { socket, received } = open(server);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('no HTTP\r\n\r\n');
  assert.is((await received).match(/HTTP\/1\.1/g)?.length, 1);
});

test('what fetch throws is a 500 that goes to onError, and a failing onError does not stop the server', async () => {
  const errors: unknown[] = [];
  const thrown = new Error('secret');
  for (const fetch of [
    () => {
      throw thrown;
    },
    () => Promise.reject(thrown),
  ]) {
    const onError = (error: unknown) => {
      errors.push(error);
    };
    const server = await start({ app: { fetch }, onError });
    const [answer] = await exchange(server, `GET / HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
    assert.equal([answer.status, answer.code], [500, 'internal']);
  }
  assert.equal(errors, [thrown, thrown]);
});

test('of many requests that are sent at once over one connection some are answered, and the rest is a 503', async () => {
  const answers = await exchange(await start(), 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.slice(0, 32), Array(32).fill(200));
  assert.equal([statuses.length, statuses.at(-1), answers.at(-1)?.code], [33, 503, 'overloaded']);
  assert.match(answers.at(-1)!.headers, /retry-after: 1/i);
});

test.run();
