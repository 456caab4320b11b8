import type { HeldOut } from '../dataset/split.ts';
import type { EvaluationQuestion } from './evaluation.ts';

/** Targets of the customer at `i` are `products[offsets[i]] .. products[offsets[i + 1]]`; at least one. */
export type Targets = Pick<HeldOut, 'customers' | 'offsets' | 'products'>;

/** The targets that belong to a question, and the customers who have any: by whether they had bought them before. */
export function targetsOf(heldOut: HeldOut, question: EvaluationQuestion): Targets {
  if (question === 'all') return heldOut;
  const { purchases } = heldOut.train;
  const customers: number[] = [];
  const offsets = [0];
  const products: number[] = [];
  for (let i = 0; i < heldOut.customers.length; i++) {
    const c = heldOut.customers[i];
    const bought = new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]));
    for (let at = heldOut.offsets[i]; at < heldOut.offsets[i + 1]; at++) {
      if (bought.has(heldOut.products[at]) === (question === 'repeat')) products.push(heldOut.products[at]);
    }
    if (products.length === offsets[offsets.length - 1]) continue;
    customers.push(c);
    offsets.push(products.length);
  }
  return {
    customers: Uint32Array.from(customers),
    offsets: Uint32Array.from(offsets),
    products: Uint32Array.from(products),
  };
}

/** How many orders of each customer are in the training part; without a history all of them count as one. */
export function ordersBefore({ train: { customers, history } }: HeldOut): Uint32Array {
  const orders = new Uint32Array(customers.length).fill(1);
  if (history) for (let c = 0; c < orders.length; c++) orders[c] = history.offsets[c + 1] - history.offsets[c];
  return orders;
}
