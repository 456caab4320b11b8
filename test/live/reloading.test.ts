import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { oneAtATime } from '../../src/live/reloading.ts';

const test = suite('reloading');

/** Reloads that end when they are told to. */
function reloads() {
  const begun: { options: number[]; end: (error?: Error) => void }[] = [];
  const reload = oneAtATime<number[], number>(
    (options) =>
      new Promise((resolve, reject) => {
        const number = begun.push({ options, end: (error) => (error ? reject(error) : resolve(number)) });
      }),
    (one, other) => [...one, ...other],
  );
  return { begun, reload };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

test('one runs at a time, and those who ask meanwhile share the next one', async () => {
  const { begun, reload } = reloads();
  const first = reload([1]);
  await soon();
  const shared = [reload([2]), reload([3])];
  await soon();
  assert.is(begun.length, 1);
  begun[0].end();
  assert.is(await first, 1);
  await soon();
  assert.equal(
    begun.map(({ options }) => options),
    [[1], [2, 3]],
  );
  begun[1].end();
  assert.equal(await Promise.all(shared), [2, 2]);
});

test('one that fails does not keep the next one from running', async () => {
  const { begun, reload } = reloads();
  const first = reload([1]).catch((error) => error.message);
  await soon();
  const second = reload([2]);
  begun[0].end(new Error('no such file'));
  assert.is(await first, 'no such file');
  await soon();
  begun[1].end();
  assert.is(await second, 2);
});

test.run();
