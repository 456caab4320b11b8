import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Blend, defaultBlend } from '../../src/ranking/weights.ts';
import { learnBlend } from '../../src/tuning/blend.ts';
import type { Judge } from '../../src/tuning/judge.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('learned blend');

const orders = { kind: 'orders' } as const;

/** A judge of 200 customers whose NDCG is the value of the blend for them. */
function judgeBy(value: (blend: Blend, place: number) => number): Judge {
  return {
    async measure(blend, report, half) {
      for (let place = half ?? 0; place < 200; place += half === undefined ? 1 : 2)
        report('all', place, 0, value(blend, place));
    },
  };
}

test('climbs to the best weights', async () => {
  const value = ({ habit, trend, bought }: Blend) =>
    1 - Math.abs(Math.log(habit / 8)) / 10 - Math.abs(trend - 0.2) - Math.abs(bought - 0.6) / 10;
  const { blend, learned } = await learnBlend(orders, judgeBy(value));
  assert.is(learned, true);
  assert.ok(Math.abs(blend.habit - 8) < 1.5, `habit ${blend.habit}`);
  assert.is(blend.trend, 0.2);
  assert.ok(Math.abs(blend.bought - 0.6) < 0.1, `bought ${blend.bought}`);
  assert.is(blend.taste, defaultBlend.taste);
});

test('keeps the default weights if others are better on one half of the customers only', async () => {
  const value = ({ habit }: Blend, place: number) => (place % 2 === 0 ? habit : -habit) / 100;
  assert.equal(await learnBlend(orders, judgeBy(value)), { blend: defaultBlend, learned: false });
});

test('takes what is better for the customers of both halves by more than two standard errors, and nothing less', async () => {
  // The standard error is 0.0064, and 0.009 on either half alone.
  const luck = (place: number) => (place % 4 < 2 ? 0.09 : -0.09);
  const isLearned = async (gain: number) =>
    (
      await learnBlend(
        orders,
        judgeBy(({ habit }, place) => (habit > 4 ? gain + luck(place) : 0)),
      )
    ).learned;
  assert.is(await isLearned(0.0131), true);
  assert.is(await isLearned(0.0125), false);
});

test('keeps the default weights if nothing is better', async () => {
  assert.equal(
    await learnBlend(
      orders,
      judgeBy(() => 0.5),
    ),
    { blend: defaultBlend, learned: false },
  );
});

test('keeps the default weights if products rather than orders are held out, whatever seems better', async () => {
  const value = ({ trend }: Blend) => 1 - trend;
  assert.is((await learnBlend(orders, judgeBy(value))).learned, true);
  assert.equal(await learnBlend({ kind: 'products' }, judgeBy(value)), { blend: defaultBlend, learned: false });
});

test('an AbortSignal stops it', async () => {
  assert.is(
    (
      await endcapErrorOf(
        learnBlend(
          orders,
          judgeBy(() => 1),
          AbortSignal.abort(),
        ),
      )
    ).code,
    'aborted',
  );
});

test.run();
