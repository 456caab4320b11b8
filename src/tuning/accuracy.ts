import type { Accuracy } from '../model/model.ts';
import type { Blend } from '../ranking/weights.ts';
import type { Judge } from './judge.ts';

/** Recall and NDCG at `listLength` on held-out orders: means over customers. */
export interface HeldOutAccuracy {
  /** Of lists of all products. Absent if the sample does not ask for them. */
  readonly all?: Accuracy;
  /** Of lists of products that are new to the customer. Absent if the sample does not ask, or nobody bought a new one. */
  readonly explore?: Accuracy;
  /** The sum of these: what tuning makes as large as possible. */
  readonly value: number;
}

export async function accuracyOf(judge: Judge, blend: Blend, half?: 0 | 1): Promise<HeldOutAccuracy> {
  const sums = { all: { count: 0, recall: 0, ndcg: 0 }, explore: { count: 0, recall: 0, ndcg: 0 } };
  await judge.measure(
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
