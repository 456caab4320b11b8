import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createTurns } from '../../src/server/turns.ts';

const test = suite('turns of costly requests');

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('costly requests share a turn until they have worked for 10 ms, in the order in which they asked', async () => {
  const turn = createTurns();
  const seen: string[] = [];
  let turns = 0;
  const count = () => {
    turns++;
    seen.push('between');
    if (turns < 4) setImmediate(count);
  };
  const asked = Array.from({ length: 6 }, async (_, i) => {
    await turn();
    seen.push(String(i));
    work(6);
  });
  setImmediate(count);
  await Promise.all(asked);
  assert.equal(
    seen.filter((each) => each !== 'between'),
    ['0', '1', '2', '3', '4', '5'],
  );
  const together = seen
    .join(' ')
    .split('between')
    .map((each) => each.trim().split(' ').filter(Boolean).length);
  assert.ok(
    together.every((requests) => requests <= 2),
    seen.join(' '),
  );
});

test.run();
