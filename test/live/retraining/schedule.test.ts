import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clock, follow, parseSchedule } from '../../../src/live/retraining/schedule.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('the schedule of retraining');
const hour = 3_600_000;
const day = 24 * hour;

/** A clock that the test sets, and on which timers run. */
function createClock(start: string) {
  let now = Date.parse(start);
  /** Time that passes, whatever the clock says. */
  let passed = 0;
  let timers: { at: number; call: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    later(call, ms) {
      const timer = { at: passed + ms, call };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
  };
  return {
    clock,
    pass(ms: number) {
      const end = passed + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        now += next.at - passed;
        passed = next.at;
        timers = timers.filter((each) => each !== next);
        next.call();
      }
      now += end - passed;
      passed = end;
    },
    /** What happens to the clock, and not to the time that passes. */
    set: (ms: number) => {
      now += ms;
    },
    timers: () => timers.length,
  };
}

async function followed(pattern: string, start: string, zone = 'UTC') {
  const set = createClock(start);
  const times: string[] = [];
  const { next, end } = follow(
    await parseSchedule(pattern, zone),
    () => times.push(new Date(set.clock.now()).toISOString().slice(0, 16)),
    set.clock,
  );
  return { ...set, times, next: () => new Date(next()).toISOString().slice(0, 16), end };
}

test('is due when the pattern says so, day after day', async () => {
  const { pass, times, next, end, timers } = await followed('0 3 * * *', '2026-05-01T12:00:00Z');
  assert.is(next(), '2026-05-02T03:00');
  pass(3 * day);
  assert.equal(times, ['2026-05-02T03:00', '2026-05-03T03:00', '2026-05-04T03:00']);
  end();
  assert.is(timers(), 0);
});

test('a clock that is corrected backwards makes nothing due twice', async () => {
  const { pass, set, times } = await followed('0 3 * * *', '2026-05-01T02:59:00Z');
  pass(60_000);
  assert.equal(times, ['2026-05-01T03:00']);
  set(-1000);
  pass(hour);
  set(-hour / 2);
  pass(hour);
  assert.is(times.length, 1);
  pass(day);
  assert.equal(times.slice(1), ['2026-05-02T03:00']);
});

test('a clock that is set back by years skips nothing for ever', async () => {
  const { pass, set, times, next } = await followed('0 3 * * *', '2031-05-01T12:00:00Z');
  set(-5 * 365 * day);
  pass(day);
  assert.equal(times, ['2026-05-03T03:00']);
  assert.is(next(), '2026-05-04T03:00');
});

test('what is missed while the machine sleeps, or by a clock that is set forward, is made up for once', async () => {
  const { pass, set, times, next } = await followed('0 3 * * *', '2026-05-01T12:00:00Z');
  set(10 * day);
  pass(2 * 60_000);
  assert.equal(times, ['2026-05-11T12:01']);
  assert.is(next(), '2026-05-12T03:00');
  pass(day);
  assert.equal(times.slice(1), ['2026-05-12T03:00']);
});

test('summer time neither skips nor doubles a day', async () => {
  // At 2:00 it is 3:00 on March 29, and at 3:00 it is 2:00 on October 25.
  for (const [start, expected] of [
    ['2026-03-27T12:00:00Z', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
    ['2026-10-23T12:00:00Z', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
  ] as const) {
    const { pass, times } = await followed('30 2 * * *', start, 'Europe/Vienna');
    pass(3 * day);
    assert.equal(times, expected);
  }
});

test('a pattern that cannot be read, or never comes, is told with one that can', async () => {
  for (const pattern of [
    '',
    'daily',
    '0 3 * *',
    '61 3 * * *',
    '0 25 * * *',
    '* * * * * *',
    '0 0 30 2 *',
    '0 3 * * * 2020',
  ]) {
    const error = await endcapErrorOf(parseSchedule(pattern));
    assert.is(error.code, 'invalid_options', pattern);
    assert.match(error.message, /^schedule: .*expected (a time that comes, by )?minute, .*'0 3 \* \* \*'/);
    assert.is(error.message.match(/expected/g)!.length, 1, error.message);
  }
  // @ts-expect-error
  assert.match((await endcapErrorOf(parseSchedule(3))).message, /^schedule: 3 cannot be used/);
});

test('so is a time zone', async () => {
  for (const zone of ['Vienna', '', 'Mars/Olympus']) {
    const error = await endcapErrorOf(parseSchedule('0 3 * * *', zone));
    assert.match(error.message, /^timeZone: .*'Europe\/Vienna'/);
  }
});

test.run();
