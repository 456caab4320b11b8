import { mix } from '../../hash.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import { metricsOf } from '../../measuring/metrics.ts';
import type { EvaluationQuestion } from '../../measuring/questions.ts';
import { type Trends, trendsOf } from '../../ranking/formula.ts';
import { recencyOfAll } from '../../ranking/recency.ts';
import type { Signals } from '../../ranking/signals.ts';
import type { Blend, Ranking } from '../../ranking/weights.ts';
import { noRows, placeOf } from '../../recommending/filters.ts';
import { type NeighbourTerm, neighbourTerm } from '../../recommending/scoring/neighbours.ts';
import type { RowLists } from '../../recommending/scoring/scorer.ts';
import { createPauses } from '../../turns.ts';
import { type NewProducts, raise, rankNew, type SampledFactors } from '../picking/sampled-factors.ts';
import { createList } from './best-list.ts';
import { type Bought, boughtBefore, createRoots, neighbourRootsOf } from './bought-before.ts';
import type { HeldOutSample } from './held-out.ts';

/** Length of the lists that are judged. */
export const listLength = 10;

/** Measures rankings on held-out orders, by factors that were trained without them. */
export interface Judge {
  /**
   * Ranks all products by a blend, and reports recall and NDCG at `listLength` for every customer of the sample and every
   * question for which the customer has targets.
   */
  measure(blend: Blend, report: Report, options?: MeasureOptions): Promise<void>;
}

export interface MeasureOptions {
  /** Only the customers of one half; see `halfOf`. */
  half?: 0 | 1;
  /** Those of the sample by default. */
  questions?: readonly EvaluationQuestion[];
}

/** @param customer row, the same in all samples of a shop. */
export type Report = (question: EvaluationQuestion, customer: number, recall: number, ndcg: number) => void;

/** The half that a customer belongs to, by their row. */
export function halfOf(customer: number): 0 | 1 {
  return (mix(customer) & 1) as 0 | 1;
}

/** What taste, trend and neighbours alone determine; the other weights only move products that the customer bought before. */
interface Ranked extends NewProducts {
  /** 1 where a target stands. */
  readonly hits: Uint8Array;
  /** Whether a list of all products can hold a target at all, by place in the sample. */
  readonly canHit: readonly boolean[];
  /** Metrics of these lists against the targets that the customer did not buy before, by place in the sample. */
  readonly explore: readonly ReturnType<typeof metricsOf>[];
  readonly trends: Trends;
}

/**
 * Products that a customer did not buy are ranked by the kernel, once for each weight of trend, taste and neighbours; the few
 * that they did buy are ranked here, by the formula of the recommender. Either half of the customers has a judge of its own, so
 * that what is asked of one half costs half as much.
 */
export function createJudge(
  kernel: OpenKernel,
  sample: HeldOutSample,
  sampled: SampledFactors,
  ranking: Pick<Ranking, 'decay' | 'windowDays'>,
): Judge {
  const judges = ([0, 1] as const).map((half) =>
    createPartJudge(kernel, ...partOf(kernel, sample, sampled, half), ranking),
  );
  return {
    async measure(blend, report, { half, ...options } = {}) {
      for (const judge of half === undefined ? judges : [judges[half]]) await judge.measure(blend, report, options);
    },
  };
}

/** The customers of one half, with their factors. */
function partOf(
  { memory }: OpenKernel,
  sample: HeldOutSample,
  sampled: SampledFactors,
  half: 0 | 1,
): [HeldOutSample, SampledFactors] {
  const { customers } = sample.heldOut;
  const stride = strideOf(sampled.factors);
  const own = Array.from(sample.sample.keys()).filter((i) => halfOf(customers[sample.sample[i]]) === half);
  const queries = memory.allocate(Float32Array, own.length * stride);
  for (const [to, i] of own.entries()) queries.set(sampled.queries.subarray(i * stride, (i + 1) * stride), to * stride);
  return [
    { ...sample, sample: Uint32Array.from(own, (i) => sample.sample[i]) },
    { ...sampled, queries },
  ];
}

/** Judges all customers of a sample. */
function createPartJudge(
  kernel: OpenKernel,
  heldOutSample: HeldOutSample,
  sampled: SampledFactors,
  { decay, windowDays }: Pick<Ranking, 'decay' | 'windowDays'>,
): Judge {
  const { heldOut, sample } = heldOutSample;
  const { neighbours } = sampled;
  const signals = heldOutSample.signals.signals(decay, windowDays);
  const count = sample.length;
  const n = Math.min(listLength, heldOut.train.products.length);
  const { unlisted = noRows } = heldOut.train;
  const targets = Array.from(sample, (place) =>
    heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1]),
  );
  const bought = boughtBefore(kernel, heldOutSample, signals);
  const rootsOf = createRoots(sampled, bought);
  const features = featuresOf(bought, heldOutSample, signals, unlisted, decay);
  let neighbourRoots: Float32Array | undefined;
  /** What neighbours add, which takes longer than all the rest, is the same for any weight but for that factor. */
  let raised: Promise<Required<RowLists>> | undefined;
  let term: NeighbourTerm | undefined;
  /** 1 if the customer's targets contain what they bought before, by place in `bought`. */
  const isTarget = new Uint8Array(bought.products.length);
  /** Targets of each customer that they did not buy before. */
  const newTargets = targets.map((rows, i) => {
    let repeated = 0;
    for (let at = bought.offsets[i]; at < bought.offsets[i + 1]; at++) {
      isTarget[at] = Number(placeOf(bought.products[at], rows) >= 0);
      repeated += isTarget[at];
    }
    return rows.length - repeated;
  });
  const known = new Map<string, Promise<Ranked>>();
  /** What the weights that `ranked` depends on give each of these pairs, once a customer is asked for. */
  const parts = { of: undefined as Ranked | undefined, values: new Float64Array(bought.products.length) };
  const isFilled = new Uint8Array(count);

  /** Fills in the parts of a customer. */
  function fillParts(
    i: number,
    best: Ranked,
    { taste, neighbours: weight }: Blend,
    near: Float32Array | undefined,
  ): void {
    if (parts.of !== best) isFilled.fill(0);
    parts.of = best;
    if (isFilled[i] === 1) return;
    isFilled[i] = 1;
    const roots = rootsOf(i);
    for (let at = bought.offsets[i]; at < bought.offsets[i + 1]; at++) {
      const part = taste * roots[at] + best.trends.bought[bought.products[at]];
      parts.values[at] = features.isListed[at] === 0 ? -Infinity : near ? part + weight * near[at] : part;
    }
  }

  function ranked(blend: Blend): Promise<Ranked> {
    const key = `${blend.taste} ${blend.trend} ${blend.neighbours}`;
    const found = known.get(key) ?? rank(blend);
    known.set(key, found);
    return found;
  }

  async function rank({ taste, trend, neighbours: weight }: Blend): Promise<Ranked> {
    const trends = trendsOf(signals, { trend });
    const ranking = createScope(kernel);
    let best: NewProducts;
    try {
      const priors = copyIn(ranking.memory, Float32Array, trends.fresh);
      if (weight > 0) term ??= neighbourTerm(kernel, neighbours, 1);
      if (term) raised ??= raise(kernel, term, bought);
      const weighed = term && weight > 0 ? { ...term, weight } : undefined;
      const formula = { root: taste, priors, neighbours: weighed };
      best = await rankNew(ranking, sampled, bought, formula, { n, denied: unlisted, raised: await raised });
    } finally {
      ranking.end();
    }
    const hits = new Uint8Array(count * n);
    for (let i = 0; i < count; i++)
      for (let at = i * n; at < (i + 1) * n; at++) hits[at] = Number(placeOf(best.rows[at], targets[i]) >= 0);
    return {
      ...best,
      hits,
      canHit: targets.map((rows, i) => rows.length > newTargets[i] || hits.subarray(i * n, (i + 1) * n).includes(1)),
      explore: newTargets.map((wanted, i) => metricsOf(hits.subarray(i * n, (i + 1) * n), listLength, wanted)),
      trends,
    };
  }

  async function measure(
    blend: Blend,
    report: Report,
    { questions = heldOutSample.questions }: Omit<MeasureOptions, 'half'> = {},
  ): Promise<void> {
    const best = await ranked(blend);
    const { rows, scores, hits, canHit, explore } = best;
    const { habit, bought: again, repeat, neighbours: weight } = blend;
    if (neighbours && weight > 0) neighbourRoots ??= neighbourRootsOf(kernel, neighbours, bought);
    const near = weight > 0 ? neighbourRoots : undefined;
    const { habits, propensities } = features;
    const { values } = parts;
    const list = createList(n);
    const [asksAll, asksExplore, asksRepeat] = (['all', 'explore', 'repeat'] as const).map((question) =>
      questions.includes(question),
    );
    const pause = createPauses();
    for (let i = 0; i < count; i++) {
      const turn = pause();
      if (turn) await turn;
      const customer = heldOut.customers[sample[i]];
      if (asksExplore && newTargets[i] > 0) report('explore', customer, explore[i].recall, explore[i].ndcg);
      const repeated = targets[i].length - newTargets[i];
      const asked = (asksAll && canHit[i]) || (asksRepeat && repeated > 0);
      if (asksAll && !canHit[i]) report('all', customer, 0, 0);
      if (!asked) continue;
      fillParts(i, best, blend, near);
      const offerBought = () => {
        for (let at = bought.offsets[i]; at < bought.offsets[i + 1]; at++) {
          const score = values[at] + habit * habits[at] + again + repeat * propensities[at];
          if (score >= list.scores[n - 1]) list.offer(bought.products[at], score, isTarget[at]);
        }
      };
      if (asksAll && canHit[i]) {
        list.begin(rows, scores, hits, i * n);
        offerBought();
        const { recall, ndcg } = metricsOf(list.hits, listLength, targets[i].length);
        report('all', customer, recall, ndcg);
      }
      if (asksRepeat && repeated > 0) {
        list.beginEmpty();
        offerBought();
        const { recall, ndcg } = metricsOf(list.hits, listLength, repeated);
        report('repeat', customer, recall, ndcg);
      }
    }
  }

  return { measure };
}

/** What habit, the propensity, and the lists that a product may be in say about what the customers bought before, by pair. */
function featuresOf(
  { offsets, products, recency }: Bought,
  { heldOut, sample }: HeldOutSample,
  { orders, repeatPropensity }: Signals,
  unlisted: Uint32Array,
  decay: number,
) {
  const isListedProduct = new Uint8Array(repeatPropensity.length).fill(1);
  for (const row of unlisted) isListedProduct[row] = 0;
  const habits = new Float64Array(products.length);
  const propensities = new Float64Array(products.length);
  const isListed = new Uint8Array(products.length);
  for (let i = 0; i < sample.length; i++) {
    const whole = 1 + recencyOfAll(orders[heldOut.customers[sample[i]]], decay);
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      habits[at] = recency[at] / whole;
      propensities[at] = repeatPropensity[products[at]];
      isListed[at] = isListedProduct[products[at]];
    }
  }
  return { habits, propensities, isListed };
}
