/** How questions, metrics, and measures are written wherever people read them. */
import { digits } from '../../wording.ts';
import type { EvaluationQuestion } from '../questions.ts';
import type { Measure, Metric } from '../results.ts';

export const questionHeadings: Record<EvaluationQuestion, string> = {
  all: 'What customers buy next',
  explore: 'What customers buy for the first time',
  repeat: 'What customers buy again',
};

export const metricNames: Record<Metric, string> = {
  recall: 'Recall',
  ndcg: 'NDCG',
  hitRate: 'Hit rate',
  precision: 'Precision',
  mrr: 'MRR',
  map: 'MAP',
};

/** `.1234 ± .0056`, or `.1234` if the standard error is unknown. */
export function withStandardError({ mean, standardError }: Measure): string {
  return standardError === null ? digits(mean) : `${digits(mean)} ± ${digits(standardError)}`;
}
