import { add, meanOf, type Sums } from '../measuring/means.ts';
import type { Accuracy } from '../model/model.ts';
import type { Blend } from '../ranking/weights.ts';
import type { Judge } from './judge.ts';

/** Recall and NDCG at `listLength`, of all products and of those that were new to the customer; means over customers. */
export interface Quality {
  /** Absent where nobody asks, or customers, by the way their targets were held out, cannot have bought one before. */
  readonly all?: Accuracy;
  /** Absent where nobody asks, or nobody bought anything new. */
  readonly explore?: Accuracy;
  /** The sum of these: what is made as large as possible. */
  readonly value: number;
}

/** Recall + NDCG of each customer, by place in the sample. */
export interface Scores {
  readonly all: ReadonlyMap<number, number>;
  readonly explore: ReadonlyMap<number, number>;
}

/** What each customer contributes to the value of a blend. */
export async function scoresOf(judge: Judge, blend: Blend, half?: 0 | 1): Promise<Scores> {
  const scores = { all: new Map<number, number>(), explore: new Map<number, number>() };
  await judge.judge(blend, (question, place, recall, ndcg) => scores[question].set(place, recall + ndcg), half);
  return scores;
}

/** By how much the value of `a` is above that of `b`, and the standard error: paired, over the same customers. */
export function gainOf(a: Scores, b: Scores, half?: 0 | 1): { mean: number; error: number } {
  let mean = 0;
  let variance = 0;
  for (const question of ['all', 'explore'] as const) {
    const sums: Sums = { count: 0, sum: 0, squares: 0 };
    for (const [place, score] of a[question])
      if (half === undefined || place % 2 === half) add(sums, score - (b[question].get(place) ?? 0));
    const difference = meanOf(sums);
    mean += difference.mean;
    variance += (difference.standardError ?? 0) ** 2;
  }
  return { mean, error: Math.sqrt(variance) };
}

/** The means over customers, left out where there is nothing to take one of. */
export async function qualityOf(judge: Judge, blend: Blend, half?: 0 | 1): Promise<Quality> {
  const sums = { all: { count: 0, recall: 0, ndcg: 0 }, explore: { count: 0, recall: 0, ndcg: 0 } };
  await judge.judge(
    blend,
    (question, _, recall, ndcg) => {
      const sum = sums[question];
      sum.count++;
      sum.recall += recall;
      sum.ndcg += ndcg;
    },
    half,
  );
  const means = ({ count, recall, ndcg }: typeof sums.all) =>
    count === 0 ? undefined : { recall: recall / count, ndcg: ndcg / count };
  const [all, explore] = [means(sums.all), means(sums.explore)];
  const value = [all, explore].reduce((sum, part) => sum + (part ? part.recall + part.ndcg : 0), 0);
  return { ...(all && { all }), ...(explore && { explore }), value };
}
