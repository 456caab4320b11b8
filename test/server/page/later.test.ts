import { html } from 'hono/html';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../../src/model/model.ts';
import { later, within } from '../../../src/server/page/later.ts';
import type { PageRequest } from '../../../src/server/page/page.ts';
import { oncePerModel, slowAtFirst, soon } from '../../../src/server/page/per-model.ts';
import { afterThisTurn } from '../../../src/turns.ts';
import { asking } from './asking.ts';

const test = suite('what takes longer');

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void afterThisTurn(resolve));
  return 'done';
};

test('a page has what is there in time, and not what is late', async () => {
  assert.is(await within(turns(1)), 'done');
  assert.is(await within(new Promise(() => {}), 1), undefined);
  const failed = await within(Promise.reject(new Error('it broke'))).catch(String);
  assert.is(failed, 'Error: it broke');
});

test('what fails when the page is gone breaks nothing', async () => {
  let fail: (error: Error) => void = () => {};
  const failing = new Promise((_, reject) => {
    fail = reject;
  });
  assert.is(await within(failing, 0), undefined);
  fail(new Error('too late'));
  await turns(3);
});

test('a few turns are always in time, however long they take', async () => {
  const slow = (async () => {
    const until = performance.now() + 20;
    while (performance.now() < until);
    return turns(2);
  })();
  assert.is(await within(slow, 0), 'done');
});

test('a part that is not ready is asked for again, and one that is ready no more', async () => {
  assert.is(
    String(await later('some', false, html`<p>soon</p>`)),
    '<div id="part-some" data-live="some"><p>soon</p></div>',
  );
  assert.is(String(await later('some', true, html`<p>it</p>`)), '<div id="part-some"><p>it</p></div>');
  const { text } = await asking().get('/explorer/live.js');
  assert.match(text, "next.getElementById('part-' + part.dataset.live)");
});

test('what is counted too slowly for a page is counted on, and is there for the next one', async () => {
  let isLong = true;
  const counted = oncePerModel(function* () {
    while (isLong) yield;
    return { count: 1 };
  });
  const model = {} as Model;
  const ask = (inBackground: boolean) => counted(model, inBackground);
  assert.is(await soon(ask), undefined);
  isLong = false;
  await counted(model, true);
  assert.equal(await soon(ask), { count: 1 });
});

test('what is slow at first goes on without its page, once, and is there for those after it', async () => {
  const slow = slowAtFirst();
  const model = {} as Model;
  const { signal } = new AbortController();
  const request = { answering: { model }, signal } as Pick<PageRequest, 'answering' | 'signal'>;
  const signals: unknown[] = [];
  let ready: (value: string) => void = () => {};
  const first = new Promise<string>((resolve) => {
    ready = resolve;
  });
  const ask = (value: Promise<string>) =>
    slow(request, (signal) => {
      signals.push(signal?.());
      return value;
    });
  assert.equal(await Promise.all([ask(first), ask(turns(1))]), [undefined, undefined]);
  assert.equal(signals, [undefined]);
  ready('first');
  assert.is(await ask(turns(1)), 'done');
  assert.equal(signals, [undefined, signal]);

  const other = { ...request, answering: { model: {} } } as typeof request;
  const failed = await slow(other, () => Promise.reject(new Error('it broke'))).catch(String);
  assert.is(failed, 'Error: it broke');
  assert.is(await slow(other, () => turns(1)), 'done');
});

test.run();
