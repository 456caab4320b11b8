import { add, meanOf, type Sums } from '../measuring/means.ts';
import type { Blend } from '../ranking/weights.ts';
import type { Judge } from './judge.ts';

/** Recall + NDCG of each customer, by place in the sample. */
export interface CustomerScores {
  readonly all: ReadonlyMap<number, number>;
  readonly explore: ReadonlyMap<number, number>;
}

/** How much better one ranking is than another over the same customers. */
export interface Gain {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly error: number;
}

/** What each customer contributes to the accuracy of a blend. */
export async function scoresOf(judge: Judge, blend: Blend, half?: 0 | 1): Promise<CustomerScores> {
  const scores = { all: new Map<number, number>(), explore: new Map<number, number>() };
  await judge.measure(blend, (question, place, recall, ndcg) => scores[question].set(place, recall + ndcg), half);
  return scores;
}

/** The gain of `scores` over `others`, of paired differences by customer; that of both questions is summed up. */
export function gainOf(scores: CustomerScores, others: CustomerScores, half?: 0 | 1): Gain {
  let mean = 0;
  let variance = 0;
  for (const question of ['all', 'explore'] as const) {
    const sums: Sums = { count: 0, sum: 0, squares: 0 };
    for (const [place, score] of scores[question])
      if (half === undefined || place % 2 === half) add(sums, score - (others[question].get(place) ?? 0));
    const difference = meanOf(sums);
    mean += difference.mean;
    variance += (difference.standardError ?? 0) ** 2;
  }
  return { mean, error: Math.sqrt(variance) };
}
