import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Blend, defaultBlend, maxWeight } from '../../../src/ranking/weights.ts';
import { halfOf, type Judge } from '../../../src/tuning/judging/judge.ts';
import { type Learnable, learnBlend, learnFromHalf } from '../../../src/tuning/picking/blend.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('learned blend');

const names: Learnable[] = ['neighbours', 'trend', 'habit', 'bought', 'repeat'];
const learn = (judge: Judge, { start = defaultBlend, of = names, kind = 'orders' as 'orders' | 'products' } = {}) =>
  learnBlend({ judge, kind }, start, of);

/** A judge of 200 customers whose NDCG is the value of the blend for them, by question. */
function judgeBy(all: (blend: Blend, customer: number) => number, explore: typeof all = () => 0): Judge {
  return {
    async measure(blend, report, { half, questions = ['all', 'explore'] } = {}) {
      for (let customer = 0; customer < 200; customer++) {
        if (half !== undefined && halfOf(customer) !== half) continue;
        if (questions.includes('all')) report('all', customer, 0, all(blend, customer));
        if (questions.includes('explore')) report('explore', customer, 0, explore(blend, customer));
      }
    },
  };
}

test('climbs to the best weights: those of new products by these, the others by all', async () => {
  const all = ({ habit, bought, trend }: Blend) =>
    1 - Math.abs(Math.log(habit / 8)) / 10 - Math.abs(bought - 0.6) / 10 - trend;
  const explore = ({ trend, neighbours }: Blend) => 2 - Math.abs(trend - 0.4) - Math.abs(neighbours - 2);
  const { blend, learned } = await learn(judgeBy(all, explore));
  assert.is(learned, true);
  assert.ok(Math.abs(blend.habit - 8) < 1.5, `habit ${blend.habit}`);
  assert.ok(Math.abs(blend.bought - 0.6) < 0.1, `bought ${blend.bought}`);
  assert.equal([blend.trend, blend.neighbours, blend.taste], [0.4, 2, defaultBlend.taste]);
});

test('a trend below 0 is found where what sells best is not what a customer takes up', async () => {
  const { blend } = await learn(
    judgeBy(
      () => 0,
      ({ trend }) => 1 - Math.abs(trend + 0.05),
    ),
  );
  assert.is(blend.trend, -0.05);
});

test('one half teaches what is best for its own customers, of the weights that all of them taught', async () => {
  const best = (customer: number) => (halfOf(customer) === 0 ? 8 : 2);
  const judge = judgeBy(
    ({ habit }, customer) => 1 - Math.abs(Math.log(habit / best(customer))),
    ({ trend }, customer) => 1 - Math.abs(trend - (halfOf(customer) === 0 ? 0.4 : -0.1)),
  );
  const learned = { ...defaultBlend, habit: 5 };
  const [even, odd] = [
    await learnFromHalf(judge, 0, defaultBlend, learned),
    await learnFromHalf(judge, 1, defaultBlend, learned),
  ];
  assert.ok(Math.abs(even.habit - 8) < 1.5 && Math.abs(odd.habit - 2) < 0.5, `${even.habit} ${odd.habit}`);
  assert.equal([even.trend, odd.trend], [defaultBlend.trend, defaultBlend.trend]);
  const ofNew = { ...learned, trend: 0.2 };
  assert.is((await learnFromHalf(judge, 0, defaultBlend, ofNew)).trend, 0.4);
  assert.equal(await learnFromHalf(judge, 0, defaultBlend, defaultBlend), defaultBlend);
});

test('no weight is larger than a model may have', async () => {
  const { blend, learned } = await learn(judgeBy(({ habit }) => habit / 1000));
  assert.ok(learned && blend.habit > 50 && blend.habit <= maxWeight, `${blend.habit}`);
});

test('only the named weights are learned', async () => {
  const explore = ({ trend, neighbours }: Blend) => trend + neighbours;
  const { blend } = await learn(
    judgeBy(({ habit }) => habit, explore),
    { of: ['trend'] },
  );
  assert.equal({ ...blend, trend: 0 }, { ...defaultBlend, trend: 0 });
  assert.ok(blend.trend > defaultBlend.trend);
});

test('keeps the weights to start from if others are better on one half of the customers only', async () => {
  const start = { ...defaultBlend, habit: 3 };
  const value = ({ habit }: Blend, customer: number) => (halfOf(customer) === 0 ? habit : -habit) / 100;
  assert.equal(await learn(judgeBy(value), { start }), { blend: start, learned: false });
});

/** Takes turns within each half, so that its mean is the same in both. */
const places = [0, 0];
const luck = Array.from({ length: 200 }, (_, customer) => (places[halfOf(customer)]++ % 2 === 0 ? 0.09 : -0.09));

test('takes what is better for the customers of both halves by more than the noise, and nothing less', async () => {
  // The standard error is 0.0064.
  const isLearned = async (gain: number, question: 'all' | 'explore') => {
    const value = ({ habit, trend }: Blend, customer: number) =>
      (question === 'all' ? habit > 4 : trend > 0.1) ? gain + luck[customer] : 0;
    return (await learn(question === 'all' ? judgeBy(value) : judgeBy(() => 0, value))).learned;
  };
  assert.is(await isLearned(0.014, 'all'), true, 'two standard errors');
  assert.is(await isLearned(0.0115, 'all'), false);
  assert.is(await isLearned(0.0075, 'explore'), true, 'one standard error');
  assert.is(await isLearned(0.0053, 'explore'), false);
});

test('of products rather than orders that are held out, a gain must be a tenth of the metrics', async () => {
  const isLearned = async (gain: number) =>
    (
      await learn(
        judgeBy(
          () => 0,
          ({ trend }) => (trend > 0.1 ? 0.5 + gain : 0.5),
        ),
        { of: ['trend'], kind: 'products' },
      )
    ).learned;
  assert.is(await isLearned(0.051), true);
  assert.is(await isLearned(0.049), false);
});

test('keeps the weights to start from if nothing is better', async () => {
  assert.equal(await learn(judgeBy(() => 0.5)), { blend: defaultBlend, learned: false });
});

test('what the newest weeks speak against is not learned, what they hardly speak against is', async () => {
  const judge = judgeBy(
    () => 0,
    ({ neighbours }) => neighbours,
  );
  const learnWith = async (newest: (blend: Blend, customer: number) => number) =>
    (await learnBlend({ judge, kind: 'orders', newest: judgeBy(() => 0, newest) }, defaultBlend, ['neighbours'])).blend
      .neighbours;
  assert.ok((await learnWith(() => 0)) > 0);
  assert.is(await learnWith(({ neighbours }) => -neighbours / 100), 0);
  // Half of the customers find less, and the others as much more but for a little.
  assert.ok((await learnWith(({ neighbours }, c) => (c % 2 === 0 ? -neighbours : 0.99 * neighbours))) > 0);
});

test('no weights are measured twice for the same customers while one weight after the other is tried', async () => {
  const asked: string[] = [];
  const judge = judgeBy(
    () => 0.5,
    ({ trend, neighbours }) => 1 - Math.abs(trend - 0.3) - Math.abs(neighbours - 2) / 10,
  );
  const counted: Judge = {
    measure(blend, report, options) {
      if (options?.half !== undefined) asked.push(JSON.stringify([options, blend]));
      return judge.measure(blend, report, options);
    },
  };
  const { blend } = await learn(counted, { of: ['trend', 'neighbours'] });
  assert.equal([blend.trend, blend.neighbours], [0.3, 2]);
  // What was found on one half is compared on the other once more, customer by customer.
  assert.ok(asked.length - new Set(asked).size <= 2, `${asked.length} of ${new Set(asked).size}`);
});

test('a direction in which new products are ranked worse is left at once', async () => {
  const asked = new Set<number>();
  const judge = judgeBy(
    () => 0.5,
    ({ trend }) => {
      asked.add(trend);
      return 1 - Math.abs(trend - 0.3);
    },
  );
  assert.is((await learn(judge, { of: ['trend'] })).blend.trend, 0.3);
  assert.equal(
    [...asked].sort((a, b) => a - b),
    [0.05, 0.1, 0.15, 0.2, 0.3, 0.4],
  );
});

test('an AbortSignal stops it', async () => {
  const judge = judgeBy(() => 1);
  const stopped = learnBlend({ judge, kind: 'orders', signal: AbortSignal.abort() }, defaultBlend, names);
  assert.is((await endcapErrorOf(stopped)).code, 'aborted');
});

test.run();
