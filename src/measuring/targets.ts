import { type HeldOut, type Targets, targetsBy } from '../dataset/split.ts';
import type { EvaluationQuestion } from './results.ts';

/** The targets that belong to a question, and the customers who have any: by whether they had bought them before. */
export function targetsOf(heldOut: HeldOut, question: EvaluationQuestion): Targets {
  if (question === 'all') return heldOut;
  const { train, customers, offsets, products } = heldOut;
  const { purchases } = train;
  return targetsBy(customers, (c, i) => {
    const bought = new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]));
    const targets = products.subarray(offsets[i], offsets[i + 1]);
    return targets.filter((product) => bought.has(product) === (question === 'repeat'));
  });
}

/** How many orders of each customer are in the training part; without a history all of them count as one. */
export function ordersBefore({ train: { customers, history } }: HeldOut): Uint32Array {
  const orders = new Uint32Array(customers.length).fill(1);
  if (history) for (let c = 0; c < orders.length; c++) orders[c] = history.offsets[c + 1] - history.offsets[c];
  return orders;
}
