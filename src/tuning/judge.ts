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
  const { unlisted = noRows } = heldOut.train;
  const isUnlisted = new Set(unlisted);
  const [asksAll, asksExplore] = [questions.includes('all'), questions.includes('explore')];
  const targets = Array.from(sample, (place) =>
    heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1]),
  );
  const bought = boughtBefore(kernel, heldOutSample, signals);
  const rootsOf = createRoots({ queries, products, factors }, bought);
  /** 1 if the customer's targets contain what they bought before, by place in `bought`. */
  const isTarget = new Uint8Array(bought.products.length);
  /** Targets of each customer that they did not buy before. */
  const newTargets = targets.map((rows, i) => {
    let repeated = 0;
    for (let at = bought.offsets[i]; at < bought.offsets[i + 1]; at++) {
      isTarget[at] = Number(contains(rows, bought.products[at]));
      repeated += isTarget[at];
    }
    return rows.length - repeated;
  });
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
      const filter = { n, purchased: 'exclude', denied: unlisted } as const;
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
      for (let at = i * n; at < (i + 1) * n; at++) hits[at] = Number(contains(targets[i], rows[at]));
    return {
      rows,
      scores: scores.map((score, at) => (rows[at] === noRow ? -Infinity : score)),
      hits,
      canHit: targets.map((rows, i) => rows.length > newTargets[i] || hits.subarray(i * n, (i + 1) * n).includes(1)),
      explore: newTargets.map((wanted, i) => metricsOf(hits.subarray(i * n, (i + 1) * n), listLength, wanted)),
      trends,
    };
  }

  async function measure(blend: Blend, report: Report, half?: 0 | 1): Promise<void> {
    const { rows, scores, hits, canHit, explore, trends } = await ranked(blend);
    const { taste } = blend;
    const bonusOf = createBonus(signals, { ...blend, decay }, trends);
    const list = createList(n);
    for (let i = half ?? 0; i < count; i += half === undefined ? 1 : 2) {
      if (asksExplore && newTargets[i] > 0) report('explore', i, explore[i].recall, explore[i].ndcg);
      if (!asksAll) continue;
      if (!canHit[i]) {
        report('all', i, 0, 0);
        continue;
      }
      list.begin(rows, scores, hits, i * n);
      const roots = rootsOf(i);
      const orders = signals.orders[heldOut.customers[sample[i]]];
      for (let at = bought.offsets[i]; at < bought.offsets[i + 1]; at++) {
        const row = bought.products[at];
        if (isUnlisted.has(row)) continue;
        const score = taste * roots[at] + trends.fresh[row] + bonusOf(row, bought.recency[at], orders);
        list.offer(row, score, isTarget[at]);
      }
      const { recall, ndcg } = metricsOf(list.hits, listLength, targets[i].length);
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

/** A list of the best products, best first; ties go to the lower row. */
function createList(n: number) {
  const rows = new Uint32Array(n);
  const scores = new Float64Array(n);
  const hits = new Uint8Array(n);
  return {
    hits,
    /** Begins with the list that stands in other arrays from a place on. */
    begin(otherRows: Uint32Array, otherScores: Float32Array, otherHits: Uint8Array, from: number): void {
      for (let place = 0; place < n; place++) {
        rows[place] = otherRows[from + place];
        scores[place] = otherScores[from + place];
        hits[place] = otherHits[from + place];
      }
    },
    /** Takes a product if it is better than the last one, which it replaces. */
    offer(row: number, score: number, hit: number): void {
      if (score < scores[n - 1]) return;
      let place = n;
      for (; place > 0; place--) {
        const other = scores[place - 1];
        if (score < other || (score === other && row > rows[place - 1])) break;
        if (place === n) continue;
        rows[place] = rows[place - 1];
        scores[place] = other;
        hits[place] = hits[place - 1];
      }
      if (place === n) return;
      rows[place] = row;
      scores[place] = score;
      hits[place] = hit;
    },
  };
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
