import { throwIfAborted } from '../errors.ts';
import { type Blend, defaultBlend } from '../ranking/weights.ts';
import { accuracyOf, type CustomerScores, gainOf, scoresOf } from './accuracy.ts';
import type { HeldOutSample } from './held-out.ts';
import type { Judge } from './judge.ts';

/** Weights of trend that are tried, besides the default one. */
const trends = [0.05, 0, 0.2, 0.4];
type Learned = 'habit' | 'bought' | 'repeat';
/** The values that are tried from one on. */
const moves: Record<Learned, (value: number) => number[]> = {
  habit: (value) => [0.5, 0.7, 1.4, 2].map((factor) => tidy(value * factor)),
  bought: (value) => [-0.6, -0.3, -0.15, 0.15, 0.3, 0.6].map((step) => tidy(value + step)),
  repeat: (value) => [-0.3, -0.15, -0.07, 0.07, 0.15, 0.3].map((step) => tidy(value + step)),
};
const maxRounds = 4;
/** Improvements that are no larger are rounding. */
const tolerance = 1e-6;

/** People read the weights. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * Learns the weights of the blend by coordinate ascent on the metrics themselves (Metzler, Croft 2007, "Linear
 * feature-based models for information retrieval"), on held-out orders over all products. Taste keeps its weight, since
 * only proportions matter. Logistic and softmax regression on the same features rank worse: they are spent on the
 * thousands of products that no list would hold.
 *
 * The weights found on one half of the customers are tried on the other half, and vice versa. If they are better than the
 * those of the start by more than two standard errors, they are learned again on all customers. Otherwise those of the start
 * are the answer, as they are if products rather than orders are held out: these say nothing about trend, the one weight that
 * would be left to learn.
 *
 * @param kind of the sample that the judge measures on.
 * @param start the weights to start from and to beat.
 */
export async function learnBlend(
  { kind }: Pick<HeldOutSample, 'kind'>,
  judge: Judge,
  signal?: AbortSignal,
  start: Blend = defaultBlend,
): Promise<{ blend: Blend; learned: boolean }> {
  if (kind === 'products') return { blend: start, learned: false };
  const even = await climb(judge, start, signal, 0);
  const odd = await climb(judge, start, signal, 1);
  const halves = [await scoresOf(judge, even, 1), await scoresOf(judge, odd, 0)];
  const scores: CustomerScores = {
    all: new Map(halves.flatMap(({ all }) => [...all])),
    explore: new Map(halves.flatMap(({ explore }) => [...explore])),
  };
  const gain = gainOf(scores, await scoresOf(judge, start));
  if (!(gain.mean > 2 * gain.error)) return { blend: start, learned: false };
  return { blend: await climb(judge, start, signal), learned: true };
}

/** The best blend for the customers at even places (0), those at odd ones (1), or all. */
async function climb(judge: Judge, start: Blend, signal: AbortSignal | undefined, half?: 0 | 1): Promise<Blend> {
  const rate = async (blend: Blend) => (await accuracyOf(judge, blend, half)).value;
  let best = start;
  let bestValue = await rate(best);
  for (const trend of [start.trend, ...trends]) {
    let blend: Blend = { ...best, trend };
    let value = await rate(blend);
    for (let moved = true, round = 0; moved && round < maxRounds; round++) {
      moved = false;
      // Lets signals and timers in.
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      for (const name of ['habit', 'bought', 'repeat'] as const) {
        for (const next of moves[name](blend[name])) {
          const other = { ...blend, [name]: next };
          const otherValue = await rate(other);
          if (otherValue <= value + tolerance) continue;
          blend = other;
          value = otherValue;
          moved = true;
        }
      }
    }
    if (value > bestValue + tolerance) {
      best = blend;
      bestValue = value;
    }
  }
  return best;
}
