import { setTimeout } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { picked } from '../../cli/run.ts';
import { until } from '../../support/until.ts';
import { again, liveThrough, maxBegun } from './week.ts';

const test = suite('a week in the life of a shop');

test('lists that do not come are not asked for without end, and all that were begun are waited for', async () => {
  const ending = new AbortController();
  const answers: (() => void)[] = [];
  let over = false;
  const asking = again(ending.signal, 0, () => new Promise((resolve) => answers.push(resolve))).then(() => {
    over = true;
  });
  await until(() => answers.length >= maxBegun, 1);
  await setTimeout(20);
  assert.is(answers.length, maxBegun);
  answers[0]();
  await until(() => answers.length !== maxBegun, 1);
  assert.is(answers.length, maxBegun + 1);
  ending.abort();
  answers[1]();
  await setTimeout(1);
  assert.not.ok(over);
  for (const answer of answers) answer();
  await asking;
});

test('three days of it', async () => {
  const quick = ['--fast', '--factors', '16', '--iterations', '3'];
  const report = await liveThrough({
    ...{ customers: 900, onlookers: 60, products: 140, historyDays: 90, historyOrders: 6, seed: 1 },
    ...{ days: 3, deadlineMs: 1_200_000, visits: 0.6, looksPerSecond: 20, calmMs: 0 },
    ...{ training: [...quick, ...picked], retraining: ['--fast', '--factors', '16', '--iterations', '3'] },
    ...{ worseFile: 1, erasure: 1, wrongOrders: 1, kill: 2 },
  });
  assert.equal(report.faults, []);
  assert.ok(report.swaps > 0);
  for (const what of ['a worse file', 'a run on shuffled.csv'])
    assert.ok(
      report.refused.some((reason) => reason.startsWith(`${what}: `)),
      what,
    );
  const [taste, same] = report.experiments;
  // So few customers in three days may be too few for a winner.
  assert.ok(['better', 'waiting'].includes(taste.verdict), taste.conclusions.join('\n'));
  assert.not.ok(['better', 'worse', 'mixed'].includes(same.verdict), same.conclusions.join('\n'));
  for (const { name, rate, truth, split } of report.experiments) {
    assert.ok(rate.low <= truth && truth <= rate.high, `${name}: ${truth} is not from ${rate.low} to ${rate.high}`);
    assert.ok(split >= 0.001, name);
  }
});

test.run();
