import { spawnSync } from 'node:child_process';
import { mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../src/errors.ts';
import { afterThisTurn, createRests, createTurns, inTurns, putOffTurn, turn } from '../src/turns.ts';
import { endcapErrorOf } from './support/errors.ts';

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

test('work that asks again and again lets others have their turn', async () => {
  let isDone = false;
  let pieces = 0;
  const never = async () => {
    while (!isDone && pieces < 1000) {
      await turn();
      pieces++;
      work(4);
    }
  };
  const all = [never(), never(), never()];
  for (let i = 0; i < 5; i++) await turn();
  isDone = true;
  assert.ok(pieces < 100, `${pieces} pieces`);
  await Promise.all(all);
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

test('short pieces of work follow one another in a turn, and long ones are alone in theirs', async () => {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) afterThisTurn(count);
  };
  const turnsOf = async (pieces: number, ms: number) => {
    isDone = false;
    turns = 0;
    afterThisTurn(count);
    const done: number[] = [];
    const result = await inTurns(
      (function* () {
        for (let piece = 0; piece < pieces; piece++) {
          yield;
          work(ms);
          done.push(piece);
        }
        return 'made';
      })(),
    );
    isDone = true;
    await turn();
    assert.is(result, 'made');
    assert.equal(done, [...new Array(pieces).keys()]);
    return turns;
  };
  assert.ok((await turnsOf(1000, 0)) < 500);
  assert.ok((await turnsOf(10, 6)) >= 10);
});

test('in the background, work rests four times as long as it has taken', async () => {
  const piecesMs = 3;
  function* pieces(count: number): Generator<undefined, number> {
    for (let piece = 0; piece < count; piece++) {
      yield;
      work(piecesMs);
    }
    return count;
  }
  const rests: number[] = [];
  const timer = mock.method(globalThis, 'setTimeout', (then: () => void, ms: number) => {
    rests.push(ms);
    setImmediate(then);
  });
  try {
    assert.is(await inTurns(pieces(4)), 4);
    assert.equal(rests, []);
    assert.is(await inTurns(pieces(4), { inBackground: true }), 4);
    // None after the last piece, which nothing has to wait for.
    assert.is(rests.length, 3);
    assert.ok(
      rests.every((ms) => ms >= 4 * piecesMs),
      String(rests),
    );
  } finally {
    timer.mock.restore();
  }
});

test('short pieces in the background share a rest, four times as long as they have taken', async () => {
  const waits: number[] = [];
  const timer = mock.method(globalThis, 'setTimeout', (then: () => void, ms: number) => {
    waits.push(ms);
    setImmediate(then);
  });
  let now = 0;
  const clock = mock.method(performance, 'now', () => now);
  try {
    const rest = createRests();
    for (const ms of [0.5, 0.25, 0.5, 0.5, 3]) {
      now += ms;
      await rest();
    }
    assert.equal(waits, [4 * 1.25, 4 * 3.5]);
  } finally {
    timer.mock.restore();
    clock.mock.restore();
  }
});

test('work ends between two pieces once its signal fires, and gives back what it has', async () => {
  const controller = new AbortController();
  let pieces = 0;
  let isGivenBack = false;
  function* endless(): Generator<undefined, never> {
    try {
      for (;;) {
        yield;
        if (++pieces === 5) controller.abort();
        work(3);
      }
    } finally {
      isGivenBack = true;
    }
  }
  assert.is((await endcapErrorOf(inTurns(endless(), { signal: controller.signal }))).code, 'aborted');
  assert.is(pieces, 5);
  assert.ok(isGivenBack);
});

test('works that take turns run one after the other, whatever becomes of those before', async () => {
  const seen: string[] = [];
  const inTurn = createTurns();
  const first = inTurn(async () => {
    seen.push('first begins');
    await new Promise((resolve) => setTimeout(resolve, 2));
    seen.push('first ends');
    throw new EndcapError('aborted', 'stopped');
  });
  const second = inTurn(async () => void seen.push('second'));
  assert.is((await endcapErrorOf(first)).code, 'aborted');
  await second;
  assert.equal(seen, ['first begins', 'first ends', 'second']);
});

test('without setImmediate, as in browsers, turns come by messages, in order and without timers', () => {
  const program = `
    delete globalThis.setImmediate;
    const { afterThisTurn, turn } = await import('./dist/turns.js');
    const seen = [];
    await new Promise((resolve) => {
      for (const each of [1, 2, 3]) afterThisTurn(() => seen.push(each));
      Promise.resolve().then(() => seen.push(0));
      afterThisTurn(resolve);
    });
    globalThis.setTimeout = () => seen.push('timer');
    for (let i = 0; i < 10; i++) await turn();
    console.log(seen.join());
    process.exit();`;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    encoding: 'utf8',
  });
  assert.is(stdout, '0,1,2,3\n', stderr);
});

test.run();
