import { throwIfAborted } from '../errors.ts';
import { type Blend, defaultBlend } from '../ranking/weights.ts';
import type { Validation } from './held-out.ts';
import type { Judge } from './judge.ts';
import { gainOf, qualityOf, type Scores, scoresOf } from './quality.ts';

/** Beside that of the default blend. */
const trends = [0.05, 0, 0.2, 0.4];
type Learned = 'habit' | 'bought' | 'repeat';
const moves: Record<Learned, (value: number) => number[]> = {
  habit: (value) => [0.5, 0.7, 1.4, 2].map((factor) => tidy(value * factor)),
  bought: (value) => [-0.6, -0.3, -0.15, 0.15, 0.3, 0.6].map((step) => tidy(value + step)),
  repeat: (value) => [-0.3, -0.15, -0.07, 0.07, 0.15, 0.3].map((step) => tidy(value + step)),
};

/** People read the weights. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * Weights of the blend by coordinate ascent on the metrics themselves (Metzler, Croft 2007), on held-out orders over all
 * products; taste keeps its weight, since only proportions matter. Logistic and softmax regression on the same features
 * were tried and rank worse: they are spent on the thousands of products that nobody would list, and not on the ten.
 *
 * The weights found on one half of the customers are tried on the other half, and the other way round. Where they do
 * better than the default ones by more than the noise (two standard errors), they are found again on all; otherwise the
 * default ones are the answer, as they are where products of any time are held out: these tell nothing of trend, the one
 * weight that would be left to learn.
 *
 * @param kind of the validation that the judge judges by.
 */
export async function learnBlend(
  { kind }: Pick<Validation, 'kind'>,
  judge: Judge,
  signal?: AbortSignal,
): Promise<{ blend: Blend; learned: boolean }> {
  if (kind === 'products') return { blend: defaultBlend, learned: false };
  const even = await climb(judge, signal, 0);
  const odd = await climb(judge, signal, 1);
  const halves = [await scoresOf(judge, even, 1), await scoresOf(judge, odd, 0)];
  const scores: Scores = {
    all: new Map(halves.flatMap(({ all }) => [...all])),
    explore: new Map(halves.flatMap(({ explore }) => [...explore])),
  };
  const gain = gainOf(scores, await scoresOf(judge, defaultBlend));
  if (!(gain.mean > 2 * gain.error)) return { blend: defaultBlend, learned: false };
  return { blend: await climb(judge, signal), learned: true };
}

/** The best blend for the customers at even places (0), odd ones (1) or all. */
async function climb(judge: Judge, signal: AbortSignal | undefined, half?: 0 | 1): Promise<Blend> {
  const rate = async (blend: Blend) => (await qualityOf(judge, blend, half)).value;
  let best = defaultBlend;
  let bestValue = await rate(best);
  for (const trend of [defaultBlend.trend, ...trends]) {
    let blend: Blend = { ...best, trend };
    let value = await rate(blend);
    for (let moved = true, round = 0; moved && round < 4; round++) {
      moved = false;
      // Lets signals and timers in.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      for (const name of ['habit', 'bought', 'repeat'] as const) {
        for (const next of moves[name](blend[name])) {
          const other = { ...blend, [name]: next };
          const otherValue = await rate(other);
          if (otherValue <= value + 1e-6) continue;
          blend = other;
          value = otherValue;
          moved = true;
        }
      }
    }
    if (value > bestValue + 1e-6) {
      best = blend;
      bestValue = value;
    }
  }
  return best;
}
