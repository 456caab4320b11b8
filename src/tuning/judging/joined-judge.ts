import { withRoom } from '../../dataset/arrays.ts';
import type { EvaluationQuestion } from '../../measuring/questions.ts';
import type { Judge } from './judge.ts';

/**
 * One judge of several samples of a shop. What it reports of a customer is the mean over the samples that measure the
 * customer, so that nobody counts twice.
 */
export function joinJudges(judges: readonly Judge[]): Judge {
  if (judges.length === 1) return judges[0];
  /** Where the sums of each customer stand, which stays so from one measurement to the next. */
  const places = new Map<number, number>();
  const placeOf = (customer: number): number => {
    const place = places.get(customer) ?? places.size * width;
    if (place === places.size * width) places.set(customer, place);
    return place;
  };
  return {
    async measure(blend, report, options) {
      /** By question: how many samples measure a customer, and the sums of recall and of NDCG. */
      const found = new Map<EvaluationQuestion, Float64Array>();
      for (const judge of judges) {
        await judge.measure(
          blend,
          (question, customer, recall, ndcg) => {
            const place = placeOf(customer);
            const known = found.get(question) ?? new Float64Array(places.size * width);
            const sums = withRoom(known, place + width);
            found.set(question, sums);
            sums[place]++;
            sums[place + 1] += recall;
            sums[place + 2] += ndcg;
          },
          options,
        );
      }
      for (const [question, sums] of found)
        for (const [customer, place] of places)
          if (sums[place] > 0) report(question, customer, sums[place + 1] / sums[place], sums[place + 2] / sums[place]);
    },
  };
}

/** Numbers for each customer. */
const width = 3;
