import { add, meanOf, type Sums } from '../../measuring/means.ts';
import type { Accuracy } from '../../model/model.ts';
import type { Blend } from '../../ranking/weights.ts';
import type { Judge, MeasureOptions, Report } from './judge.ts';

/** Recall and NDCG at `listLength` on held-out orders: means over customers. */
export interface HeldOutAccuracy {
  /** Of lists of all products. Absent if the sample does not ask for them. */
  readonly all?: Accuracy;
  /** Of lists of products that are new to the customer. Absent if the sample does not ask, or nobody bought a new one. */
  readonly explore?: Accuracy;
  /** The sum of these: what tuning makes as large as possible. */
  readonly value: number;
}

/** Sums over customers, by question. */
export type AccuracySums = Readonly<Record<'all' | 'explore', { count: number; recall: number; ndcg: number }>>;

/** @param report is told, too, what every customer contributes. */
export async function sumsOf(
  judge: Judge,
  blend: Blend,
  options?: MeasureOptions,
  report?: Report,
): Promise<AccuracySums> {
  const sums = { all: { count: 0, recall: 0, ndcg: 0 }, explore: { count: 0, recall: 0, ndcg: 0 } };
  await judge.measure(
    blend,
    (question, customer, recall, ndcg) => {
      report?.(question, customer, recall, ndcg);
      if (question === 'repeat') return;
      const sum = sums[question];
      sum.count++;
      sum.recall += recall;
      sum.ndcg += ndcg;
    },
    options,
  );
  return sums;
}

/** The accuracy over the customers of several sums. */
export function accuracyFrom(parts: readonly AccuracySums[]): HeldOutAccuracy {
  const mean = (question: keyof AccuracySums) => {
    const total = (of: (sums: AccuracySums['all']) => number) =>
      parts.reduce((sum, part) => sum + of(part[question]), 0);
    const count = total((sums) => sums.count);
    if (count === 0) return undefined;
    return { recall: total(({ recall }) => recall) / count, ndcg: total(({ ndcg }) => ndcg) / count };
  };
  const [all, explore] = [mean('all'), mean('explore')];
  const value = [all, explore].reduce((sum, part) => sum + (part ? part.recall + part.ndcg : 0), 0);
  return { ...(all && { all }), ...(explore && { explore }), value };
}

/** @param report is told, too, what every customer contributes. */
export async function accuracyOf(...asked: Parameters<typeof sumsOf>): Promise<HeldOutAccuracy> {
  return accuracyFrom([await sumsOf(...asked)]);
}

/** `accuracyOf` and `scoresOf` at once. */
export async function outcomeOf(
  judge: Judge,
  blend: Blend,
  options?: MeasureOptions,
): Promise<HeldOutAccuracy & { readonly scores: CustomerScores }> {
  const scores = { all: new Map<number, number>(), explore: new Map<number, number>() };
  const accuracy = await accuracyOf(judge, blend, options, (question, customer, recall, ndcg) => {
    if (question !== 'repeat') scores[question].set(customer, recall + ndcg);
  });
  return { ...accuracy, scores };
}

/** Recall + NDCG of each customer, by row. */
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
export async function scoresOf(judge: Judge, blend: Blend, options?: MeasureOptions): Promise<CustomerScores> {
  return (await outcomeOf(judge, blend, options)).scores;
}

/** The gain of `scores` over `others`, of paired differences by customer; that of both questions is summed up. */
export function gainOf(scores: CustomerScores, others: CustomerScores): Gain {
  let mean = 0;
  let variance = 0;
  for (const question of ['all', 'explore'] as const) {
    const sums: Sums = { count: 0, sum: 0, squares: 0 };
    for (const [customer, score] of scores[question]) add(sums, score - (others[question].get(customer) ?? 0));
    const difference = meanOf(sums);
    mean += difference.mean;
    variance += (difference.standardError ?? 0) ** 2;
  }
  return { mean, error: Math.sqrt(variance) };
}
