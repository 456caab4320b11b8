import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refreshDaily } from '../../src/server/refreshing.ts';

const test = suite('refreshing');

test('a recommender is refreshed at once, and every day until it is stopped', () => {
  const { setInterval: original } = globalThis;
  let [refreshed, every, isUnref, tick] = [0, 0, false, () => {}];
  globalThis.setInterval = ((run: () => void, ms: number) => {
    [tick, every] = [run, ms];
    const timer = original(() => {}, 2 ** 30);
    return Object.assign(timer, {
      unref() {
        isUnref = true;
        clearInterval(timer);
        return timer;
      },
    });
  }) as typeof setInterval;
  try {
    const stop = refreshDaily({
      async refresh() {
        refreshed++;
        throw new Error('closed');
      },
    });
    assert.is(refreshed, 1);
    assert.is(every, 86_400_000);
    assert.ok(isUnref);
    tick();
    assert.is(refreshed, 2);
    stop();
  } finally {
    globalThis.setInterval = original;
  }
});

test.run();
