import { type CustomerScores, gainOf } from '../judging/accuracy.ts';
import type { Lists, Outcome } from './tuned.ts';

/** What lists find for each customer. */
export interface Found {
  /** Of all samples. */
  readonly scores: CustomerScores;
  /** Of the newest weeks alone; absent if orders have no times. */
  readonly newest?: CustomerScores;
}

/** How much more lists find than others do for the same customers, and what they find less of. */
export function compare(
  { scores, newest }: Found,
  others: Found,
): Required<Pick<Outcome, 'gain'>> & Pick<Outcome, 'worse'> {
  const { all, explore } = scores;
  const none = new Map<number, number>();
  const parts: [Lists, CustomerScores, CustomerScores | undefined][] = [
    ['all', { all, explore: none }, others.scores],
    ['explore', { all: none, explore }, others.scores],
    ['newest', newest ?? { all: none, explore: none }, others.newest],
  ];
  const worse = parts
    .filter(([, own, of]) => {
      const { mean, error } = of ? gainOf(own, of) : { mean: 0, error: 0 };
      return mean < -error;
    })
    .map(([lists]) => lists);
  return {
    gain: gainOf(scores, others.scores),
    ...(worse.length > 0 && { worse }),
  };
}

/** Scores with what trees add to lists of all products, by customer. */
export function withTrees({ scores, ...rest }: Found, gains: ReadonlyMap<number, number>): Found {
  const all = new Map([...scores.all].map(([customer, score]) => [customer, score + (gains.get(customer) ?? 0)]));
  return { ...rest, scores: { ...scores, all } };
}
