import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, shareIn } from '../kernel/memory.ts';
import { noRow, strideOf } from '../kernel/operations.ts';
import { metricsOf } from '../measuring/metrics.ts';
import { trendsOf } from '../ranking/formula.ts';
import { recencyOfAll, type Signals } from '../ranking/signals.ts';
import type { Blend } from '../ranking/weights.ts';
import { queriesInCall } from '../recommending/batch.ts';
import { packCandidates, scoreOnThreads } from '../recommending/scorer.ts';
import type { Trained } from '../training/algorithm.ts';
import type { Validation } from './held-out.ts';

/** Length of the lists that are judged. */
export const listLength = 10;

/** What weights of taste and trend settle. */
interface Ranked {
  /** A list for each customer of the sample, without what they bought: sample x n, best first. */
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  /** 1 where a target stands. */
  readonly hits: Uint8Array;
  /** Of the list, against targets that were not bought before; by customer. */
  readonly explore: ReturnType<typeof metricsOf>[];
  /** Taste and trend of each product that was bought. */
  readonly bought: Float32Array;
}

/** What a judge needs of the factors, in kernel memory. */
export interface SampledFactors {
  readonly factors: number;
  /** sample x stride */
  readonly queries: Float32Array;
  /** products x stride */
  readonly products: Float32Array;
  /** Gives the memory back, that of the products too. */
  free(): void;
}

/**
 * Of factors that were trained on the training part, rows padded to the stride: a copy of the sample's, and the products' as
 * they are where that is kernel memory; whoever trains on is to give a copy.
 */
export function sampleFactors(
  { memory }: OpenKernel,
  { heldOut, sample }: Validation,
  { customerFactors, productFactors, factors }: Pick<Trained, 'customerFactors' | 'productFactors' | 'factors'>,
): SampledFactors {
  const stride = strideOf(factors);
  const products = shareIn(memory, Float32Array, productFactors);
  const queries = memory.allocate(Float32Array, sample.length * stride);
  for (let i = 0; i < sample.length; i++) {
    const c = heldOut.customers[sample[i]];
    queries.set(customerFactors.subarray(c * stride, (c + 1) * stride), i * stride);
  }
  return { factors, queries, products, free: () => memory.free(queries, products) };
}

export interface Judge {
  /**
   * Ranks with a blend and tells recall and NDCG at `listLength` of every customer and question that has targets.
   * `half` takes the customers at even places of the sample only (0), or those at odd ones (1).
   */
  judge(blend: Blend, tell: Tell, half?: 0 | 1): Promise<void>;
  /** Gives its memory back, but not that of the factors. */
  free(): void;
}

export type Tell = (question: 'all' | 'explore', place: number, recall: number, ndcg: number) => void;

/**
 * Ranks all products for the customers of a validation, by factors that were trained on its training part. Those they did
 * not buy are ranked by the kernel, once for each weight of trend and taste; those they did are few.
 *
 * @param signals of the training part.
 */
export function createJudge(
  kernel: OpenKernel,
  { heldOut, sample, questions }: Validation,
  { queries, products, factors }: SampledFactors,
  signals: Signals,
  decay: number,
): Judge {
  const { memory } = kernel;
  const { purchases } = heldOut.train;
  const stride = strideOf(factors);
  const count = sample.length;
  const customerOf = (i: number) => heldOut.customers[sample[i]];
  const boughtBy = (c: number) => purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]);
  const targetsOf = (i: number) =>
    heldOut.products.subarray(heldOut.offsets[sample[i]], heldOut.offsets[sample[i] + 1]);
  const offsets = memory.allocate(Uint32Array, count + 1);
  for (let i = 0; i < count; i++) {
    offsets[i + 1] = offsets[i] + boughtBy(customerOf(i)).length;
  }
  const denied = { offsets, rows: memory.allocate(Uint32Array, offsets[count]) };
  /** What `taste`, `habit` and `repeat` are multiplied with, for each product that was bought. */
  const roots = new Float32Array(offsets[count]);
  const habits = new Float32Array(offsets[count]);
  const propensities = new Float32Array(offsets[count]);
  const boughtHits = new Uint8Array(offsets[count]);
  /** Targets of each customer that they had not bought before. */
  const fresh = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const c = customerOf(i);
    denied.rows.set(boughtBy(c), offsets[i]);
    const all = 1 + recencyOfAll(signals.orders[c], decay);
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      let dot = 0;
      const product = denied.rows[at] * stride;
      for (let k = 0; k < factors; k++) dot += queries[i * stride + k] * products[product + k];
      roots[at] = Math.sqrt(Math.max(0, dot));
      habits[at] = signals.recency[purchases.offsets[c] + at - offsets[i]] / all;
      propensities[at] = signals.repeatPropensity[denied.rows[at]];
      boughtHits[at] = Number(contains(targetsOf(i), denied.rows[at]));
    }
    for (const target of targetsOf(i)) if (!contains(boughtBy(c), target)) fresh[i]++;
  }
  const known = new Map<string, Promise<Ranked>>();

  function ranked({ taste, trend }: Blend): Promise<Ranked> {
    const key = `${taste} ${trend}`;
    const found = known.get(key) ?? rank(taste, trend);
    known.set(key, found);
    return found;
  }

  async function rank(taste: number, trend: number): Promise<Ranked> {
    const n = Math.min(listLength, heldOut.train.products.length);
    const trends = trendsOf(signals, { trend });
    const priors = copyIn(memory, Float32Array, trends.fresh);
    const candidates = packCandidates(kernel, products, factors, { root: taste, priors });
    const rows = memory.allocate(Uint32Array, count * n);
    const scores = memory.allocate(Float32Array, count * n);
    const scoring = { candidates, queries, n, denied, rows, scores };
    await scoreOnThreads(kernel, scoring, count, queriesInCall);
    const hits = new Uint8Array(count * n);
    for (let i = 0; i < count; i++)
      for (let at = i * n; at < (i + 1) * n; at++) hits[at] = Number(contains(targetsOf(i), rows[at]));
    const result = {
      rows: rows.slice(),
      scores: scores.map((score, at) => (rows[at] === noRow ? -Infinity : score)),
      hits,
      explore: Array.from(fresh, (targets, i) => metricsOf(hits.subarray(i * n, (i + 1) * n), listLength, targets)),
      bought: roots.map((root, at) => taste * root + trends.bought[denied.rows[at]]),
    };
    memory.free(priors, candidates.order, candidates.packed, rows, scores);
    return result;
  }

  async function judge(blend: Blend, tell: Tell, half?: 0 | 1): Promise<void> {
    const { rows, scores, hits, explore, bought } = await ranked(blend);
    const [asksAll, asksExplore] = [questions.includes('all'), questions.includes('explore')];
    const n = rows.length / count;
    const listRows = new Uint32Array(n);
    const listScores = new Float64Array(n);
    const listHits = new Uint8Array(n);
    for (let i = half ?? 0; i < count; i += half === undefined ? 1 : 2) {
      if (asksExplore && fresh[i] > 0) tell('explore', i, explore[i].recall, explore[i].ndcg);
      if (!asksAll) continue;
      for (let place = 0, at = i * n; place < n; place++, at++) {
        listRows[place] = rows[at];
        listScores[place] = scores[at];
        listHits[place] = hits[at];
      }
      for (let at = offsets[i]; at < offsets[i + 1]; at++) {
        const score = bought[at] + blend.habit * habits[at] + blend.bought + blend.repeat * propensities[at];
        if (score < listScores[n - 1]) continue;
        const row = denied.rows[at];
        let place = n;
        for (; place > 0; place--) {
          const other = listScores[place - 1];
          if (score < other || (score === other && row > listRows[place - 1])) break;
          if (place === n) continue;
          listRows[place] = listRows[place - 1];
          listScores[place] = other;
          listHits[place] = listHits[place - 1];
        }
        if (place === n) continue;
        listRows[place] = row;
        listScores[place] = score;
        listHits[place] = boughtHits[at];
      }
      const { recall, ndcg } = metricsOf(listHits, listLength, targetsOf(i).length);
      tell('all', i, recall, ndcg);
    }
  }

  return { judge, free: () => memory.free(offsets, denied.rows) };
}

function contains(ascending: Uint32Array, row: number): boolean {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ascending[middle] < row) from = middle + 1;
    else to = middle;
  }
  return ascending[from] === row;
}
