import type { HeldOut, Targets } from '../dataset/split.ts';
import { throwIfAborted } from '../errors.ts';
import { invalidOption, wholeNumber } from '../options.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { mostRecommendations } from '../recommending/filters.ts';
import { noRow, type PurchasedFilter, type RecommendationBlock } from '../recommending/types.ts';
import { add, meanOf, metricsOf, type Sums } from './metrics.ts';
import {
  type Comparison,
  type EvaluationQuestion,
  type GroupResult,
  type Measure,
  type Measured,
  type Metric,
  metrics,
  questions,
  type Result,
  type Verdict,
} from './results.ts';
import { ordersBefore, targetsOf } from './targets.ts';

/** Gives the lists of customers `[from, to)` block by block, in the order of their rows. A `Recommender` does. */
export interface Lister {
  recommendBlocks(options: {
    n: number;
    purchased: PurchasedFilter;
    from: number;
    to: number;
    signal?: AbortSignal;
  }): AsyncIterable<Pick<RecommendationBlock, 'firstCustomer' | 'customers' | 'n' | 'rows'>>;
}

/** Someone who makes lists, to be measured. Rows of customers and products are those of the training part. */
export interface Contestant {
  /** Distinct and short. */
  readonly name: string;
  /** `'model'` by default. */
  readonly kind?: 'model' | 'baseline';
  /** A few words for people; the name by default. */
  readonly description?: string;
  /** The questions it has an answer to; all by default. */
  readonly questions?: readonly EvaluationQuestion[];
  readonly lists: Lister;
}

export interface MeasureOptions {
  /** Lengths of lists, 1 to 10,000; 5, 10 and 20 by default. */
  ks?: readonly number[];
  /** All three by default. Those without targets are left out. */
  questions?: readonly EvaluationQuestion[];
  /** Is shown every list of the first contestant for the question `all`; the rows are good during the call only. */
  onList?: (customer: number, rows: Uint32Array) => void;
  signal?: AbortSignal;
  onProgress?: (progress: MeasureProgress) => void;
}

export interface MeasureProgress {
  contestant: string;
  question: EvaluationQuestion;
  /** Lists of this contestant for this question, and all of them. */
  done: number;
  total: number;
}

const filterOf: Record<EvaluationQuestion, PurchasedFilter> = { all: 'allow', explore: 'exclude', repeat: 'only' };

/** Customers are put together by how many orders they had before: from so many up to the next number. */
const groupStarts = [0, 2, 3, 5, 10, 20];

/** Lengths of lists, ascending and distinct. Throws `invalid_options`. */
export function checkKs(ks: readonly number[] = [5, 10, 20]): number[] {
  if (!Array.isArray(ks) || ks.length === 0) throw invalidOption('ks', ks, 'an array of at least one length of lists');
  for (const k of ks) wholeNumber('ks', k, 1, mostRecommendations);
  return [...new Set<number>(ks)].sort((a, b) => a - b);
}

/**
 * Measures contestants on what was held out, all products ranked; the first one is compared with every other one, over
 * the same customers. Each customer with targets of a question counts once.
 *
 * @throws `invalid_options`, `aborted`, and what the contestants throw.
 */
export async function measure(
  heldOut: HeldOut,
  contestants: readonly Contestant[],
  options: MeasureOptions = {},
): Promise<Measured> {
  const ks = checkKs(options.ks);
  const names = contestants.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalidOption('contestants', names.join(', '), 'distinct names');
  const { train } = heldOut;
  const orders = ordersBefore(heldOut);
  const popular = new Uint8Array(train.products.length);
  const { ranking } = popularityOf(train);
  for (const row of ranking.subarray(0, Math.ceil(ranking.length / 10))) popular[row] = 1;

  const elapsedMs = contestants.map(() => 0);
  const measured = { results: [] as Result[], comparisons: [] as Comparison[], groups: [] as GroupResult[] };
  for (const question of questions) {
    if (options.questions && !options.questions.includes(question)) continue;
    const targets = targetsOf(heldOut, question);
    if (targets.customers.length === 0) continue;
    const groupOf = targets.customers.map((c) => groupStarts.findLastIndex((start) => orders[c] >= start));
    let first: Sheet | undefined;
    for (const [index, contestant] of contestants.entries()) {
      if (contestant.questions && !contestant.questions.includes(question)) continue;
      const started = performance.now();
      const asked = { question, targets, ks, popular, groupOf };
      const sheet = await fill(contestant, asked, index > 0 ? first : undefined, {
        ...options,
        onList: index === 0 && question === 'all' ? options.onList : undefined,
      });
      elapsedMs[index] += performance.now() - started;
      if (index === 0) first = sheet;
      read(sheet, asked, contestant.name, index > 0 && first ? names[0] : undefined, measured);
    }
  }
  return {
    ks,
    mainK: mainOf(ks),
    contestants: contestants.map(({ name, kind = 'model', description = name }, i) => {
      return { name, kind, description, elapsedMs: elapsedMs[i] };
    }),
    ...measured,
  };
}

interface Asked {
  question: EvaluationQuestion;
  targets: Targets;
  ks: readonly number[];
  /** 1 for the products that count as popular, by row. */
  popular: Uint8Array;
  /** Index into `groupStarts`, by place in the targets. */
  groupOf: Uint32Array;
}

/** What was counted of one contestant and question. */
interface Sheet {
  /** By customer, k and metric. */
  values: Float64Array;
  /** By group, k and metric: of the values, and of the first contestant's values minus these. */
  sums: Sums[];
  differences: Sums[];
  /** By k: places in the lists, those with popular products, and distinct products. */
  places: number[];
  popularPlaces: number[];
  listed: number[];
}

async function fill(
  { name, lists }: Contestant,
  { question, targets, ks, popular, groupOf }: Asked,
  first: Sheet | undefined,
  { signal, onProgress, onList }: MeasureOptions,
): Promise<Sheet> {
  const { customers, offsets, products } = targets;
  const longest = ks[ks.length - 1];
  const cells = ks.length * metrics.length;
  const sums = () => Array.from({ length: groupStarts.length * cells }, () => ({ count: 0, sum: 0, squares: 0 }));
  const sheet: Sheet = {
    values: new Float64Array(customers.length * cells),
    sums: sums(),
    differences: sums(),
    places: ks.map(() => 0),
    popularPlaces: ks.map(() => 0),
    listed: ks.map(() => 0),
  };
  /** The best place that a product had in any list. */
  const bestPlace = new Uint32Array(popular.length).fill(noRow);
  /** Which customer of the targets a product is wanted by, plus one. */
  const wantedBy = new Uint32Array(popular.length);
  const isHit = new Uint8Array(longest);
  const total = customers.length;
  let at = 0;
  const range = { from: customers[0], to: customers[total - 1] + 1 };
  for await (const block of lists.recommendBlocks({ n: longest, purchased: filterOf[question], ...range, signal })) {
    throwIfAborted(signal);
    for (; at < total && customers[at] < block.firstCustomer + block.customers; at++) {
      for (let i = offsets[at]; i < offsets[at + 1]; i++) wantedBy[products[i]] = at + 1;
      const start = (customers[at] - block.firstCustomer) * block.n;
      let length = 0;
      let popularPlaces = 0;
      for (let k = 0; k < ks.length; k++) {
        for (; length < Math.min(ks[k], block.n) && block.rows[start + length] !== noRow; length++) {
          const row = block.rows[start + length];
          isHit[length] = wantedBy[row] === at + 1 ? 1 : 0;
          if (length < bestPlace[row]) bestPlace[row] = length;
          popularPlaces += popular[row];
        }
        sheet.places[k] += length;
        sheet.popularPlaces[k] += popularPlaces;
      }
      onList?.(customers[at], block.rows.subarray(start, start + length));
      const hits = isHit.subarray(0, length);
      for (let k = 0; k < ks.length; k++) {
        const values = metricsOf(hits, ks[k], offsets[at + 1] - offsets[at]);
        for (const [m, metric] of metrics.entries()) {
          const cell = k * metrics.length + m;
          sheet.values[at * cells + cell] = values[metric];
          add(sheet.sums[groupOf[at] * cells + cell], values[metric]);
          if (!first) continue;
          add(sheet.differences[groupOf[at] * cells + cell], first.values[at * cells + cell] - values[metric]);
        }
      }
    }
    onProgress?.({ contestant: name, question, done: at, total });
    if (at === total) break;
  }
  if (at < total) throw invalidOption('contestants', name, `lists for ${total} customers; there were ${at}`);
  for (const place of bestPlace) {
    for (let k = 0; k < ks.length; k++) if (place < ks[k]) sheet.listed[k]++;
  }
  return sheet;
}

function read(
  { sums, differences, places, popularPlaces, listed }: Sheet,
  { question, ks, popular, targets }: Asked,
  contestant: string,
  first: string | undefined,
  { results, comparisons, groups }: { results: Result[]; comparisons: Comparison[]; groups: GroupResult[] },
): void {
  const cells = ks.length * metrics.length;
  const everyGroup = groupStarts.map((_, group) => group);
  const over = (from: Sums[], chosen: number[], k: number, metric: Metric): Sums => {
    const all = { count: 0, sum: 0, squares: 0 };
    for (const group of chosen) {
      const { count, sum, squares } = from[group * cells + k * metrics.length + metrics.indexOf(metric)];
      all.count += count;
      all.sum += sum;
      all.squares += squares;
    }
    return all;
  };
  const values = (chosen: number[], k: number) => byMetric((metric) => meanOf(over(sums, chosen, k, metric)));
  const compared = (chosen: number[], k: number): Comparison['metrics'] =>
    byMetric((metric) => {
      const difference = meanOf(over(differences, chosen, k, metric));
      return { ...difference, verdict: verdictOf(difference) };
    });
  for (const [i, k] of ks.entries()) {
    results.push({
      question,
      contestant,
      k,
      customers: targets.customers.length,
      metrics: values(everyGroup, i),
      coverage: listed[i] / popular.length,
      popularShare: places[i] > 0 ? popularPlaces[i] / places[i] : 0,
    });
    if (first !== undefined) {
      comparisons.push({ question, contestant: first, against: contestant, k, metrics: compared(everyGroup, i) });
    }
    if (k !== mainOf(ks)) continue;
    for (const group of everyGroup) {
      const { count } = over(sums, [group], i, 'recall');
      if (count === 0) continue;
      groups.push({
        question,
        contestant,
        k,
        from: Math.max(1, groupStarts[group]),
        to: group + 1 < groupStarts.length ? groupStarts[group + 1] - 1 : null,
        customers: count,
        metrics: values([group], i),
        ...(first !== undefined && { difference: compared([group], i) }),
      });
    }
  }
}

function mainOf(ks: readonly number[]): number {
  return ks.includes(10) ? 10 : ks[ks.length - 1];
}

/** Within two standard errors, or where these are not known, a difference may be chance. */
export function verdictOf({ mean, standardError }: Measure): Verdict {
  if (standardError === null || Math.abs(mean) <= 2 * standardError) return 'tie';
  return mean > 0 ? 'better' : 'worse';
}

function byMetric<T>(value: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(metrics.map((metric) => [metric, value(metric)])) as Record<Metric, T>;
}
