import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDeadline } from '../../../src/tuning/search/deadline.ts';

const test = suite('deadline');
const day = 86_400_000;

test.before.each(() => mock.timers.enable({ apis: ['setTimeout'] }));
test.after.each(() => mock.timers.reset());

test('it aborts after its time, also if that is longer than timers take', () => {
  for (const days of [1, 24, 25, 69]) {
    const { signal } = createDeadline(days * day);
    for (let passed = 0; passed < days; passed++) {
      assert.is(signal.aborted, false, `after ${passed} of ${days} days`);
      mock.timers.tick(day);
    }
    // What is armed during a tick of the mock begins at its end.
    mock.timers.tick(day);
    assert.is(signal.aborted, true, `after ${days} days`);
  }
});

test('it does not abort once it is cancelled', () => {
  const { signal, cancel } = createDeadline(30 * day);
  mock.timers.tick(26 * day);
  cancel();
  mock.timers.tick(26 * day);
  assert.is(signal.aborted, false);
});

test.run();
