import { type Dataset, orderIsKnown } from '../../dataset/dataset.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import type { Measure } from '../../measuring/results.ts';
import type { RepeatTreesTried } from '../../model/model.ts';
import { type Corrections, fillLine, lineWidth } from '../../ranking/corrections.ts';
import { reboughtOf } from '../../ranking/repeat.ts';
import { repeatFeatures } from '../../ranking/repeat-features.ts';
import { maxCorrection } from '../../ranking/trees.ts';
import type { RankingOptions } from '../../ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../../training/als-options.ts';
import type { SearchOptions } from '../../training/fit-on.ts';
import { fitTrees } from '../../training/trees.ts';
import { inTurns } from '../../turns.ts';
import { type HeldOutSample, holdOutSample, holdOutWindows } from '../judging/held-out.ts';
import type { TreeGains } from '../judging/measured.ts';
import type { Searched } from '../picking/sampled-factors.ts';
import { minOrdersToPick, ordersIn } from '../small-shops.ts';
import { gainOf, type Measured, meansOf, measure } from './gains.ts';
import { logisticWeights } from './logistic.ts';
import { type RepeatRows, repeatRowsOf } from './repeat-rows.ts';
import { neighboursFor, rowsOfSamples } from './rows-of-samples.ts';

/** Trees that were tried, and whether they are kept. */
export interface LearnedTrees {
  /** Absent if they are not kept. */
  readonly trees?: Corrections;
  readonly tried: RepeatTreesTried;
  /** What lists of all products gain in recall + NDCG by the trees of the other customers, by customer row. */
  readonly gains: ReadonlyMap<number, number>;
  /** The same of the sample that a search left behind; absent if they were tried on other samples. */
  readonly onSearched?: TreeGains;
}

/**
 * Held-out orders that trees are fitted to, besides everyone's last ones: those of the newest weeks. Last orders are many,
 * but scattered over the year, while days and sales are counted to its end: trees that saw nothing else would find more of
 * such orders, and less of what customers buy from now on.
 */
const lastWindows = { windows: 4, days: 14 };
/** Customers that are asked about, of either kind; more of last orders if there is nothing else. */
const limitsOfLast = { maxCustomers: 4000, maxPairs: 1e6 };
const limitsWithoutTimes = { maxCustomers: 8000, maxPairs: 1e6 };
const limitsOfWindow = { maxCustomers: 1000, maxPairs: 1e6 };

/**
 * Learns trees for a shop, if they are wanted and customers of it buy products again.
 *
 * @param searched what a search with the same options left behind, which saves a training.
 * @returns undefined if none were tried.
 */
export async function learnTreesFor(
  kernel: OpenKernel,
  dataset: Dataset,
  options: AlsOptions & RankingOptions & SearchOptions & { signal?: AbortSignal },
  searched?: Searched,
): Promise<LearnedTrees | undefined> {
  const { fast = false, trees = !fast } = options;
  if (!trees || !orderIsKnown(dataset) || ordersIn(dataset) < minOrdersToPick) return undefined;
  if (!((reboughtOf(dataset) ?? 0) > 0)) return undefined;
  const { factors } = alsSettings(options);
  const limits = dataset.history?.times ? limitsOfLast : limitsWithoutTimes;
  const newest = async () =>
    rowsOfSamples(
      kernel,
      await inTurns(holdOutWindows(dataset, factors, lastWindows, limitsOfWindow), options),
      options,
    );
  if (searched && isEnough(searched.sample, limits.maxCustomers)) {
    const { sample, sampled } = searched;
    if (sample.kind !== 'orders') return undefined;
    const neighbours = sampled.neighbours ?? (await neighboursFor(kernel, sample, options));
    const ofLast = await repeatRowsOf(kernel, sample, { ...sampled, neighbours }, options);
    const { onLast, ...learned } = await inTurns(learnRepeatTrees(ofLast, await newest()), options);
    return { ...learned, onSearched: onLast };
  }
  const last = await inTurns(holdOutSample(dataset, factors, {}, limits), options);
  if (last?.kind !== 'orders') return undefined;
  const [ofLast] = await rowsOfSamples(kernel, [last], options);
  const { onLast: _, ...learned } = await inTurns(learnRepeatTrees(ofLast, await newest()), options);
  return learned;
}

/** Whether a sample asks as many customers, or all that there are. */
function isEnough({ sample, heldOut }: HeldOutSample, maxCustomers: number): boolean {
  return sample.length >= Math.min(maxCustomers, heldOut.customers.length);
}

/**
 * Learns what corrects the formula's scores of products bought before. The odds that a product is in a held-out order are a
 * logistic curve of its score and of the customer: one for products that are new to the customer, another for those bought
 * before, which trees improve. A corrected score is the one that a new product with the same odds would have. New products
 * keep their scores.
 *
 * Trees of half of the customers are tried on the other half. The average of both halves' is kept if lists of all products
 * are better than those of the formula by more than a standard error, and neither those of the newest weeks nor lists of
 * products bought before are worse by more than one. It finds as much as trees that are fitted to all customers at once.
 *
 * @param last what customers bought last.
 * @param newest what they bought next as of several weeks; none if orders have no times.
 */
function* learnRepeatTrees(
  last: RepeatRows,
  newest: readonly RepeatRows[],
): Generator<undefined, Omit<LearnedTrees, 'onSearched'> & { onLast: TreeGains }> {
  const parts = [last, ...newest];
  const fitted: Corrections[] = [];
  /** By sample; each half measures other customers. */
  const measured = parts.map((): Measured => ({ all: new Map(), repeat: new Map() }));
  const onLast = { all: new Map(), repeat: new Map() };
  for (const half of [0, 1]) {
    const corrections = yield* fitTo(parts, (customer) => customer % 2 !== half);
    if (corrections) fitted.push(corrections);
    for (const [i, part] of parts.entries())
      yield* measure(measured[i], part, corrections, (row) => row % 2 === half, i === 0 ? onLast : undefined);
  }
  const customers = new Set(parts.flatMap((part) => part.customers.map(({ row }) => row))).size;
  const gains = meansOf(measured.map(({ all }) => all));
  const all = gainOf([gains]);
  const repeat = gainOf(measured.map(({ repeat }) => repeat));
  const error = all.standardError ?? Number.POSITIVE_INFINITY;
  const isNoWorse = ({ mean, standardError }: Measure) => mean >= -(standardError ?? 0);
  const ofNewest = gainOf(measured.slice(1).map(({ all }) => all));
  const kept = all.mean > error && isNoWorse(repeat) && isNoWorse(ofNewest);
  return {
    ...(kept && { trees: averageOf(fitted) }),
    tried: { customers, kept, gain: all.mean, error: all.standardError ?? 0, repeatGain: repeat.mean },
    gains,
    onLast,
  };
}

/** What corrects by the mean of what these correct by; at least one. */
function averageOf(all: readonly Corrections[]): Corrections {
  const share = 1 / all.length;
  return {
    features: Uint8Array.from(all.flatMap(({ features }) => [...features])),
    thresholds: Float32Array.from(all.flatMap(({ thresholds }) => [...thresholds])),
    leaves: Float32Array.from(all.flatMap(({ leaves }) => [...leaves].map((leaf) => share * leaf))),
    slopes: all[0].slopes.map((_, k) => all.reduce((sum, { slopes }) => sum + share * slopes[k], 0)),
  };
}

/** Slopes that are no larger would make any correction large: scores say nothing then. */
const minSlope = 0.05;

/** Rows that a logistic curve is fitted to. */
function createLineRows(room: number) {
  const values = new Float64Array(room * lineWidth);
  const labels = new Uint8Array(room);
  const counts = new Float64Array(room);
  const offsets = new Float64Array(room);
  let rows = 0;
  return {
    /** @param offset what is in the log-odds besides the line. */
    add(line: Float64Array, label: number, count: number, offset = 0): void {
      values.set(line, rows * lineWidth);
      labels[rows] = label;
      offsets[rows] = offset;
      counts[rows++] = count;
    },
    weights: () => logisticWeights(values, lineWidth, labels.subarray(0, rows), counts, offsets),
    /** The log-odds that weights give each row. */
    logits: (weights: Float64Array) =>
      Float64Array.from({ length: rows }, (_, row) => {
        let logit = offsets[row];
        for (let k = 0; k < lineWidth; k++) logit += weights[k] * values[row * lineWidth + k];
        return logit;
      }),
  };
}

/** Customers with many targets count more, but not as many times more: lists are measured by customer. */
const countOf = (targets: number) => 1 / Math.sqrt(targets);

/** Corrections from the customers that `takes` says; undefined if the scores of new products say nothing, or labels are certain. */
function* fitTo(
  parts: readonly RepeatRows[],
  takes: (customer: number) => boolean,
): Generator<undefined, Corrections | undefined> {
  const chosen = parts.flatMap((part) =>
    part.customers.filter(({ row }) => takes(row)).map((each) => ({ part, ...each })),
  );
  const values = new Float64Array(lineWidth);
  const fresh = createLineRows(chosen.reduce((sum, { part: { n } }) => sum + n, 0));
  const rows = chosen.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const bought = createLineRows(rows);
  const columns = repeatFeatures.map(() => new Float32Array(rows));
  const labels = new Uint8Array(rows);
  const counts = new Float32Array(rows);
  let to = 0;
  for (const { part, place, begin, targets } of chosen) {
    const count = countOf(targets);
    for (let i = place * part.n; i < (place + 1) * part.n; i++)
      if (part.freshScores[i] > -Infinity)
        fresh.add(fillLine(values, part.freshScores[i], part.columns, begin), part.freshHits[i], count);
  }
  yield;
  const ofFresh = yield* fresh.weights();
  const slope = ofFresh[0];
  if (!(slope > minSlope)) return undefined;
  for (const { part, begin, end, targets } of chosen) {
    const count = countOf(targets);
    for (const [k, column] of columns.entries()) column.set(part.columns[k].subarray(begin, end), to);
    labels.set(part.labels.subarray(begin, end), to);
    counts.fill(count, to, to + end - begin);
    // What neighbours add stays as it is, since corrections do not see it.
    for (let row = begin; row < end; row++, to++)
      bought.add(fillLine(values, part.columns[0][row], part.columns, row), labels[to], count, slope * part.near[row]);
  }
  yield;
  const ofBought = yield* bought.weights();
  const average = counts.reduce((sum, count) => sum + count, 0) / rows;
  const { leaves, ...trees } = yield* fitTrees({
    columns,
    labels,
    weights: counts.map((count) => count / average),
    logits: bought.logits(ofBought),
  });
  // A score s of a new product has the odds of slope * s + the rest of its line: what score gives those of the bought one?
  const slopes = Float32Array.from(ofBought, (weight, k) => (weight - ofFresh[k]) / slope);
  const inScores = leaves.map((leaf) => leaf / slope);
  // Where labels are all but certain, log-odds are beyond any score.
  if ([...inScores, ...slopes].some((each) => !(Math.abs(each) <= maxCorrection))) return undefined;
  return { ...trees, leaves: inScores, slopes };
}
