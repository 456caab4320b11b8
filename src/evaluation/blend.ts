import { type Blend, defaultBlend } from '../training/ranking.ts';
import { type Judge, qualityOf } from './validation.ts';

const trends = [0, 0.05, 0.1, 0.2, 0.4];
type Learned = 'habit' | 'bought' | 'repeat';
const moves: Record<Learned, (value: number) => number[]> = {
  habit: (value) => [0.5, 0.7, 1.4, 2].map((factor) => value * factor),
  bought: (value) => [-0.6, -0.3, -0.15, 0.15, 0.3, 0.6].map((step) => value + step),
  repeat: (value) => [-0.3, -0.15, -0.07, 0.07, 0.15, 0.3].map((step) => value + step),
};

/**
 * Weights of the blend by coordinate ascent on the metrics themselves (Metzler, Croft 2007), on held-out orders over all
 * products; taste keeps its weight, since only proportions matter. A likelihood was tried and ranks worse: it is spent on the thousands of
 * products nobody would list, and not on the ten.
 *
 * The weights are found on one half of the customers and must do better than the default ones on the other half, by more than the
 * noise (one standard error); then they are found again on all. Otherwise the default ones are the answer.
 */
export async function learnBlend(judge: Judge): Promise<{ blend: Blend; learned: boolean }> {
  const half = await climb(judge, 0);
  const gain = await gainOf(judge, half, defaultBlend, 1);
  if (!(gain.mean > gain.error)) return { blend: defaultBlend, learned: false };
  return { blend: await climb(judge), learned: true };
}

/** The best blend for the customers at even places (0), odd ones (1) or all. */
async function climb(judge: Judge, half?: 0 | 1): Promise<Blend> {
  const rate = async (blend: Blend) => (await qualityOf(judge, blend, half)).value;
  let best = defaultBlend;
  let bestValue = await rate(best);
  for (const trend of trends) {
    let blend: Blend = { ...defaultBlend, trend };
    let value = await rate(blend);
    for (let moved = true, round = 0; moved && round < 4; round++) {
      moved = false;
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

/** Mean of the paired differences of recall + NDCG, of both questions together, and its standard error. */
async function gainOf(judge: Judge, a: Blend, b: Blend, half: 0 | 1): Promise<{ mean: number; error: number }> {
  const differences = { all: new Map<number, number>(), explore: new Map<number, number>() };
  const add = (sign: number) => (question: 'all' | 'explore', place: number, recall: number, ndcg: number) => {
    const own = differences[question];
    own.set(place, (own.get(place) ?? 0) + sign * (recall + ndcg));
  };
  await judge.judge(a, add(1), half);
  await judge.judge(b, add(-1), half);
  let mean = 0;
  let variance = 0;
  for (const own of [differences.all, differences.explore]) {
    if (own.size < 2) continue;
    const values = [...own.values()];
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    mean += average;
    variance += values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1) / values.length;
  }
  return { mean, error: Math.sqrt(variance) };
}
