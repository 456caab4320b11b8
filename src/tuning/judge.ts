import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, shareIn } from '../kernel/memory.ts';
import { strideOf } from '../kernel/operations.ts';
import { createScope } from '../kernel/scope.ts';
import { metricsOf } from '../measuring/metrics.ts';
import { createBonus, type Trends, trendsOf } from '../ranking/formula.ts';
import type { Signals } from '../ranking/signals.ts';
import type { Blend, Ranking } from '../ranking/weights.ts';
import { scoreBlocks } from '../recommending/batch.ts';
import { packCandidates } from '../recommending/candidates.ts';
import { noRows } from '../recommending/filters.ts';
import { noRow } from '../recommending/types.ts';
import type { Trained } from '../training/algorithm.ts';
import type { HeldOutSample } from './held-out.ts';

/** Length of the lists that are judged. */
export const listLength = 10;

/** Measures rankings on held-out orders, by factors that were trained without them. */
export interface Judge {
  /**
   * Ranks all products by a blend, and reports recall and NDCG at `listLength` for every customer of the sample and every
   * question for which the customer has targets.
   *
   * @param half 0 for the customers at even places of the sample only, 1 for those at odd ones.
   */
  measure(blend: Blend, report: Report, half?: 0 | 1): Promise<void>;
}

type Report = (question: 'all' | 'explore', place: number, recall: number, ndcg: number) => void;

/** The factors that a judge reads, in kernel memory. */
export interface SampledFactors {
  readonly factors: number;
  /** sample x stride: the customers of the sample. */
  readonly queries: Float32Array;
  /** products x stride */
  readonly products: Float32Array;
}

/**
 * The factors of the sample: a copy of its customers', and all products', which are copied only if the kernel cannot use
 * them in place.
 *
 * @param trained factors of the training part, rows padded to the stride.
 */
export function sampleFactors(
  { memory }: OpenKernel,
  { heldOut, sample }: HeldOutSample,
  { customerFactors, productFactors, factors }: Pick<Trained, 'customerFactors' | 'productFactors' | 'factors'>,
): SampledFactors {
  const stride = strideOf(factors);
  const products = shareIn(memory, Float32Array, productFactors);
  const queries = memory.allocate(Float32Array, sample.length * stride);
  for (let i = 0; i < sample.length; i++) {
    const c = heldOut.customers[sample[i]];
    queries.set(customerFactors.subarray(c * stride, (c + 1) * stride), i * stride);
  }
  return { factors, queries, products };
}

/** What taste and trend alone determine; the other weights only move products that the customer bought before. */
interface Ranked {
  /** For each customer a list of products they did not buy, best first: sample x n. */
  readonly rows: Uint32Array;
  /** -Infinity past the end of a short list. */
  readonly scores: Float32Array;
  /** 1 where a target stands. */
  readonly hits: Uint8Array;
  /** Whether a list of all products can hold a target at all, by place in the sample. */
  readonly canHit: readonly boolean[];
  /** Metrics of these lists against the targets that the customer did not buy before, by place in the sample. */
  readonly explore: readonly ReturnType<typeof metricsOf>[];
  readonly trends: Trends;
}

/** What the customers of the sample bought before: those of customer `i` are `offsets[i] .. offsets[i + 1]`. */
interface Bought {
  readonly offsets: Uint32Array;
  readonly products: Uint32Array;
  readonly recency: Float32Array;
}

/**
 * Products that a customer did not buy are ranked by the kernel, once for each weight of trend and taste; the few that
 * they did buy are ranked here, by the formula of the recommender.
 */
export function createJudge(
  kernel: OpenKernel,
  heldOutSample: HeldOutSample,
  { queries, products, factors }: SampledFactors,
  { decay, windowDays }: Pick<Ranking, 'decay' | 'windowDays'>,
): Judge {
  const { heldOut, sample, questions } = heldOutSample;
  const signals = heldOutSample.signals.signals(decay, windowDays);
  const count = sample.length;
  const n = Math.min(listLength, heldOut.train.products.length);
  const [asksAll, asksExplore] = [questions.includes('all'), questions.includes('explore')];
  const targets = Array.from(sample, (place) =>
    heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1]),
  );
  const bought = boughtBefore(kernel, heldOutSample, signals);
  const rootsOf = createRoots({ queries, products, factors }, bought);
  /** Places in `bought` of each customer's targets that they bought before. */
  const repeated = targets.map((rows, i) => placesIn(bought.products, bought.offsets[i], bought.offsets[i + 1], rows));
  const newTargets = targets.map((rows, i) => rows.length - repeated[i].length);
  const known = new Map<string, Promise<Ranked>>();

  function ranked({ taste, trend }: Blend): Promise<Ranked> {
    const key = `${taste} ${trend}`;
    const found = known.get(key) ?? rank(taste, trend);
    known.set(key, found);
    return found;
  }

  async function rank(taste: number, trend: number): Promise<Ranked> {
    const trends = trendsOf(signals, { trend });
    const rows = new Uint32Array(count * n);
    const scores = new Float32Array(count * n);
    const ranking = createScope(kernel);
    try {
      const priors = copyIn(ranking.memory, Float32Array, trends.fresh);
      const candidates = packCandidates(ranking, products, factors, { root: taste, priors });
      const filter = { n, purchased: 'exclude', denied: noRows } as const;
      const lists = scoreBlocks(ranking, queries, candidates, bought, undefined, filter, { from: 0, to: count });
      for await (const block of lists) {
        rows.set(block.rows, block.firstCustomer * n);
        scores.set(block.scores, block.firstCustomer * n);
      }
    } finally {
      ranking.end();
    }
    const hits = new Uint8Array(count * n);
    for (let i = 0; i < count; i++)
      for (let at = i * n; at < (i + 1) * n; at++) hits[at] = Number(targets[i].includes(rows[at]));
    return {
      rows,
      scores: scores.map((score, at) => (rows[at] === noRow ? -Infinity : score)),
      hits,
      canHit: repeated.map((places, i) => places.length > 0 || hits.subarray(i * n, (i + 1) * n).includes(1)),
      explore: newTargets.map((wanted, i) => metricsOf(hits.subarray(i * n, (i + 1) * n), listLength, wanted)),
      trends,
    };
  }

  async function measure(blend: Blend, report: Report, half?: 0 | 1): Promise<void> {
    const { rows, scores, hits, canHit, explore, trends } = await ranked(blend);
    const bonusOf = createBonus(signals, { ...blend, decay }, trends);
    const own = new Float64Array(bought.products.length);
    const places = new Uint8Array(n);
    for (let i = half ?? 0; i < count; i += half === undefined ? 1 : 2) {
      if (asksExplore && newTargets[i] > 0) report('explore', i, explore[i].recall, explore[i].ndcg);
      if (!asksAll) continue;
      if (!canHit[i]) {
        report('all', i, 0, 0);
        continue;
      }
      const [from, to] = [bought.offsets[i], bought.offsets[i + 1]];
      const orders = signals.orders[heldOut.customers[sample[i]]];
      const roots = rootsOf(i);
      for (let at = from; at < to; at++) {
        const row = bought.products[at];
        own[at] = blend.taste * roots[at] + trends.fresh[row] + bonusOf(row, bought.recency[at], orders);
      }
      /** How many of the customer's products come before one with this score and row; ties go to the lower row. */
      const ownBefore = (score: number, row: number) => countBefore(own, bought.products, from, to, score, row);
      places.fill(0);
      for (const at of repeated[i]) {
        const [score, row] = [own[at], bought.products[at]];
        const place = ownBefore(score, row) + countBefore(scores, rows, i * n, (i + 1) * n, score, row);
        if (place < n) places[place] = 1;
      }
      for (let at = i * n; at < (i + 1) * n; at++) {
        if (hits[at] === 0) continue;
        const place = at - i * n + ownBefore(scores[at], rows[at]);
        if (place < n) places[place] = 1;
      }
      const { recall, ndcg } = metricsOf(places, listLength, targets[i].length);
      report('all', i, recall, ndcg);
    }
  }

  return { measure };
}

/** Offsets and products are in kernel memory. */
function boughtBefore({ memory }: OpenKernel, { heldOut, sample }: HeldOutSample, { recency }: Signals): Bought {
  const { purchases } = heldOut.train;
  const offsets = memory.allocate(Uint32Array, sample.length + 1);
  sample.forEach((place, i) => {
    const c = heldOut.customers[place];
    offsets[i + 1] = offsets[i] + purchases.offsets[c + 1] - purchases.offsets[c];
  });
  const total = offsets[sample.length];
  const bought = { offsets, products: memory.allocate(Uint32Array, total), recency: new Float32Array(total) };
  sample.forEach((place, i) => {
    const c = heldOut.customers[place];
    const [from, to] = [purchases.offsets[c], purchases.offsets[c + 1]];
    bought.products.set(purchases.products.subarray(from, to), offsets[i]);
    bought.recency.set(recency.subarray(from, to), offsets[i]);
  });
  return bought;
}

/**
 * sqrt(max(0, x.y)) of what the customers bought before, by place in `Bought`: filled in for a customer when they are first
 * asked for, since many are never needed.
 */
function createRoots({ queries, products, factors }: SampledFactors, { offsets, products: rows }: Bought) {
  const stride = strideOf(factors);
  const roots = new Float64Array(rows.length);
  const isFilled = new Uint8Array(offsets.length);
  return (customer: number): Float64Array => {
    if (isFilled[customer] === 1) return roots;
    isFilled[customer] = 1;
    const query = customer * stride;
    for (let at = offsets[customer]; at < offsets[customer + 1]; at++) {
      const product = rows[at] * stride;
      let dot = 0;
      for (let k = 0; k < factors; k++) dot += queries[query + k] * products[product + k];
      roots[at] = Math.sqrt(Math.max(0, dot));
    }
    return roots;
  };
}

/** Where ascending values stand among those of an ascending range; those that are not there are left out. */
function placesIn(range: Uint32Array, from: number, to: number, values: Uint32Array): Uint32Array {
  const places: number[] = [];
  let next = 0;
  for (let at = from; at < to; at++) {
    while (next < values.length && values[next] < range[at]) next++;
    if (values[next] === range[at]) places.push(at);
  }
  return Uint32Array.from(places);
}

/** How many of a range of products come before one with this score and row, which is not among them or does not count. */
function countBefore(
  scores: Float32Array | Float64Array,
  rows: Uint32Array,
  from: number,
  to: number,
  score: number,
  row: number,
): number {
  let before = 0;
  for (let at = from; at < to; at++) {
    const other = scores[at];
    if (other > score || (other === score && rows[at] < row)) before++;
  }
  return before;
}
