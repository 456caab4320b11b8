import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addLine,
  createLog,
  customerOf,
  firstLine,
  productOf,
  quantityIn,
  timeOf,
} from '../../../src/dataset/log/log.ts';
import { EndcapError } from '../../../src/errors.ts';

const test = suite('log of purchase lines');

test('lines and runs are found again on both sides of the end of a block', () => {
  const log = createLog();
  const count = 2 ** 13 + 10;
  for (let i = 0; i < count; i++) addLine(log, i >> 1, i, i + 1, i >> 1, Number.NaN, Number.NaN);
  assert.equal([log.lineCount, log.runCount], [count, count / 2]);
  for (const line of [0, 2 ** 12 - 1, 2 ** 12, 2 ** 13 - 1, 2 ** 13, count - 1]) {
    assert.equal([productOf(log, line), quantityIn(log, line)], [line, line + 1]);
    assert.is(customerOf(log, line >> 1), line >> 1);
    assert.is(firstLine(log, line >> 1), line & ~1);
  }
  assert.is(firstLine(log, log.runCount), count);
});

test('runs have their times, and none before the first that has one, on both sides of the end of a block', () => {
  const log = createLog();
  const count = 2 ** 14;
  // Only the third of four blocks has a time that may be swapped.
  const timeAt = (run: number) => (run < 5000 || run % 3 === 0 ? Number.NaN : run);
  const otherAt = (run: number) => (run === 9001 ? -run : timeAt(run));
  for (let run = 0; run < count; run++) addLine(log, 0, 0, 1, run * 2, timeAt(run), otherAt(run));
  assert.is(log.runCount, count);
  const runs = Array.from({ length: count }, (_, run) => run);
  assert.equal(
    runs.map((run) => [timeOf(log, run, false), timeOf(log, run, true)]),
    runs.map((run) => [timeAt(run), otherAt(run)]),
  );
});

test('a log that is full refuses the next line in words', () => {
  const log = { ...createLog(), lineCount: 2 ** 31 };
  try {
    addLine(log, 0, 0, 1, 0, Number.NaN, Number.NaN);
    assert.unreachable('no error was thrown');
  } catch (error) {
    assert.ok(error instanceof EndcapError, String(error));
    assert.is(error.code, 'orders_unreadable');
    assert.match(error.message, /more than 2,147,483,648 purchase lines.*leave out/);
  }
});

test.run();
