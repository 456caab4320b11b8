import type { Metric } from './results.ts';

/** discounts[i]: what a hit at place i adds to DCG, 1 / log2(i + 2). gains[i]: the sum of the first i discounts. */
const discounts: number[] = [];
const gains: number[] = [0];

function prepare(length: number): void {
  for (let i = discounts.length; i < length; i++) {
    discounts.push(1 / Math.log2(i + 2));
    gains.push(gains[i] + discounts[i]);
  }
}

/**
 * The metrics of one list, best first, cut at k places, against a set of targets; relevance is binary.
 *
 * - `recall`: hits / targets.
 * - `ndcg`: the sum of 1 / log2(place + 1) over the hits, divided by the same sum for min(k, targets) hits in the first
 *   places (Järvelin and Kekäläinen 2002).
 * - `hitRate`: 1 if there is a hit, otherwise 0.
 * - `precision`: hits / k, even if the list is shorter than k.
 * - `mrr`: 1 / place of the first hit; 0 without a hit.
 * - `map`: the sum over the hits of the precision up to their place, divided by min(k, targets).
 *
 * @param isHit whether the product at each place is a target; may be shorter or longer than k.
 * @param targets how many targets there are; at least 1.
 */
export function metricsOf(isHit: ArrayLike<boolean | number>, k: number, targets: number): Record<Metric, number> {
  prepare(k);
  const places = Math.min(k, isHit.length);
  let hits = 0;
  let dcg = 0;
  let first = 0;
  let precisions = 0;
  for (let i = 0; i < places; i++) {
    if (!isHit[i]) continue;
    hits++;
    dcg += discounts[i];
    precisions += hits / (i + 1);
    if (first === 0) first = i + 1;
  }
  const ideal = Math.min(k, targets);
  return {
    recall: hits / targets,
    ndcg: dcg / gains[ideal],
    hitRate: hits > 0 ? 1 : 0,
    precision: hits / k,
    mrr: first > 0 ? 1 / first : 0,
    map: precisions / ideal,
  };
}
