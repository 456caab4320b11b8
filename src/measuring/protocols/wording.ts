/** How questions, metrics, numbers, and dates are written wherever people read them. */
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

const unknown = '–';

/** A share or metric with four digits, without the zero before the point: `.1234`. */
export function digits(share: number): string {
  return Number.isFinite(share) ? share.toFixed(4).replace(/^0/, '') : unknown;
}

/** `.1234 ± .0056`, or `.1234` if the standard error is unknown. */
export function withStandardError({ mean, standardError }: Measure): string {
  return standardError === null ? digits(mean) : `${digits(mean)} ± ${digits(standardError)}`;
}

/** `12%`; below 10% with one decimal: `3.4%`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%` : unknown;
}

/** `118.48K` */
export function compact(value: number, maximumSignificantDigits = 5): string {
  if (!Number.isFinite(value)) return unknown;
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits });
}

/** `one` for 1, otherwise `many` with the number in place of `#`. */
export function plural(value: number, one: string, many: string): string {
  return value === 1 ? one : many.replace('#', value.toLocaleString('en-US'));
}

/** A day in UTC, followed by the time of day unless it is midnight: `2025-01-31 08:30`. */
export function dateOf(time: number): string {
  const [date, clock] = new Date(time).toISOString().split('T');
  return clock.startsWith('00:00:00') ? date : `${date} ${clock.slice(0, 5)}`;
}
