import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { afterThisTurn, putOffTurn, turn } from '../../../src/recommending/scoring/turns.ts';

const test = suite('turns of the event loop');

/** Keeps the event loop busy. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('costly work gives way to the rest of the event loop, in the order in which it asked', async () => {
  const seen: string[] = [];
  let isDone = false;
  const rest = () => {
    seen.push('rest');
    if (!isDone) afterThisTurn(rest);
  };
  const asked = Array.from({ length: 6 }, async (_, i) => {
    await turn();
    seen.push(String(i));
    work(6);
  });
  afterThisTurn(rest);
  await Promise.all(asked);
  isDone = true;
  assert.equal(
    seen.filter((each) => each !== 'rest'),
    ['0', '1', '2', '3', '4', '5'],
  );
  assert.ok(
    seen.every((each, i) => each === 'rest' || i === 0 || seen[i - 1] === 'rest'),
    seen.join(' '),
  );
});

test('a new connection puts it off, but not for ever', async () => {
  const taken: number[] = [];
  for (const connections of [0, 3, 1000]) {
    let turns = 0;
    let isDone = false;
    const accept = () => {
      if (turns < connections && !isDone) putOffTurn();
      if (!isDone) afterThisTurn(accept);
      turns++;
    };
    afterThisTurn(accept);
    await turn();
    isDone = true;
    taken.push(turns);
    // The last connection of a test is not that of the next one.
    await turn();
    await turn();
  }
  assert.equal(
    taken.map((turns) => turns - taken[0]),
    [0, 3, 64],
  );
});

test.run();
