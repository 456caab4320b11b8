import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addRatio } from '../../../src/live/attribution/ratio.ts';
import {
  differenceOf,
  type ExperimentMetric,
  experimentMetrics,
  measured,
  verdictOfAll,
} from '../../../src/live/experiments/comparing.ts';
import { noTally, type Tally } from '../../../src/live/experiments/tally.ts';
import { createRandom } from '../../../src/random.ts';

const test = suite('comparing arms');
const random = createRandom(1);
const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

/** A customer who bought so many lines, some of which a list had, for some money. */
function add(tally: Tally, lines: number, fromLists: number, revenue: number): void {
  tally.customers++;
  if (fromLists > 0) tally.buyers++;
  if (lines > 0) addRatio(tally.recall, fromLists, lines);
  addRatio(tally.revenue, revenue);
}

/** Customers of whom each buys one of ten things, from a list with a probability, for money of a long tail. */
function shopping(tally: Tally, customers: number, rate: number): void {
  for (let i = 0; i < customers; i++) {
    const lines = random.below(4);
    let fromLists = 0;
    for (let line = 0; line < lines; line++) if (random.uniform() < rate) fromLists++;
    add(tally, lines, fromLists, lines * Math.exp(normal()));
  }
}

const compared = (arm: Tally, control: Tally, metric: ExperimentMetric, isSound = true) =>
  differenceOf(arm, control, metric, 0.05, 3, isSound);
const isDecided = (verdict: string) => verdict === 'better' || verdict === 'worse';

test('of arms that are the same, looked at every day as customers come, few are ever found to differ', () => {
  let wrong = 0;
  const shops = 150;
  for (let shop = 0; shop < shops; shop++) {
    const [arm, control] = [noTally(1), noTally(1)];
    let isFound = false;
    for (let day = 0; day < 40; day++) {
      shopping(arm, 25, 0.2);
      shopping(control, 25, 0.2);
      if (experimentMetrics.some((metric) => isDecided(compared(arm, control, metric).verdict))) isFound = true;
    }
    if (isFound) wrong++;
  }
  assert.ok(wrong <= 0.05 * shops, `${wrong} of ${shops}`);
});

test('so are arms with the same customers from the first day, who buy more and more', () => {
  let wrong = 0;
  const shops = 60;
  for (let shop = 0; shop < shops; shop++) {
    const customers = Array.from({ length: 800 }, () => ({ lines: 0, fromLists: 0, revenue: 0 }));
    let isFound = false;
    for (let day = 0; day < 40; day++) {
      const arms = [noTally(1), noTally(1)] as const;
      for (const [i, customer] of customers.entries()) {
        if (random.uniform() < 0.1) {
          customer.lines++;
          customer.revenue += Math.exp(normal());
          if (random.uniform() < 0.2) customer.fromLists++;
        }
        add(arms[i & 1], customer.lines, customer.fromLists, customer.revenue);
      }
      if (experimentMetrics.some((metric) => isDecided(compared(...arms, metric).verdict))) isFound = true;
    }
    if (isFound) wrong++;
  }
  assert.ok(wrong <= 0.05 * shops, `${wrong} of ${shops}`);
});

test('with as many customers as it takes, a difference is found in four of five cases, and the right one', () => {
  const found: Record<string, number> = { rate: 0, recall: 0 };
  const shops = 100;
  const [pilot, other] = [noTally(1), noTally(1)];
  shopping(pilot, 20_000, 0.2);
  shopping(other, 20_000, 0.25);
  for (const metric of ['rate', 'recall'] as const) {
    const { value: effect } = compared(other, pilot, metric);
    const needed = differenceOf(...([other, pilot, metric, effect! / measured(pilot, metric).value!, 3, true] as const))
      .customersNeeded!;
    // Of all customers, three quarters buy something.
    const customers = Math.ceil(needed / (metric === 'recall' ? 0.75 : 1) / 2);
    for (let shop = 0; shop < shops; shop++) {
      const [arm, control] = [noTally(1), noTally(1)];
      shopping(arm, customers, 0.25);
      shopping(control, customers, 0.2);
      const { verdict } = compared(arm, control, metric);
      assert.is.not(verdict, 'worse');
      if (verdict === 'better') found[metric]++;
    }
    assert.ok(
      found[metric] >= 0.68 * shops && found[metric] <= 0.92 * shops,
      `${metric}: ${found[metric]} of ${shops}`,
    );
  }
});

test('with enough customers to see what matters, no difference is a tie', () => {
  const [arm, control] = [noTally(1), noTally(1)];
  shopping(arm, 1000, 0.2);
  shopping(control, 1000, 0.2);
  assert.is(compared(arm, control, 'rate').verdict, 'waiting');
  const { customersNeeded } = compared(arm, control, 'rate');
  assert.ok(customersNeeded! > 2000);
  const many = (tally: Tally) => shopping(tally, Math.ceil(customersNeeded! * 0.75), 0.2);
  many(arm);
  many(control);
  const { verdict, detectable } = compared(arm, control, 'rate');
  assert.is(verdict, 'tie');
  assert.ok(detectable! < 0.05);
});

test('with fewer than 100 customers in an arm there is no verdict, however large the difference', () => {
  const [arm, control] = [noTally(1), noTally(1)];
  for (let i = 0; i < 5000; i++) add(control, 1, 0, 0);
  for (let i = 0; i < 99; i++) add(arm, 1, i === 0 ? 0 : 1, 5 + (i & 1));
  for (const metric of experimentMetrics) assert.is(compared(arm, control, metric).verdict, 'waiting');
  add(arm, 1, 1, 5);
  assert.is(compared(arm, control, 'rate').verdict, 'better');
  assert.is(compared(arm, control, 'rate', false).verdict, 'waiting');
});

test('recall takes customers who buy something', () => {
  const [arm, control] = [noTally(1), noTally(1)];
  shopping(control, 1000, 0.1);
  for (let i = 0; i < 1000; i++) add(arm, i < 99 ? 1 : 0, i < 98 ? 1 : 0, 0);
  assert.is(compared(arm, control, 'recall').verdict, 'waiting');
  add(arm, 1, 1, 0);
  assert.is(compared(arm, control, 'recall').verdict, 'better');
});

test('an arm without customers, and arms in which nobody bought anything, are no reason for a verdict', () => {
  const [empty, quiet, other] = [noTally(1), noTally(1), noTally(1)];
  for (const tally of [quiet, other]) for (let i = 0; i < 500; i++) add(tally, 0, 0, 0);
  for (const metric of experimentMetrics) {
    assert.equal(measured(empty, metric), { value: null, low: null, high: null });
    for (const arms of [
      [empty, quiet],
      [quiet, empty],
      [quiet, other],
    ] as const) {
      const { verdict, customersNeeded, detectable } = compared(...arms, metric);
      assert.equal([verdict, customersNeeded, detectable], ['waiting', null, null]);
    }
  }
  const { value, low, high } = measured(quiet, 'rate');
  assert.equal([value, low], [0, 0]);
  assert.ok(high! > 0.01 && high! < 0.1, `${high}`);
  assert.equal(measured(quiet, 'revenue'), { value: 0, low: null, high: null });
});

test('one customer who spends a fortune does not decide', () => {
  const [arm, control] = [noTally(1), noTally(1)];
  shopping(arm, 1000, 0.2);
  shopping(control, 1000, 0.2);
  add(arm, 3, 0, 1e9);
  const { value, low, verdict } = compared(arm, control, 'revenue');
  assert.is(verdict, 'waiting');
  assert.ok(value! > 9e5 && low! < 0);
});

test('a known difference has the error of both arms', () => {
  const [arm, control] = [noTally(1), noTally(1)];
  for (let i = 0; i < 400; i++) {
    add(arm, 1, i % 2, 3 + (i % 2));
    if (i < 200) add(control, 1, i % 4 === 0 ? 1 : 0, 2 + (i % 2));
  }
  const { value, low, high } = compared(arm, control, 'recall');
  assert.is(value, 0.25);
  const error = Math.sqrt(0.25 / 399 + 0.1875 / 199);
  const reach = (high! - value!) / error;
  assert.ok(Math.abs(value! - low! - reach * error) < 1e-12 && reach > 3 && reach < 6, `${reach}`);
  assert.is(compared(arm, control, 'revenue').verdict, 'better');
});

test('an arm is better if it is so by one metric and worse by none', () => {
  assert.is(verdictOfAll(['better', 'tie', 'waiting']), 'better');
  assert.is(verdictOfAll(['tie', 'worse', 'tie']), 'worse');
  assert.is(verdictOfAll(['better', 'worse', 'tie']), 'mixed');
  assert.is(verdictOfAll(['tie', 'waiting', 'tie']), 'waiting');
  assert.is(verdictOfAll(['tie', 'tie', 'tie']), 'tie');
});

test.run();
