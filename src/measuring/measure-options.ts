import { invalidOption, onlyKnown, optionalFunctions, optionalSignal, wholeNumber } from '../options.ts';
import { maxRecommendations } from '../recommending/filters.ts';
import { checkQuestions } from './contestants.ts';
import type { EvaluationQuestion } from './questions.ts';

export interface MeasureOptions {
  /** Lengths of lists to measure, 1 to 10,000; 5, 10, and 20 by default. */
  ks?: readonly number[];
  /** All three by default. Questions without targets are left out. */
  questions?: readonly EvaluationQuestion[];
  /**
   * Receives each list of the first contestant: the customer's row, the product rows, best first, and the question. The
   * array is valid during the call only.
   */
  onList?: (customer: number, rows: Uint32Array, question: EvaluationQuestion) => void;
  /** Receives what each customer contributes to the means of one contestant and question, once all are measured. */
  onMeasured?: (measured: CustomerMetrics) => void;
  signal?: AbortSignal;
  onProgress?: (progress: MeasureProgress) => void;
}

/** The metrics of each customer, such as to pair them with those of another model. */
interface CustomerMetrics {
  question: EvaluationQuestion;
  /** Name of the contestant. */
  contestant: string;
  /** Rows of the customers with targets, ascending. */
  customers: Uint32Array;
  /** By place in `customers`, then by place in `ks`, then by place in `metrics`. */
  values: Float64Array;
}

export interface MeasureProgress {
  contestant: string;
  question: EvaluationQuestion;
  /** Lists measured so far, of `total` for this contestant and question. */
  done: number;
  total: number;
}

const measureOptions = ['ks', 'questions', 'onList', 'onMeasured', 'signal', 'onProgress'];

/** The length that conclusions are about: 10 if it is measured, otherwise the longest. */
export function mainOf(ks: readonly number[]): number {
  return ks.includes(10) ? 10 : ks[ks.length - 1];
}

/** Throws `invalid_options` that names the option. */
export function checkMeasureOptions(options: MeasureOptions): void {
  onlyKnown(options, measureOptions);
  const { ks, questions, onList, onMeasured, onProgress, signal } = options;
  optionalSignal(signal);
  optionalFunctions({ onList, onMeasured, onProgress });
  checkQuestions(questions);
  checkKs(ks);
}

/** Lengths of lists, ascending and distinct. Throws `invalid_options`. */
export function checkKs(ks: readonly number[] = [5, 10, 20]): number[] {
  if (!Array.isArray(ks) || ks.length === 0) throw invalidOption('ks', ks, 'an array of at least one length of lists');
  for (const k of ks) wholeNumber('ks', k, 1, maxRecommendations);
  return [...new Set<number>(ks)].sort((a, b) => a - b);
}
