import type { EvaluationQuestion } from '../measuring/questions.ts';
import type { Judge } from './judge.ts';

/**
 * One judge of several samples of a shop. What it reports of a customer is the mean over the samples that measure the
 * customer, so that nobody counts twice.
 */
export function joinJudges(judges: readonly Judge[]): Judge {
  if (judges.length === 1) return judges[0];
  return {
    async measure(blend, report, options) {
      const found = new Map<EvaluationQuestion, Map<number, { count: number; recall: number; ndcg: number }>>();
      for (const judge of judges) {
        await judge.measure(
          blend,
          (question, customer, recall, ndcg) => {
            const ofQuestion = found.get(question) ?? new Map();
            found.set(question, ofQuestion);
            const sums = ofQuestion.get(customer);
            if (!sums) ofQuestion.set(customer, { count: 1, recall, ndcg });
            else {
              sums.count++;
              sums.recall += recall;
              sums.ndcg += ndcg;
            }
          },
          options,
        );
      }
      for (const [question, customers] of found)
        for (const [customer, { count, recall, ndcg }] of customers)
          report(question, customer, recall / count, ndcg / count);
    },
  };
}
