/** How questions, metrics and figures are written wherever people read them. */
import type { EvaluationQuestion, Measure, Metric } from './results.ts';

export const headings: Record<EvaluationQuestion, string> = {
  all: 'What customers buy next',
  explore: 'What they buy for the first time',
  repeat: 'What they buy again',
};

export const metricNames: Record<Metric, string> = {
  recall: 'Recall',
  ndcg: 'NDCG',
  hitRate: 'Hit rate',
  precision: 'Precision',
  mrr: 'MRR',
  map: 'MAP',
};

const unknown = '–';

/** Four digits; the zero before the point says nothing. */
export function digits(share: number): string {
  return Number.isFinite(share) ? share.toFixed(4).replace(/^0/, '') : unknown;
}

export function withError({ mean, standardError }: Measure): string {
  return standardError === null ? digits(mean) : `${digits(mean)} ± ${digits(standardError)}`;
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %` : unknown;
}

/** `118.48K` */
export function compact(value: number, maximumSignificantDigits = 5): string {
  if (!Number.isFinite(value)) return unknown;
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits });
}
