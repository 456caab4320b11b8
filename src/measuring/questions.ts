import { type HeldOut, type Targets, targetsBy } from '../dataset/split.ts';
import type { PurchasedFilter } from '../recommending/types.ts';
import { finish } from '../turns.ts';

/**
 * An evaluation asks three questions. `all`: what does a customer buy next? `explore`: which products does a customer
 * buy for the first time? `repeat`: which products does a customer buy again?
 */
export type EvaluationQuestion = 'all' | 'explore' | 'repeat';

/** All questions, in the order in which they are measured and reported. */
export const questions = ['all', 'explore', 'repeat'] as const satisfies EvaluationQuestion[];

/**
 * Which products the lists of a question hold: any, only products the customer has not bought, or only bought ones.
 *
 * @param ofAll those for `all`.
 */
export function filterOf(question: EvaluationQuestion, ofAll: 'allow' | 'exclude'): PurchasedFilter {
  return { all: ofAll, explore: 'exclude' as const, repeat: 'only' as const }[question];
}

/**
 * The held-out products that answer a question, and the customers who have any: every product for `all`, products the
 * customer had never bought before for `explore`, products bought before for `repeat`.
 */
export function targetsOf(heldOut: HeldOut, question: EvaluationQuestion): Targets {
  if (question === 'all') return heldOut;
  const { train, customers, offsets, products } = heldOut;
  const { purchases } = train;
  return finish(
    targetsBy(customers, (c, i) => {
      const bought = new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]));
      const targets = products.subarray(offsets[i], offsets[i + 1]);
      return targets.filter((product) => bought.has(product) === (question === 'repeat'));
    }),
  );
}
