import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addRatio } from '../../../src/live/attribution/ratio.ts';
import type { CompiledExperiment } from '../../../src/live/experiments/compile.ts';
import { type Reading, reportOf } from '../../../src/live/experiments/report.ts';
import { noTally, type Tally } from '../../../src/live/experiments/tally.ts';

const test = suite('reports of experiments');
const dayMs = 86_400_000;
const began = Date.UTC(2026, 0, 1);

function experimentOf(given: Partial<CompiledExperiment> = {}): CompiledExperiment {
  return {
    ...{ name: 'taste', arms: { control: { share: 50 }, b: { share: 50, scenario: 'cart' } }, control: 'control' },
    ...{
      armOf: () => 'control',
      begins: Number.NEGATIVE_INFINITY,
      ends: Number.POSITIVE_INFINITY,
      models: [],
      ...given,
    },
  };
}

/** Customers of whom every so-manieth buys from a list; each buys two lines of 5. */
function tallyOf(customers: number, every: number, newcomers = 0): Tally {
  const tally = {
    ...noTally(16),
    customers,
    newcomers,
    lists: 2 * customers,
    shown: 20 * customers,
    shownNew: 5 * customers,
  };
  for (let i = 0; i < customers; i++) {
    if (i % every === 0) tally.buyers++;
    addRatio(tally.recall, i % every === 0 ? 1 : 0, 2);
    addRatio(tally.revenue, 10 + (i % 3));
    tally.priced += 2;
  }
  tally.covered[0] = 0b1011;
  return tally;
}

const report = (
  control: Tally,
  b: Tally,
  experiment: Partial<CompiledExperiment> = {},
  reading: Partial<Reading> = {},
  at = began + 10 * dayMs,
) =>
  reportOf(
    experimentOf(experiment),
    {
      tallies: new Map([
        ['control', control],
        ['b', b],
      ]),
      ...{ since: began, changed: undefined, endedArms: new Map(), ...reading },
    },
    { at, days: 30, products: 12 },
  );

test('arms have their counts, shares, and intervals', () => {
  const { arms, name, status, control, effect, since, changed, days } = report(tallyOf(1000, 10), tallyOf(1000, 10));
  assert.equal(
    [name, status, control, effect, since, changed, days],
    ['taste', 'running', 'control', 5, began, null, 30],
  );
  const [, b] = arms;
  assert.equal([b.name, b.share, b.scenario, b.customers, b.lists], ['b', 50, 'cart', 1000, 2000]);
  assert.equal([b.buyers, b.bought, b.boughtFromLists, b.priced], [100, 2000, 100, 1]);
  assert.equal([b.rate.value, b.recall.value, b.revenue.value], [0.1, 0.05, 10.999]);
  assert.equal([b.newProducts, b.coverage], [0.25, 0.25]);
  assert.ok(b.rate.low! > 0.06 && b.rate.low! < 0.08 && b.rate.high! > 0.13 && b.rate.high! < 0.16);
});

test('before it begins, and before its first list, there is nothing to say', () => {
  const [one, other] = [noTally(1), noTally(1)];
  const planned = report(one, other, { begins: began + 20 * dayMs }, { since: undefined });
  assert.equal(
    [planned.status, planned.since, planned.conclusions],
    ['planned', null, ['The experiment has not begun.']],
  );
  assert.equal(report(one, other, {}, { since: undefined }).conclusions, ['No list was shown in the experiment yet.']);
});

test('it is too early for a verdict, and the report says how long it takes', () => {
  const [control, b] = [tallyOf(1000, 10, 700), tallyOf(1000, 9, 700)];
  const { comparisons, conclusions } = report(control, b);
  const [{ verdict, verdictBy, customersNeeded, rate, recall, revenue }] = comparisons;
  assert.equal([rate.verdict, recall.verdict, revenue.verdict, verdict], ['waiting', 'waiting', 'tie', 'waiting']);
  assert.is(customersNeeded, Math.max(rate.customersNeeded!, recall.customersNeeded!));
  // 200 new customers a day.
  const days = (customersNeeded! - 2000) / 200;
  assert.ok(Math.abs((verdictBy! - began) / dayMs - 10 - days) < 1e-6 && days > 100, `${days}`);
  assert.is(
    conclusions[1],
    `No verdict on b yet: a difference of 5% takes 340K customers in both arms, with at least 100 in each; there are 2K, and at this pace as many by ${new Date(verdictBy!).toISOString().slice(0, 10)}.`,
  );
  assert.match(
    conclusions[2],
    /^What would show by now against control: differences of \d+% in the share of customers/,
  );
  assert.not.ok(conclusions.join(' ').includes('better'));
  const nobody = report(tallyOf(1000, 10), tallyOf(1000, 9));
  assert.is(nobody.comparisons[0].verdictBy, null);
  assert.match(nobody.conclusions[1], /^No verdict on b yet: a difference of 5% takes .* there are 2K\.$/);
  const few = report(tallyOf(99, 10, 99), tallyOf(101, 2, 101));
  assert.is(few.comparisons[0].verdict, 'waiting');
  assert.match(
    few.conclusions[0],
    /^No verdict on b yet: a difference of 5% takes 6\d0K customers .* there are 200\.$/,
  );
  const quiet = { ...noTally(1), customers: 500 };
  const unbought = report(quiet, quiet);
  assert.is(unbought.conclusions[0], 'No verdict on b yet: too little was bought to say how many customers it takes.');
});

test('an arm that is better is named, with the interval of the difference', () => {
  const { comparisons, conclusions } = report(tallyOf(4000, 20), tallyOf(4000, 5));
  assert.equal([comparisons[0].verdict, comparisons[0].rate.verdict], ['better', 'better']);
  assert.match(
    conclusions[0],
    /^b is better than control by the share of customers who buy from a list: \+15\.00 points, between \+1\d\.\d\d and \+1\d\.\d\d\.$/,
  );
  assert.match(
    conclusions[2],
    /^b and control are a tie by revenue per customer: \+0\.00, between −0\.0\d and \+0\.0\d, and a difference of 5% would probably have shown\.$/,
  );
  const worse = report(tallyOf(4000, 5), tallyOf(4000, 20));
  assert.match(worse.conclusions[0], /^b is worse than control by the share of customers who buy from a list: −15/);
});

test('a split that is no chance is told, and nothing is concluded', () => {
  const { split, comparisons, conclusions } = report(tallyOf(4600, 20), tallyOf(4000, 5));
  assert.ok(split < 1e-9);
  assert.equal([comparisons[0].verdict, conclusions.length], ['waiting', 1]);
  assert.match(
    conclusions[0],
    /^The split is not the one that was asked for: of the customers, control has 53% of 50%, b has 47% of 50%\. That is no chance \(p = \de-\d+\), so nothing is concluded/,
  );
  assert.ok(report(tallyOf(4100, 20), tallyOf(4000, 5)).split > 0.1);
});

test('an experiment that is over, changes, arms that ended, and prices that are missing are told', () => {
  const [control, b] = [tallyOf(1000, 10, 500), tallyOf(1000, 9, 500)];
  control.priced = 0;
  const { status, comparisons, endedArms, conclusions } = report(
    ...([control, b, { ends: began + 9 * dayMs }] as const),
    { changed: began, endedArms: new Map([['old', 12]]) },
  );
  assert.equal([status, comparisons[0].verdictBy], ['ended', null]);
  assert.equal(endedArms, [{ name: 'old', lists: 12 }]);
  assert.equal(
    conclusions.filter((sentence) => !sentence.includes('tie') && !sentence.startsWith('What')),
    [
      'No verdict on b: the experiment ended before enough customers came.',
      'Until 2026-01-01 (UTC), customers were in other arms, since arms or shares were others: only lists from then on count.',
      'old is no arm any more; 12 lists of it do not count.',
      'Revenue is incomplete: the price is known for 0% of what customers of control bought.',
    ],
  );
});

test('more arms make it harder for each', () => {
  const arms = { control: { share: 25 }, b: { share: 25 }, c: { share: 25 }, d: { share: 25 } };
  const tallies = new Map(Object.keys(arms).map((arm) => [arm, tallyOf(1000, arm === 'b' ? 9 : 10)]));
  const reading = { tallies, since: began, changed: undefined, endedArms: new Map() };
  const many = reportOf(experimentOf({ arms }), reading, { at: began + dayMs, days: 30, products: 12 });
  const [two] = report(tallyOf(1000, 10), tallyOf(1000, 9)).comparisons;
  assert.equal(
    many.comparisons.map(({ arm }) => arm),
    ['b', 'c', 'd'],
  );
  const [first] = many.comparisons;
  assert.is(first.rate.value, two.rate.value);
  assert.ok(first.rate.high! > two.rate.high! && first.rate.customersNeeded! > two.rate.customersNeeded!);
});

test.run();
