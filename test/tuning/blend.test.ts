import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Blend, defaultBlend } from '../../src/ranking/weights.ts';
import { learnBlend } from '../../src/tuning/blend.ts';
import type { Judge } from '../../src/tuning/judge.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('learned blend');

const orders = { kind: 'orders' } as const;

/** 200 customers whose NDCG is `value` of the blend, give or take what each one adds. */
function judgeBy(value: (blend: Blend, place: number) => number): Judge {
  return {
    async judge(blend, tell, half) {
      for (let place = half ?? 0; place < 200; place += half === undefined ? 1 : 2)
        tell('all', place, 0, value(blend, place));
    },
    free() {},
  };
}

test('climbs to the weights that find most', async () => {
  const value = ({ habit, trend, bought }: Blend) =>
    1 - Math.abs(Math.log(habit / 8)) / 10 - Math.abs(trend - 0.2) - Math.abs(bought - 0.6) / 10;
  const { blend, learned } = await learnBlend(orders, judgeBy(value));
  assert.is(learned, true);
  assert.ok(Math.abs(blend.habit - 8) < 1.5, `habit ${blend.habit}`);
  assert.is(blend.trend, 0.2);
  assert.ok(Math.abs(blend.bought - 0.6) < 0.1, `bought ${blend.bought}`);
  assert.is(blend.taste, defaultBlend.taste);
});

test('keeps the default weights where others are better on one half of the customers only', async () => {
  const value = ({ habit }: Blend, place: number) => (place % 2 === 0 ? habit : -habit) / 100;
  assert.equal(await learnBlend(orders, judgeBy(value)), { blend: defaultBlend, learned: false });
});

test('takes what customers of both halves agree on, though either half alone would be too few to tell', async () => {
  // 0.015 better, with a standard error of 0.009 on either half and of 0.0064 on both together.
  const lucky = (place: number) => (place % 4 < 2 ? 0.18 : -0.18) / 2;
  const value = ({ habit }: Blend, place: number) => (habit > 4 ? 0.015 + lucky(place) : 0);
  const { learned } = await learnBlend(orders, judgeBy(value));
  assert.is(learned, true);
});

test('keeps the default weights where nothing is better', async () => {
  assert.equal(
    await learnBlend(
      orders,
      judgeBy(() => 0.5),
    ),
    { blend: defaultBlend, learned: false },
  );
});

test('keeps the default weights where the orders of products are not known, whatever seems better', async () => {
  const value = ({ trend }: Blend) => 1 - trend;
  assert.is((await learnBlend(orders, judgeBy(value))).learned, true);
  assert.equal(await learnBlend({ kind: 'products' }, judgeBy(value)), { blend: defaultBlend, learned: false });
});

test('a signal ends it', async () => {
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
