import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import type { Recommender } from '../../src/recommending/types.ts';
import { failureAnswer } from '../../src/server/answers/answers.ts';
import { type AppOptions, createApp } from '../../src/server/app.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('admission');

/** A recommender whose answers wait until `release` is called, and the signals that it was given. */
function slowRecommender() {
  const signals: AbortSignal[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const fast = fakeRecommender();
  const recommender: Recommender = {
    ...fast,
    async recommend(customer, options) {
      signals.push((options!.signal as () => AbortSignal)());
      await gate;
      return fast.recommend(customer, options);
    },
  };
  return { recommender, signals, release: () => open() };
}

interface Answer {
  status: number;
  code: string | undefined;
  retryAfter: string | null;
}

/** Sends one request to the app; `body` may be a stream. */
function posting(options: Partial<AppOptions> & Pick<AppOptions, 'recommender'>) {
  const app = createApp(options);
  return async (
    body: string | Uint8Array<ArrayBuffer> | ReadableStream = '{"user_id": "anna"}',
    signal?: AbortSignal,
  ): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body, signal, duplex: 'half' } as RequestInit;
    const answer = await app.request('/recommend', init);
    const json = (await answer.json()) as { error?: { code: string } };
    if (json.error) assert.equal(v.parse(failureAnswer, json), json);
    return { status: answer.status, code: json.error?.code, retryAfter: answer.headers.get('retry-after') };
  };
}

/** A body of which only the first half arrives until `finish` is called. */
function halfBody() {
  let finish = () => {};
  const bytes = new TextEncoder().encode('{"user_id": "anna"}');
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 9));
      finish = () => {
        controller.enqueue(bytes.subarray(9));
        controller.close();
      };
    },
  });
  return { body, finish: () => finish() };
}

const aTurn = () => new Promise((resolve) => setImmediate(resolve));
const answered: Answer = { status: 200, code: undefined, retryAfter: null };
const overloaded: Answer = { status: 503, code: 'overloaded', retryAfter: '1' };

test('one request too many is a 503 with Retry-After at once, and the next one after an answer is served', async () => {
  const { recommender, release } = slowRecommender();
  const post = posting({ recommender, maxConcurrentRequests: 2 });
  const running = [post(), post()];
  await aTurn();
  assert.equal(await post(), overloaded);
  release();
  assert.equal(await Promise.all(running), [answered, answered]);
  assert.equal(await post(), answered);
});

test('by default 128 requests for each thread of the kernel are answered at a time', async () => {
  for (const [threads, limit] of [
    [1, 128],
    [2, 256],
    [64, 1024],
  ]) {
    const { recommender, release } = slowRecommender();
    const post = posting({ recommender: { ...recommender, kernel: { ...recommender.kernel, threads } } });
    const asked = Array.from({ length: limit }, () => post());
    for (let turn = 0; turn < 3; turn++) await aTurn();
    assert.equal(await post(), overloaded, `${threads} threads`);
    release();
    assert.ok((await Promise.all(asked)).every(({ status }) => status === 200));
  }
});

test('health, the model, and the document are answered while everything else is refused', async () => {
  const { recommender, release } = slowRecommender();
  const app = createApp({ recommender, maxConcurrentRequests: 1 });
  const headers = { 'content-type': 'application/json' };
  const running = app.request('/recommend', { method: 'POST', headers, body: '{"user_id": "anna"}' });
  await aTurn();
  for (const path of ['/health/live', '/health/ready', '/model', '/openapi.json', '/']) {
    assert.is((await app.request(path)).status, 200, path);
  }
  release();
  assert.is((await running).status, 200);
});

test('every way in which a request ends frees its place', async () => {
  const post = posting({ recommender: fakeRecommender(), maxConcurrentRequests: 1, maxBodyBytes: 100, onError() {} });
  const ends: [body: string | Uint8Array<ArrayBuffer> | ReadableStream, status: number][] = [
    ['{"user_id": "anna"}', 200],
    ['{', 400],
    ['{}', 400],
    [new Uint8Array([0xff]), 400],
    [' '.repeat(200), 413],
    ['{"user_id": "broken"}', 500],
    [new ReadableStream({ start: (controller) => controller.error(new Error('hung up')) }), 400],
  ];
  for (const [body, status] of ends) {
    assert.is((await post(body)).status, status);
    assert.equal(await post(), answered, `after a ${status}`);
  }
});

test('a request that is not answered by its deadline is a 503, and its work is called off', async () => {
  const { recommender, signals, release } = slowRecommender();
  const post = posting({ recommender, deadlineMs: 20, maxConcurrentRequests: 1 });
  assert.equal(await post(), { status: 503, code: 'deadline_exceeded', retryAfter: '1' });
  assert.ok(signals[0].aborted);
  assert.equal(await post(), overloaded, 'its work goes on, so it keeps its place');
  release();
  await aTurn();
  assert.equal(await post(), answered);
  assert.not(signals[1].aborted);
});

test('a client that goes away fires the signal that the recommender was given', async () => {
  const { recommender, signals, release } = slowRecommender();
  const post = posting({ recommender });
  const control = new AbortController();
  const [left, stayed] = [post(undefined, control.signal), post()];
  await aTurn();
  control.abort();
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  release();
  await left;
  assert.equal(await stayed, answered);
});

test('half a body does not lock others out: the one that has been sending the longest gives way', async () => {
  const post = posting({ recommender: fakeRecommender(), maxConcurrentRequests: 2 });
  const [first, second] = [halfBody(), halfBody()];
  const [one, two] = [post(first.body), post(second.body)];
  await aTurn();
  assert.equal(await post(), answered);
  assert.equal(await one, overloaded);
  second.finish();
  assert.equal(await two, answered);
});

test('a body that does not arrive by the deadline is a 408', async () => {
  const post = posting({ recommender: fakeRecommender(), deadlineMs: 20, maxConcurrentRequests: 1 });
  assert.equal(await post(halfBody().body), { status: 408, code: 'request_timeout', retryAfter: null });
  assert.equal(await post(), answered);
});

test('impossible limits are errors', () => {
  for (const wrong of [
    { maxConcurrentRequests: 0 },
    { maxConcurrentRequests: 1.5 },
    { deadlineMs: 0 },
    { deadlineMs: 1e12 },
  ]) {
    const [name] = Object.keys(wrong);
    assert.throws(
      () => createApp({ recommender: fakeRecommender(), ...wrong }),
      new RegExp(`${name}: .* cannot be used`),
    );
  }
});

test.run();
