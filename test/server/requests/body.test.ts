import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../../src/server/app.ts';
import { type Asked, fakeRecommender } from '../fake.ts';

const test = suite('request bodies');

// biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
type Json = any;

async function post(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  type = 'application/json',
  asked: Asked = [],
) {
  const app = createApp({ recommender: fakeRecommender({ asked }) });
  const init = { method: 'POST', body, headers: { 'content-type': type }, duplex: 'half' };
  const answer = await app.request('/recommend', init as RequestInit);
  const json: Json = await answer.json();
  return { status: answer.status, code: json.error?.code, message: json.error?.message, json };
}

/** `{"user_id": "<id>"}` with these bytes as the id. */
function bodyFor(...id: number[]): Uint8Array<ArrayBuffer> {
  const [head, tail] = ['{"user_id": "', '"}'].map((text) => [...new TextEncoder().encode(text)]);
  return Uint8Array.from([...head, ...id, ...tail]);
}

test('what is not UTF-8 is a 400 that says so', async () => {
  const wrong = [
    [0xff],
    [0xe9],
    [0xc3],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xef, 0xbf, 0xbd, 0xff],
  ];
  for (const id of wrong) {
    const { status, code, message } = await post(bodyFor(...id));
    assert.equal([status, code, message], [400, 'invalid_json', 'the request body is not valid UTF-8'], String(id));
  }
  const utf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from('{"user_id": "anna"}', 'utf16le')]);
  assert.is((await post(utf16)).code, 'invalid_json');
});

test('the same for a body without a declared length', async () => {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bodyFor(0xc3).subarray(0, 14));
      controller.enqueue(bodyFor(0xc3).subarray(14));
      controller.close();
    },
  });
  assert.is((await post(stream)).message, 'the request body is not valid UTF-8');
});

test('a host whose requests have no stream reads them whole', async () => {
  const app = createApp({ recommender: fakeRecommender({}), maxBodyBytes: 40 });
  const statusOf = async (body: string) => {
    const headers = { 'content-type': 'application/json' };
    const request = new Request('http://shop/recommend', { method: 'POST', headers, body });
    Object.defineProperty(request, 'body', { value: undefined });
    return (await app.fetch(request)).status;
  };
  assert.is(await statusOf('{"user_id": "anna"}'), 200);
  assert.is(await statusOf(`{"user_id": "${'anna'.repeat(8)}"}`), 413);
});

test('every text in UTF-8 arrives as it was sent', async () => {
  for (const id of ['é', '日本', '🛒', '\uFFFD', 'a\uFFFDb', '\u0000', '\uFEFF']) {
    const { status, json } = await post(JSON.stringify({ user_id: id }));
    assert.equal([status, json.user_id], [200, id]);
  }
  assert.is((await post('\uFEFF{"user_id": "anna"}')).status, 200, 'a byte-order mark');
});

test('a charset other than UTF-8 is a 415 that names it', async () => {
  const body = '{"user_id": "anna"}';
  for (const charset of ['utf-16', 'latin1', '"iso-8859-1"', 'UTF-7', '""', '']) {
    const { status, code, message } = await post(body, `application/json; charset=${charset}`);
    assert.equal([status, code], [415, 'unsupported_media_type'], charset);
    assert.match(message, `names the charset '${charset.replaceAll('"', '')}'`);
  }
  for (const type of ['charset=utf-8', 'charset="UTF-8"', 'Charset = utf8', 'version=1; charset=utf-8', 'version=1']) {
    assert.is((await post(body, `application/json; ${type}`)).status, 200, type);
  }
});

test('a list is checked no further than its first twenty wrong entries', async () => {
  const field = (json: Json, index: number) => json.error.details.fields[index].field;
  for (const wrong of [null, [], {}, '', 1.5, 2 ** 53, false]) {
    const list = [...Array(7).fill('P1'), ...Array(20_000).fill(wrong)];
    const { status, json } = await post(JSON.stringify({ user_id: 'anna', deny: list }));
    assert.is(status, 400);
    assert.is(json.error.details.fields.length, 20);
    assert.equal([field(json, 0), field(json, 19)], ['deny[7]', 'deny[26]']);
    assert.match(json.error.message, 'and 19 more');
  }
});

test('a list that is much too long is one wrong field', async () => {
  for (const [name, entry] of [
    ['allow', 'P1'],
    ['basket', 'P1'],
    ['basket', { product: 'P1' }],
  ] as const) {
    const { status, json } = await post(JSON.stringify({ user_id: 'anna', [name]: Array(50_000).fill(entry) }));
    assert.equal([status, json.error.details.fields.length, json.error.details.fields[0].field], [400, 1, name]);
  }
});

test('a basket of a thousand objects and lists of ten thousand ids are passed on whole', async () => {
  const asked: Asked = [];
  const basket = Array.from({ length: 1000 }, (_, i) => ({ product: `P${1 + (i % 8)}`, quantity: 2 }));
  const deny = Array.from({ length: 10_000 }, (_, i) => `P${1 + (i % 8)}`);
  assert.is((await post(JSON.stringify({ basket, deny }), undefined, asked)).status, 200);
  assert.equal(asked[0].subject, basket);
  assert.equal((asked[0].options as { deny: string[] }).deny, deny);
});

test('an entry of a list is right if it is an id, alone and among others', async () => {
  const right = ['P1', ' ', '\0', 0, -0, 17, -3, 1e3, 2 ** 53 - 1, 1 - 2 ** 53];
  const wrong = ['', 1.5, 2 ** 53, -(2 ** 53), 1e300, null, true, [], {}, ['P1'], { product: 'P1' }];
  for (const entry of [...right, ...wrong]) {
    for (const list of [[entry], ['P1', entry, 'P2'], [...Array(500).fill('P1'), entry]]) {
      const { status } = await post(JSON.stringify({ user_id: 'anna', allow: list }));
      assert.is(status, right.includes(entry as never) ? 200 : 400, JSON.stringify(entry));
    }
  }
});

test('a body with more brackets or colons than any request needs is not parsed', async () => {
  const message = 'the request body has over 65536 opening brackets or colons';
  const many = 2 ** 16 + 1;
  for (const body of [
    '['.repeat(many),
    '{"a":'.repeat(many),
    `[${'{},'.repeat(many / 2)}${'[],'.repeat(many / 2)}[]]`,
  ]) {
    const answer = await post(body);
    assert.equal([answer.status, answer.code, answer.message], [400, 'invalid_json', message]);
  }
  assert.is((await post('['.repeat(many - 1))).message, 'the request body is not valid JSON');
});

test('an object of fifty thousand unknown fields is answered with the first twenty', async () => {
  const wrong = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, 0]));
  const { status, json } = await post(JSON.stringify({ user_id: 'anna', ...wrong }));
  assert.equal([status, json.error.details.fields.length], [400, 20]);
});

test.run();
