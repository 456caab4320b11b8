import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import { createBonus, trendsOf } from '../../ranking/formula.ts';
import { createRepeatFeatures, repeatFeatures } from '../../ranking/repeat-features.ts';
import { repeatSignalsOf } from '../../ranking/repeat-signals.ts';
import { type RankingOptions, rankingSettings } from '../../ranking/weights.ts';
import { windowOf } from '../../ranking/window.ts';
import { noRows } from '../../recommending/filters.ts';
import { neighbourTerm } from '../../recommending/scoring/neighbours.ts';
import { createSlices } from '../../training/slices.ts';
import { inTurns } from '../../turns.ts';
import { boughtBefore, neighbourRootsOf } from '../judging/bought-before.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { listLength } from '../judging/judge.ts';
import { rankNew, type SampledFactors } from '../picking/sampled-factors.ts';

/** Products bought before that a customer is asked about: the best by the formula. */
const maxPairs = 100;

/** What a sample says about products that were bought before: features and labels, next to the best new products. */
export interface RepeatRows {
  readonly customers: readonly RepeatCustomer[];
  /** By feature, one number per pair. */
  readonly columns: readonly Float32Array[];
  /** What neighbours add to the score of each pair, which features leave out. */
  readonly near: Float32Array;
  /** 1 if the pair's product is in the held-out order. */
  readonly labels: Uint8Array;
  /** How many new products each customer has. */
  readonly n: number;
  /** sample x n: the formula's scores of the best new products, best first; -Infinity past the end of a short list. */
  readonly freshScores: Float32Array;
  /** 1 if the product is in the held-out order. */
  readonly freshHits: Uint8Array;
}

interface RepeatCustomer {
  readonly row: number;
  /** In the sample. */
  readonly place: number;
  /** The customer's pairs are rows `begin .. end`; at least one. */
  readonly begin: number;
  readonly end: number;
  /** Products in the held-out order. */
  readonly targets: number;
  /** Those of the targets that are among the pairs. */
  readonly repeated: number;
  /** Those that the customer bought before, among the pairs or not. */
  readonly again: number;
}

/**
 * Gathers what a sample holds of its customers.
 *
 * @param sampled the factors of its training part, and its neighbours if the ranking weighs them.
 */
export async function repeatRowsOf(
  kernel: OpenKernel,
  sample: HeldOutSample,
  sampled: SampledFactors,
  options: RankingOptions & { signal?: AbortSignal },
): Promise<RepeatRows> {
  const { heldOut, signals: source } = sample;
  const { train } = heldOut;
  const { purchases, unlisted = noRows } = train;
  const ranking = rankingSettings(options);
  const scope = createScope(kernel);
  try {
    const signals = source.signals(ranking.decay, ranking.windowDays);
    const trends = trendsOf(signals, ranking);
    const bought = boughtBefore(scope, sample, signals);
    const { neighbours = 0 } = ranking;
    const term = neighbourTerm(scope, sampled.neighbours, neighbours);
    const nearOfAll = term && neighbourRootsOf(scope, term, bought);
    const features = createRepeatFeatures({
      purchases,
      signals,
      repeatSignals: await inTurns(repeatSignalsOf(train), options),
      ranking,
      fresh: trends.fresh,
      bonusOf: createBonus(signals, ranking, trends),
      customerFactors: sampled.queries,
      productFactors: sampled.products,
      stride: strideOf(sampled.factors),
    });
    const n = Math.min(listLength, train.products.length);
    const { to: now } = windowOf(train.history?.times, ranking.windowDays);
    const customers: RepeatCustomer[] = [];
    const isUnlisted = new Set(unlisted);
    const rowsAtMost = Array.from(sample.sample, (place) => pairsOf(heldOut.customers[place])).reduce(
      (sum, pairs) => sum + Math.min(maxPairs, pairs),
      0,
    );
    const columns = repeatFeatures.map(() => new Float32Array(rowsAtMost));
    const near = new Float32Array(rowsAtMost);
    const labels = new Uint8Array(rowsAtMost);
    const targetsOf = (place: number) =>
      new Set(heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1]));
    let rows = 0;
    const pause = createSlices(options.signal);
    for (const [i, place] of sample.sample.entries()) {
      const turn = pause();
      if (turn) await turn;
      const row = heldOut.customers[place];
      const targets = targetsOf(place);
      const begin = rows;
      const own = purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1]);
      const { columns: ofCustomer } = features(row, row + 1, now, i);
      const nearOf = (at: number) => (nearOfAll ? neighbours * nearOfAll[bought.offsets[i] + at] : 0);
      const score = ofCustomer[0].map((each, at) => each + nearOf(at));
      const best = Array.from(own.keys())
        .filter((at) => !isUnlisted.has(own[at]))
        .sort((a, b) => score[b] - score[a] || a - b)
        .slice(0, maxPairs);
      let repeated = 0;
      for (const at of best) {
        columns.forEach((column, k) => {
          column[rows] = ofCustomer[k][at];
        });
        near[rows] = nearOf(at);
        labels[rows] = Number(targets.has(own[at]));
        repeated += labels[rows++];
      }
      const again = own.filter((product) => targets.has(product)).length;
      if (rows > begin) customers.push({ row, place: i, begin, end: rows, targets: targets.size, repeated, again });
    }
    const priors = copyIn(scope.memory, Float32Array, trends.fresh);
    const formula = { root: ranking.taste, priors, neighbours: term };
    const fresh = await rankNew(scope, sampled, bought, formula, { n, denied: unlisted, signal: options.signal });
    const freshHits = new Uint8Array(fresh.rows.length);
    sample.sample.forEach((place, i) => {
      const targets = targetsOf(place);
      for (let at = i * n; at < (i + 1) * n; at++) freshHits[at] = Number(targets.has(fresh.rows[at]));
    });
    return {
      customers,
      columns: columns.map((column) => column.subarray(0, rows)),
      near: near.subarray(0, rows),
      labels: labels.subarray(0, rows),
      n,
      freshScores: fresh.scores,
      freshHits,
    };
  } finally {
    scope.end();
  }

  function pairsOf(customer: number): number {
    return purchases.offsets[customer + 1] - purchases.offsets[customer];
  }
}
