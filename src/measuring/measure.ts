import type { HeldOut } from '../dataset/split.ts';
import { invalidOption, onlyKnown, optionalFunctions, optionalSignal, wholeNumber } from '../options.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { maxRecommendations } from '../recommending/filters.ts';
import { type Contestant, checkContestants, checkQuestions, readLists } from './contestants.ts';
import { type CustomerGroups, groupCustomers, ordersInGroup } from './customer-groups.ts';
import { createExposure, type Exposure } from './exposure.ts';
import { createMetricSums, type MetricSums } from './metric-sums.ts';
import { type EvaluationQuestion, questions, targetsOf } from './questions.ts';
import type { Comparison, GroupResult, Measured, Result } from './results.ts';

export interface MeasureOptions {
  /** Lengths of lists to measure, 1 to 10,000; 5, 10, and 20 by default. */
  ks?: readonly number[];
  /** All three by default. Questions without targets are left out. */
  questions?: readonly EvaluationQuestion[];
  /**
   * Receives each list of the first contestant for the question `all`: the customer's row and the product rows, best
   * first. The array is valid during the call only.
   */
  onList?: (customer: number, rows: Uint32Array) => void;
  /** Receives what each customer contributes to the means of one contestant and question, once all are measured. */
  onMeasured?: (measured: CustomerMetrics) => void;
  signal?: AbortSignal;
  onProgress?: (progress: MeasureProgress) => void;
}

/** The metrics of each customer, such as to pair them with those of another model. */
export interface CustomerMetrics {
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

/** Lengths of lists, ascending and distinct. Throws `invalid_options`. */
export function checkKs(ks: readonly number[] = [5, 10, 20]): number[] {
  if (!Array.isArray(ks) || ks.length === 0) throw invalidOption('ks', ks, 'an array of at least one length of lists');
  for (const k of ks) wholeNumber('ks', k, 1, maxRecommendations);
  return [...new Set<number>(ks)].sort((a, b) => a - b);
}

/**
 * Measures lists against held-out orders. All products compete; nothing is sampled. The first contestant is compared
 * with every other one, over the same customers. Each customer with targets for a question counts once.
 *
 * @param heldOut the training part and the targets, from `holdOut(dataset).heldOut`.
 * @param contestants who makes lists; see `Lister` for their shape.
 * @throws `invalid_options`, `aborted`, and whatever the contestants throw.
 * @example
 * // How good are the lists that another system made? `theirs` maps customer ids to product ids, best first.
 * const { heldOut } = holdOut(dataset);
 * const { customers, products } = heldOut.train;
 * const rowOf = new Map(products.map((id, row) => [id, row]));
 * const lists = {
 *   async *recommendBlocks({ n, from, to }) {
 *     for (let customer = from; customer < to; customer++) {
 *       const known = (theirs.get(customers[customer]) ?? []).flatMap((id) => rowOf.get(id) ?? []);
 *       const rows = new Uint32Array(n).fill(noRow);
 *       rows.set(known.slice(0, n));
 *       yield { firstCustomer: customer, customers: 1, n, rows };
 *     }
 *   },
 * };
 * const { baselines } = baselinesOf(heldOut);
 * const { results } = await measure(heldOut, [{ name: 'theirs', lists }, ...baselines], { questions: ['all'], ks: [10] });
 * for (const { contestant, metrics } of results) console.log(contestant, metrics.recall.mean);
 */
export async function measure(
  heldOut: HeldOut,
  contestants: readonly Contestant[],
  options: MeasureOptions = {},
): Promise<Measured> {
  onlyKnown(options, measureOptions);
  optionalSignal(options.signal);
  const { onList, onMeasured, onProgress } = options;
  optionalFunctions({ onList, onMeasured, onProgress });
  checkQuestions(options.questions);
  checkContestants(contestants);
  const ks = checkKs(options.ks);
  const mainK = ks.includes(10) ? 10 : ks[ks.length - 1];
  const isPopular = popularTenth(heldOut);
  const groups = groupCustomers(heldOut);

  const elapsedMs = contestants.map(() => 0);
  const measured = { results: [] as Result[], comparisons: [] as Comparison[], groups: [] as GroupResult[] };
  for (const question of questions) {
    if (options.questions && !options.questions.includes(question)) continue;
    const targets = targetsOf(heldOut, question);
    if (targets.customers.length === 0) continue;
    let first: { name: string; sums: MetricSums } | undefined;
    for (const [index, contestant] of contestants.entries()) {
      const { name } = contestant;
      if (contestant.questions && !contestant.questions.includes(question)) continue;
      const started = performance.now();
      const exposure = createExposure(isPopular, ks);
      const sums = createMetricSums({ targets, ks, products: isPopular.length, groups, first: first?.sums });
      const onFirstList = index === 0 && question === 'all' ? onList : undefined;
      await readLists(contestant, question, targets, {
        n: ks[ks.length - 1],
        products: isPopular.length,
        signal: options.signal,
        onList(place, list) {
          sums.measure(place, list);
          exposure.add(list);
          onFirstList?.(targets.customers[place], list);
        },
        onBlock(done) {
          onProgress?.({ contestant: name, question, done, total: targets.customers.length });
        },
      });
      elapsedMs[index] += performance.now() - started;
      options.onMeasured?.({ question, contestant: name, customers: targets.customers, values: sums.values });

      const subject = { question, contestant: name };
      measured.results.push(...resultsOf(subject, ks, sums, exposure));
      measured.groups.push(...groupResultsOf(subject, mainK, ks.indexOf(mainK), sums, groups));
      if (first) measured.comparisons.push(...comparisonsOf(question, first.name, name, ks, sums));
      if (index === 0) first = { name, sums };
    }
  }
  return {
    ks,
    mainK,
    contestants: contestants.map(({ name, kind = 'model', description = name }, i) => {
      return { name, kind, description, elapsedMs: elapsedMs[i] };
    }),
    ...measured,
  };
}

/** 1 for the tenth of all products that is in the most orders, by product row. */
function popularTenth({ train }: HeldOut): Uint8Array {
  const isPopular = new Uint8Array(train.products.length);
  const { ranking } = popularityOf(train);
  for (const row of ranking.subarray(0, Math.ceil(ranking.length / 10))) isPopular[row] = 1;
  return isPopular;
}

type Subject = Pick<Result, 'question' | 'contestant'>;

function resultsOf(subject: Subject, ks: readonly number[], sums: MetricSums, exposure: Exposure): Result[] {
  return ks.map((k, i) => {
    return { ...subject, k, customers: sums.customers(), metrics: sums.meansAt(i), ...exposure.at(i) };
  });
}

function comparisonsOf(
  question: EvaluationQuestion,
  contestant: string,
  against: string,
  ks: readonly number[],
  sums: MetricSums,
): Comparison[] {
  return ks.map((k, i) => ({ question, contestant, against, k, metrics: sums.differencesAt(i)! }));
}

function groupResultsOf(
  subject: Subject,
  k: number,
  i: number,
  sums: MetricSums,
  groups: CustomerGroups,
): GroupResult[] {
  const numbers = Array.from({ length: groups.count }, (_, group) => group);
  return numbers
    .filter((group) => sums.customers(group) > 0)
    .map((group) => {
      const difference = sums.differencesAt(i, group);
      return {
        ...{ ...subject, k, ...ordersInGroup(group), customers: sums.customers(group) },
        metrics: sums.meansAt(i, group),
        ...(difference && { difference }),
      };
    });
}
