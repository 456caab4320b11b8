import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecent } from '../../../../src/server/page/live/recent.ts';
import { summaryOf } from '../../../../src/server/page/live/summary.ts';
import { durationWords, endpointWords, errorWords, spanWords } from '../../../../src/server/page/live/words.ts';
import { asking, plainText } from '../asking.ts';

const test = suite('the page of what happens right now');

test('a server that nobody asked says so, in every part', async () => {
  const { get } = asking();
  const { status, text } = await get('/explorer/live');
  assert.is(status, 200);
  for (const words of [
    'nobody has asked for anything',
    'There is nothing to draw yet',
    'No list was made',
    'There was none',
  ])
    assert.match(plainText(text), words);
  assert.match(text, 'aria-current="page">Live</a>');
});

test('requests are told in words, charts, and tables, and what fails stands out', async () => {
  let clock = 0;
  const recent = createRecent(() => clock);
  const { get, app } = asking({ recent, onError: () => {} });
  const ask = (user_id: unknown) =>
    app.request('/recommend', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id }),
    });
  for (let i = 0; i < 6; i++) await ask('anna');
  clock += 5 * 60_000;
  await ask('stranger');
  await ask('broken');
  await ask(undefined);
  await app.request('/health/live');
  const { text } = await get('/explorer/live');
  const words = plainText(text);
  assert.match(
    words,
    'In the last 5 minutes, 9 requests were answered; 7 of them are lists for customers and baskets.',
  );
  assert.match(words, 'One failed (11%): the server was too busy, or something is broken.');
  assert.match(words, 'One was refused, since what they asked is wrong or not allowed.');
  assert.match(words, /Half of the answers took less than \d[\d.]* m?s, and 99 of 100 less than/);
  assert.match(words, 'Besides, there were requests: 0 for these pages and one by what watches the server.');
  assert.match(words, 'What the customer bought 6 86%');
  assert.match(words, 'Best-sellers, since nothing is known of the customer 1 14%');
  assert.match(words, 'Each has as many products as were asked for.');
  assert.match(words, '5 minutes ago 6 6 0 0');
  assert.match(words, 'this minute 3 1 1 1');
  assert.match(words, /500 failed .* \/recommend|\/recommend 500 failed/);
  assert.match(text, '<span class="bad">500 failed</span>');
  assert.match(words, 'None waits or is being answered; 128 may at a time.');
  // Each figure of a chart is in its text, and in the table.
  assert.match(
    text,
    'aria-label="Requests in each minute of the last hour: at most 6, in all 9, of which 1 were refused and 1 failed"',
  );
  assert.is(text.match(/<svg viewBox="0 0 360/g)?.length, 2);
  assert.not.match(words, 'anna');
  for (const part of ['now', 'charts', 'minutes', 'sources', 'endpoints', 'waits', 'last'])
    assert.is(text.match(new RegExp(`data-live="${part}"`, 'g'))?.length, 1, part);
  // What is refreshed stands in what is opened, so that it stays open.
  assert.not.match(text, /data-live="[^"]*"><details/);
});

test('numbers are rounded so that what is said stays true', () => {
  for (const [ms, text] of [
    [0.125, '0.13 ms'],
    [1.189, '1.2 ms'],
    [1, '1 ms'],
    [9.51, '9.6 ms'],
    [99.1, '100 ms'],
    [432, '440 ms'],
    [1234, '1.3 s'],
    [22_000, '22 s'],
    [undefined, '–'],
  ] as const)
    assert.is(durationWords(ms), text);
  assert.equal([0, 59_000, 119_000, 3_599_000, 9e9].map(spanWords), ['minute', 'minute', '2 minutes', 'hour', 'hour']);
  assert.equal(['/customers/:id', 'none', 'other'].map(endpointWords), [
    '/customers/{id}',
    'no such address',
    'others',
  ]);
  assert.is(errorWords(summaryOf(createRecent().counts())), '');
});

test.run();
